#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// Keys and values kept between tokens, for B streams decoded together. Grows in place up to its
/// capacity.
class KvCache {
public:
    /// Memory: 2 * n_layers * batch * capacity * n_key_value_heads * d_head floats, taken when
    /// first used.
    KvCache(int n_layers, std::int64_t capacity);

    std::int64_t length() const { return m_length; }
    std::int64_t capacity() const { return m_capacity; }

    /// Adds k and v [B, H_kv, T, d_head] of one layer behind what is there and returns all of it so
    /// far.
    std::pair<at::Tensor, at::Tensor> append(int layer, const at::Tensor& k, const at::Tensor& v);
    void advance(std::int64_t positions)
    {
        m_length += positions;
    } ///< After every layer was appended.
    void truncate(std::int64_t length) { m_length = length; }
    /// Turns a cache of one stream into one of `batch` equal streams (the prompt is read once).
    void repeat(std::int64_t batch);

private:
    std::vector<at::Tensor> m_keys; // [B, H_kv, capacity, d_head]
    std::vector<at::Tensor> m_values;
    std::int64_t m_length = 0;
    std::int64_t m_capacity = 0;
};

} // namespace core
