#pragma once

#include "core/model/rotary.h"
#include "core/model/transformer.h"

#include <cstdint>

namespace core {

/// -inf above the diagonal. Keeps the last mask, as runs of one shape follow each other.
class CausalMask {
public:
    /// [groups * queries, keys], where the queries are the last of the keys; dtype and device of
    /// `like`.
    const at::Tensor& get(
        std::int64_t groups, std::int64_t queries, std::int64_t keys, const at::Tensor& like) const;

private:
    mutable at::Tensor m_mask;
    mutable std::int64_t m_groups = 0;
};

/// Kept by a model between its runs.
struct RunTables {
    Rotary rotary;
    CausalMask mask;
};

/// What every layer's attention shares.
struct AttentionContext {
    const ModelConfig& config;
    const Rotary& rotary;
    const CausalMask& mask;
    const Hooks& hooks;
    KvCache* cache = nullptr;
};

/// Causal attention with grouped queries: x [B, T, d_model] (after ln1) to what is added to the
/// residual stream.
at::Tensor applyAttention(const AttentionWeights& weights, const AttentionContext& context,
    Layer layer, const at::Tensor& x);

} // namespace core
