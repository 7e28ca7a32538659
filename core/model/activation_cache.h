#pragma once

#include "core/model/transformer.h"

#include <map>
#include <vector>

namespace core {

/// The activations that a run was asked to keep.
class ActivationCache {
public:
    bool has(HookPoint point) const { return m_values.contains(point); }
    const at::Tensor& at(HookPoint point) const; ///< Must be there.
    void keep(HookPoint point, at::Tensor value) { m_values[point] = std::move(value); }
    const std::map<HookPoint, at::Tensor>& values() const { return m_values; }

private:
    std::map<HookPoint, at::Tensor> m_values;
};

struct CachedRun {
    at::Tensor logits; ///< [B, T, d_vocab]; the residual stream when the options stopped early.
    ActivationCache cache;
};

/// One forward pass that keeps the values at `points` (after any replacement by `hooks`).
Result<CachedRun> runWithCache(const Transformer& model, const at::Tensor& ids,
    const std::vector<HookPoint>& points, const Hooks& hooks = {},
    const ForwardOptions& options = {});

} // namespace core
