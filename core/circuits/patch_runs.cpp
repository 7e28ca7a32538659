#include "core/circuits/patch_runs.h"

#include "core/model/host_copy.h"
#include "core/model/resources.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

bool isBehindBlocks(const HookPoint& point)
{
    return point.kind >= HookKind::FinalScale;
}

bool needsEveryPosition(const std::vector<HookPoint>& points)
{
    return std::any_of(points.begin(), points.end(), isBehindBlocks);
}

/// (other - base) * gradient of one prompt, [T, ..].
at::Tensor products(const at::Tensor& base, const at::Tensor& other, const at::Tensor& gradient)
{
    return ((widened(other) - widened(base)) * widened(gradient))[0];
}

/// As many blocks as half of the free memory holds in float32.
int layersThatFit(const Transformer& model)
{
    const ModelConfig& config = model.config();
    const at::ScalarType stored = model.weights().W_E.weight.scalar_type();
    const bool isWidened = model.device().is_cpu() && stored != at::kFloat && stored != at::kDouble;
    const std::int64_t free = freeMemoryBytes();
    if (!isWidened || free <= 0)
        return config.n_layers;
    const double needed = 4.0 * static_cast<double>(parameterCount(config));
    const double share = std::min(1.0, 0.5 * static_cast<double>(free) / needed);
    return std::max(1, static_cast<int>(share * config.n_layers));
}

/// Blocks begin .. end - 1, differentiated alone: what lies below them is run without autograd.
struct Span {
    int begin = 0, end = 0;
    bool isFirst() const { return begin == 0; }

    bool holds(const HookPoint& point, int n_layers) const
    {
        if (point.layer.isValid())
            return point.layer.value >= begin && point.layer.value < end;
        return isBehindBlocks(point) ? end == n_layers : isFirst();
    }
    HookPoint entry() const
    {
        return isFirst() ? HookPoint{HookKind::Embed, Layer()}
                         : HookPoint{HookKind::ResidPre, Layer(begin)};
    }
};

} // namespace

at::Tensor PatchMetric::of(const at::Tensor& logits) const
{
    return logits.select(-1, answer.value).to(at::kDouble)
        - logits.select(-1, other.value).to(at::kDouble);
}

Result<PatchRun> runForPatching(const Transformer& model, const at::Tensor& ids,
    const std::vector<HookPoint>& points, std::stop_token stop)
{
    const at::NoGradGuard noGrad;
    PatchRun run;
    run.ids = ids;
    Hooks hooks;
    for (const HookPoint point : points)
        hooks.on(point, [&run, point](at::Tensor& value) { run.cache.keep(point, value); });
    ForwardOptions options;
    options.isLastLogitsOnly = !needsEveryPosition(points);
    options.stop = stop;
    const auto logits = model.forward(ids, hooks, options);
    if (!logits)
        return fail(logits.error());
    run.logits = (*logits)[0][-1];
    return run;
}

Result<ActivationCache> metricGradients(const Transformer& model, const at::Tensor& ids,
    const std::vector<HookPoint>& points, const PatchMetric& metric, const GradientOptions& options)
{
    const c10::InferenceMode noInference(false);
    const at::AutoGradMode withGradients(true);
    const int n_layers = model.config().n_layers;
    const int step = options.layersAtOnce > 0 ? options.layersAtOnce : layersThatFit(model);
    ActivationCache gradients;
    at::Tensor above; // of what the span gives
    for (Span span{0, n_layers}; span.end > 0; span.end = span.begin) {
        span.begin = std::max(0, span.end - step);
        at::Tensor entry;
        ActivationCache kept;
        Hooks hooks;
        hooks.on(span.entry(), [&entry](at::Tensor& value) {
            value = value.detach().set_requires_grad(true);
            entry = value;
        });
        for (const HookPoint point : points) {
            if (!span.holds(point, n_layers))
                continue;
            hooks.on(point, [&kept, point](at::Tensor& value) {
                if (!value.requires_grad()) // position embeddings
                    value = value.detach().set_requires_grad(true);
                else if (!value.is_leaf())
                    value.retain_grad();
                kept.keep(point, value);
            });
        }
        ForwardOptions forward;
        forward.stop = options.stop;
        forward.stopAtLayer = span.end < n_layers ? span.end : -1;
        forward.isLastLogitsOnly = !needsEveryPosition(points);
        const auto out = model.forward(ids, hooks, forward);
        if (!out)
            return fail(out.error());
        if (span.end == n_layers)
            metric.of((*out)[0][-1]).backward();
        else
            out->backward(above);
        for (const auto& [point, value] : kept.values())
            gradients.keep(point,
                value.grad().defined() ? value.grad().detach() : at::zeros_like(value).detach());
        above = entry.grad();
    }
    return gradients;
}

at::Tensor approximateByPosition(
    const at::Tensor& base, const at::Tensor& other, const at::Tensor& gradient)
{
    return products(base, other, gradient).flatten(1).sum(1);
}

at::Tensor approximateByHead(
    const at::Tensor& base, const at::Tensor& other, const at::Tensor& gradient)
{
    return products(base, other, gradient).sum(at::IntArrayRef{0, 2});
}

} // namespace core
