#pragma once

#include "core/model/rotary.h"
#include "core/model/transformer.h"

#include <cstdint>

namespace core {

/// -inf where a query does not see a key. Keeps the last mask, as runs of one shape follow each
/// other.
class CausalMask {
public:
    /// [groups * queries, keys], where the queries are the last of the keys and see `window` keys,
    /// themselves included (0 = all); dtype and device of `like`.
    const at::Tensor& get(std::int64_t groups, std::int64_t queries, std::int64_t keys,
        std::int64_t window, const at::Tensor& like) const;

private:
    mutable at::Tensor m_mask;
    mutable std::int64_t m_groups = 0, m_window = 0;
};

/// Kept by a model between its runs.
struct RunTables {
    Rotary rotary, localRotary; ///< Of layers that see all keys, and of sliding ones.
    CausalMask mask, slidingMask;
};

/// What every layer's attention shares.
struct AttentionContext {
    const ModelConfig& config;
    const RunTables& tables;
    const Hooks& hooks;
    KvCache* cache = nullptr;
    bool isLastOnly = false; ///< The last position's result alone is wanted of this layer.
};

/// Causal attention with grouped queries: x [B, T, d_model] (after ln1) to the output projection's
/// result, before any norm behind it: [B, T, d_model], or [B, 1, d_model] where `isLastOnly`.
at::Tensor applyAttention(const AttentionWeights& weights, const AttentionContext& context,
    Layer layer, const at::Tensor& x);

/// The projection that gives v, for readers that follow values through attention; a copy where the
/// file keeps q, k and v together by head.
Linear valueProjection(const AttentionWeights& weights, const ModelConfig& config);

} // namespace core
