#pragma once

#include "core/base/ids.h"
#include "core/model/activation_cache.h"

#include <cstdint>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// What patching measures: logit(answer) - logit(other) at the last position.
struct PatchMetric {
    TokenId answer, other;

    at::Tensor of(const at::Tensor& logits) const; ///< [.., d_vocab] to [..] in float32.
};

/// One of the two runs that are patched into each other, with what it gave at the places asked for.
struct PatchRun {
    at::Tensor ids; ///< [1, T] int64
    ActivationCache cache; ///< Those of the points that the pass of this model reaches.
    at::Tensor logits; ///< [d_vocab] at the last position.

    std::int64_t tokens() const { return ids.size(1); }
};

/// One forward pass. Points that this family does not have are left out.
Result<PatchRun> runForPatching(const Transformer& model, const at::Tensor& ids,
    const std::vector<HookPoint>& points, std::stop_token stop = {});

struct GradientOptions {
    /// Blocks that autograd holds at once; 0 = as many as memory allows. Fewer take more forward
    /// passes: 16-bit weights are widened for as long as autograd holds them.
    int layersAtOnce = 0;
    std::stop_token stop;
};

/// d metric / d activation at each of the points that is reached, with the activation's shape.
Result<ActivationCache> metricGradients(const Transformer& model, const at::Tensor& ids,
    const std::vector<HookPoint>& points, const PatchMetric& metric,
    const GradientOptions& options = {});

/// Attribution patching: (other - base) . gradient at each position of [1, T, ..]: [T].
at::Tensor approximateByPosition(
    const at::Tensor& base, const at::Tensor& other, const at::Tensor& gradient);
/// The same for each head of [1, T, H, d_head], over all positions: [H].
at::Tensor approximateByHead(
    const at::Tensor& base, const at::Tensor& other, const at::Tensor& gradient);

} // namespace core
