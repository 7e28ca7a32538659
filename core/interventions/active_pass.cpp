// What a group of interventions does while a forward pass goes by.
#include "core/interventions/active_group.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>

namespace core {

/// One group during one forward pass.
struct ActiveInterventions::Pass {
    std::shared_ptr<const Group> group;
    SteeredSpan span;
    at::Tensor activationMask,
        projectionMask; // [length, n], 1 where a change acts; undefined: everywhere
    bool actsByActivation = false, actsByProjection = false;
    at::Tensor read; // what was found at hookIn, or in the unchanged run: [R, T, m] coefficients

    void prepare()
    {
        actsByActivation = mask(group->byActivation, activationMask);
        actsByProjection = mask(group->byProjection, projectionMask);
        const HookPoint in = group->dictionary->config().hookIn;
        if (actsByActivation && isMeasuredFromUnchanged())
            read = coefficients(span.unchanged->at(in));
    }

    bool isMeasuredFromUnchanged() const
    {
        return span.unchanged && span.unchanged->has(group->dictionary->config().hookIn);
    }

    /// Whether the part acts on any position of the span.
    bool mask(const Group::Part& part, at::Tensor& target) const
    {
        const std::size_t n = part.lines.size();
        const auto holds = [&](const Group::Threshold& threshold, std::int64_t t) {
            return threshold.column < 0
                || (span.conditions.defined()
                    && span.conditions[t][threshold.column].item<float>() > threshold.above);
        };
        std::vector<float> values(n * static_cast<std::size_t>(span.length));
        bool any = false, all = true;
        for (std::int64_t t = 0; t < span.length; ++t)
            for (std::size_t i = 0; i < n; ++i) {
                const bool isOn = acts(part.positions[i], span.firstPosition + t, span)
                    && holds(part.thresholds[i], t);
                values[static_cast<std::size_t>(t) * n + i] = isOn ? 1.0f : 0.0f;
                any = any || isOn;
                all = all && isOn;
            }
        if (any && !all)
            target = part.mask(std::move(values), span.length);
        return any;
    }

    at::Tensor rowsOf(const at::Tensor& value) const
    {
        return value.narrow(0, span.rowBegin, span.rowEnd - span.rowBegin);
    }

    /// Of decoder rows, from what hookIn holds: [R, T, m].
    at::Tensor coefficients(const at::Tensor& in) const
    {
        const Group::Part& part = group->byActivation;
        at::Tensor each = part.coefficients(
            group->dictionary->activationsOf(in, group->slice), /*isBoundedBelow=*/true);
        if (activationMask.defined())
            each = each * activationMask;
        return part.perFeature(each);
    }

    void readFrom(const at::Tensor& value) { read = coefficients(rowsOf(value)); }

    bool needsReading() const
    {
        return group->readsElsewhere() && actsByActivation && !isMeasuredFromUnchanged();
    }

    /// What to add to the rows of what the layer `offset` layers after its own gives: [R, T,
    /// d_out].
    at::Tensor delta(const at::Tensor& value, int offset) const
    {
        const at::Tensor rows = rowsOf(value);
        const auto layer = static_cast<std::size_t>(offset);
        at::Tensor sum;
        if (actsByActivation) {
            at::Tensor coefficient = read.defined() ? read : coefficients(rows);
            if (group->dictionary->config().normalization != InputNormalization::None)
                coefficient = coefficient * group->dictionary->outputScale(rows);
            sum = at::matmul(coefficient, group->byActivation.directions[layer]);
        }
        if (actsByProjection) {
            const Group::Part& part = group->byProjection;
            const at::Tensor& v = part.directions[layer];
            const at::Tensor x = (rows.dim() > 3 ? rows.flatten(2) : rows).to(v.scalar_type());
            at::Tensor each = part.coefficients(at::matmul(x, v.t()), /*isBoundedBelow=*/false);
            if (projectionMask.defined())
                each = each * projectionMask;
            const at::Tensor more = at::matmul(part.perFeature(each), v);
            sum = sum.defined() ? sum + more : more;
        }
        return sum;
    }
};

void ActiveInterventions::install(const std::shared_ptr<const ActiveInterventions>& interventions,
    const SteeredSpan& span, const std::shared_ptr<SteeringTrace>& trace, Hooks& hooks)
{
    struct Write {
        std::shared_ptr<const Pass> pass;
        int offset = 0;
    };
    std::map<HookPoint, std::vector<Write>> writers;
    std::map<HookPoint, std::vector<std::shared_ptr<Pass>>> readers;
    for (const auto& group : interventions->m_groups) {
        auto pass = std::make_shared<Pass>();
        pass->group = group;
        pass->span = span;
        pass->prepare();
        if (!pass->actsByActivation && !pass->actsByProjection)
            continue;
        const DictionaryConfig& config = group->dictionary->config();
        for (int offset = 0; offset < config.layersWritten; ++offset)
            if (const HookPoint point = group->written(offset);
                !point.layer.isValid() || span.layers.contains(point.layer))
                writers[point].push_back({pass, offset});
        if (pass->needsReading())
            readers[config.hookIn].push_back(pass);
    }
    for (const auto& [point, writes] : writers)
        hooks.on(point, [writes = writes, trace, span](at::Tensor& value) {
            at::Tensor delta;
            for (const Write& write : writes) {
                const at::Tensor each = write.pass->delta(value, write.offset);
                delta = delta.defined() ? delta + each : each;
            }
            if (span.share != 1.0)
                delta = delta * span.share;
            // A copy: what was here may also be held as another hook point's value.
            at::Tensor changed = value.clone();
            at::Tensor rows = changed.narrow(0, span.rowBegin, span.rowEnd - span.rowBegin);
            delta = delta.view(rows.sizes());
            if (trace) {
                const at::Tensor ratio = at::norm(delta.flatten(2), 2, -1)
                    / at::norm(rows.flatten(2), 2, -1).clamp_min(1e-12);
                const at::Tensor most = ratio.max();
                at::Tensor& known = trace->deltaNormRatio;
                known = known.defined() ? at::maximum(known, most) : most;
            }
            rows.add_(delta);
            value = changed;
        });
    for (const auto& [point, passes] : readers)
        hooks.on(point, [passes = passes](at::Tensor& value) {
            for (const auto& pass : passes)
                pass->readFrom(value);
        });
}

} // namespace core
