#include "core/steering/active_interventions.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace core {

/// One line of coefficients: bounded(slope * what is read + offset). Every mode is one of these.
struct SteeringLine {
    float slope = 0.0f, offset = 0.0f, bound = 0.0f;
};

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool acts(const PositionRange& range, std::int64_t position, const SteeredSpan& span)
{
    switch (range.kind) {
    case PositionRange::Kind::All:
        return position >= span.firstSteerable;
    case PositionRange::Kind::Prompt:
        return position >= span.firstSteerable && position < span.promptLength;
    case PositionRange::Kind::Generated:
        return position >= span.promptLength;
    case PositionRange::Kind::Range:
        return position >= range.first.value && position <= range.last.value;
    }
    return false;
}

bool isOfActivation(InterventionMode mode)
{
    return mode != InterventionMode::AddUnit && mode != InterventionMode::Orthogonal
        && mode != InterventionMode::Cap;
}

/// Of the feature's activation f, bounded from below. The delta is the coefficient times d_i.
SteeringLine activationLine(InterventionMode mode, float value)
{
    switch (mode) {
    case InterventionMode::Clamp:
        return {-1.0f, value, -kInfinity};
    case InterventionMode::MinClamp:
        return {-1.0f, value, 0.0f};
    case InterventionMode::Scale:
        return {value - 1.0f, 0.0f, -kInfinity};
    case InterventionMode::Ablate:
        return {-1.0f, 0.0f, -kInfinity};
    default:
        return {0.0f, value, -kInfinity}; // Add
    }
}

/// Of the projection x.v on the unit direction, bounded from above. The delta is the coefficient
/// times v.
SteeringLine projectionLine(InterventionMode mode, float value)
{
    switch (mode) {
    case InterventionMode::Orthogonal:
        return {value - 1.0f, 0.0f, kInfinity};
    case InterventionMode::Cap:
        return {-1.0f, value, 0.0f};
    default:
        return {0.0f, value, kInfinity}; // AddUnit
    }
}

bool countsMultiples(const Intervention& intervention)
{
    return intervention.isMultipleOfMax && intervention.mode != InterventionMode::Ablate
        && intervention.mode != InterventionMode::Scale
        && intervention.mode != InterventionMode::Orthogonal;
}

Result<float> valueOf(const Intervention& intervention, const MaxActivationFn& maxActivation)
{
    const FeatureRef& feature = intervention.feature;
    double value = intervention.value;
    if (countsMultiples(intervention)) {
        const std::optional<double> max = maxActivation ? maxActivation(feature) : std::nullopt;
        if (!max)
            return fail(Error::Code::NotFound,
                fmt::format("{}/{}: its largest activation is not known. Harvest {} first, or give "
                            "the strength "
                            "in activation units.",
                    feature.dictionary, feature.feature.value, feature.dictionary));
        if (*max <= 0.0)
            return fail(Error::Code::NotFound,
                fmt::format("{}/{}: it never fired on the harvested text, so multiples of its "
                            "largest activation "
                            "say nothing. Give the strength in activation units.",
                    feature.dictionary, feature.feature.value));
        value *= *max;
    }
    if (!std::isfinite(value) || std::abs(value) > std::numeric_limits<float>::max())
        return fail(Error::Code::Unsupported,
            fmt::format("{}/{}: the strength is not a finite number. Choose a smaller one.",
                feature.dictionary, feature.feature.value));
    return static_cast<float>(value);
}

at::Tensor column(const std::vector<SteeringLine>& lines, float SteeringLine::*field,
    const at::TensorOptions& options)
{
    std::vector<float> values;
    for (const SteeringLine& line : lines)
        values.push_back(line.*field);
    return at::tensor(values).to(options);
}

} // namespace

/// All interventions on one dictionary, as matrices.
struct ActiveInterventions::Group {
    struct Part {
        std::vector<SteeringLine> lines;
        std::vector<PositionRange> positions;
        at::Tensor slope, offset, bound; // [n]
        at::Tensor directions; // [n, d_out]

        void finish()
        {
            slope = column(lines, &SteeringLine::slope, directions.options());
            offset = column(lines, &SteeringLine::offset, directions.options());
            bound = column(lines, &SteeringLine::bound, directions.options());
        }
    };

    std::shared_ptr<const Dictionary> dictionary;
    FeatureSlice slice; // of the features in `byActivation`
    Part byActivation, byProjection;

    bool readsElsewhere() const
    {
        return dictionary->config().hookIn != dictionary->config().hookOut;
    }
};

/// One group during one forward pass.
struct ActiveInterventions::Pass {
    std::shared_ptr<const Group> group;
    SteeredSpan span;
    at::Tensor activationMask,
        projectionMask; // [length, n], 1 where a change acts; undefined: everywhere
    bool actsByActivation = false, actsByProjection = false;
    at::Tensor read; // transcoders: activations found at hookIn [R, T, n]

    void prepare()
    {
        const auto mask = [&](const Group::Part& part, at::Tensor& target) {
            const std::size_t n = part.lines.size();
            std::vector<float> values(n * static_cast<std::size_t>(span.length));
            bool any = false, all = true;
            for (std::int64_t t = 0; t < span.length; ++t)
                for (std::size_t i = 0; i < n; ++i) {
                    const bool isOn = acts(part.positions[i], span.firstPosition + t, span);
                    values[static_cast<std::size_t>(t) * n + i] = isOn ? 1.0f : 0.0f;
                    any = any || isOn;
                    all = all && isOn;
                }
            if (any && !all)
                target = at::tensor(values)
                             .view({span.length, static_cast<std::int64_t>(n)})
                             .to(part.directions.options());
            return any;
        };
        actsByActivation = mask(group->byActivation, activationMask);
        actsByProjection = mask(group->byProjection, projectionMask);
    }

    at::Tensor rowsOf(const at::Tensor& value) const
    {
        return value.narrow(0, span.rowBegin, span.rowEnd - span.rowBegin);
    }

    void readFrom(const at::Tensor& value)
    {
        if (actsByActivation)
            read = group->dictionary->activationsOf(rowsOf(value), group->slice);
    }

    /// What to add to `value`'s rows; [R, T, d_out].
    at::Tensor delta(const at::Tensor& value)
    {
        const at::Tensor rows = rowsOf(value);
        at::Tensor sum;
        if (actsByActivation) {
            const Group::Part& part = group->byActivation;
            const at::Tensor f = group->readsElsewhere()
                ? read
                : group->dictionary->activationsOf(rows, group->slice);
            at::Tensor coefficient = at::maximum(f * part.slope + part.offset, part.bound);
            if (activationMask.defined())
                coefficient = coefficient * activationMask;
            if (group->dictionary->config().normalization != InputNormalization::None)
                coefficient = coefficient * group->dictionary->outputScale(rows);
            sum = at::matmul(coefficient, part.directions);
        }
        if (actsByProjection) {
            const Group::Part& part = group->byProjection;
            const at::Tensor x = rows.dim() > 3 ? rows.flatten(2) : rows;
            at::Tensor coefficient = at::minimum(
                at::matmul(x, part.directions.t()) * part.slope + part.offset, part.bound);
            if (projectionMask.defined())
                coefficient = coefficient * projectionMask;
            const at::Tensor more = at::matmul(coefficient, part.directions);
            sum = sum.defined() ? sum + more : more;
        }
        return sum;
    }
};

Result<std::shared_ptr<const ActiveInterventions>> ActiveInterventions::create(
    const std::vector<Intervention>& interventions, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation)
{
    struct Building {
        std::shared_ptr<Group> group = std::make_shared<Group>();
        std::vector<FeatureId> byActivation, byProjection;
    };
    std::vector<Building> groups; // in the order of first use

    for (const Intervention& intervention : interventions) {
        if (!intervention.isEnabled)
            continue;
        const FeatureRef& feature = intervention.feature;
        const auto found = std::find_if(dictionaries.begin(), dictionaries.end(),
            [&](const auto& each) { return each->config().name == feature.dictionary; });
        if (found == dictionaries.end())
            return fail(Error::Code::NotFound,
                fmt::format("{}: no such dictionary is open. Open it, or take the intervention on "
                            "feature {} out.",
                    feature.dictionary, feature.feature.value));
        if ((*found)->config().isCrossLayer || (*found)->config().headIn >= 0)
            return fail(Error::Code::Unsupported,
                fmt::format("{}: it {}; its features cannot be steered yet.", feature.dictionary,
                    (*found)->config().isCrossLayer ? "is a layer of a cross-layer transcoder"
                                                    : "reads a single head"));
        if (!feature.feature.isValid() || feature.feature.value >= (*found)->config().d_sae)
            return fail(Error::Code::NotFound,
                fmt::format("{}: it has features 0 to {}, not {}.", feature.dictionary,
                    (*found)->config().d_sae - 1, feature.feature.value));
        const Result<float> value = valueOf(intervention, maxActivation);
        if (!value)
            return fail(value.error());

        auto building = std::find_if(groups.begin(), groups.end(),
            [&](const Building& each) { return each.group->dictionary == *found; });
        if (building == groups.end()) {
            building = groups.emplace(groups.end());
            building->group->dictionary = *found;
        }
        const bool isOf = isOfActivation(intervention.mode);
        (isOf ? building->byActivation : building->byProjection).push_back(feature.feature);
        Group::Part& part = isOf ? building->group->byActivation : building->group->byProjection;
        part.lines.push_back(isOf ? activationLine(intervention.mode, *value)
                                  : projectionLine(intervention.mode, *value));
        part.positions.push_back(intervention.positions);
    }

    auto result = std::make_shared<ActiveInterventions>();
    for (Building& building : groups) {
        Group& group = *building.group;
        if (!building.byActivation.empty()) {
            group.slice = group.dictionary->slice(building.byActivation);
            group.byActivation.directions = group.slice.decoderRows;
            group.byActivation.finish();
        }
        if (!building.byProjection.empty()) {
            const at::Tensor rows = group.dictionary->decoderRows(building.byProjection);
            // A row of zeros has no direction: leave it zero, so that the change is none.
            group.byProjection.directions = rows / at::norm(rows, 2, -1, true).clamp_min(1e-12);
            group.byProjection.finish();
        }
        result->m_groups.push_back(building.group);
    }
    return result;
}

std::int64_t ActiveInterventions::firstSteered(
    std::int64_t promptLength, std::int64_t firstSteerable) const
{
    SteeredSpan span;
    span.promptLength = promptLength;
    span.firstSteerable = firstSteerable;
    std::int64_t first = promptLength;
    for (const auto& group : m_groups)
        for (const Group::Part* part : {&group->byActivation, &group->byProjection})
            for (const PositionRange& range : part->positions)
                for (std::int64_t position = 0; position < first; ++position)
                    if (acts(range, position, span))
                        first = position;
    return first;
}

void ActiveInterventions::install(const std::shared_ptr<const ActiveInterventions>& interventions,
    const SteeredSpan& span, const std::shared_ptr<SteeringTrace>& trace, Hooks& hooks)
{
    using Passes = std::vector<std::shared_ptr<Pass>>;
    std::map<HookPoint, Passes> writers, readers;
    for (const auto& group : interventions->m_groups) {
        auto pass = std::make_shared<Pass>();
        pass->group = group;
        pass->span = span;
        pass->prepare();
        if (!pass->actsByActivation && !pass->actsByProjection)
            continue;
        writers[group->dictionary->config().hookOut].push_back(pass);
        if (group->readsElsewhere())
            readers[group->dictionary->config().hookIn].push_back(pass);
    }
    for (const auto& [point, passes] : writers)
        hooks.on(point, [passes = passes, trace, span](at::Tensor& value) {
            at::Tensor delta;
            for (const auto& pass : passes) {
                const at::Tensor each = pass->delta(value);
                delta = delta.defined() ? delta + each : each;
            }
            // A copy: what was here may also be held as another hook point's value.
            at::Tensor changed = value.clone();
            at::Tensor rows = changed.narrow(0, span.rowBegin, span.rowEnd - span.rowBegin);
            delta = delta.view(rows.sizes());
            const at::Tensor ratio = at::norm(delta.flatten(2), 2, -1)
                / at::norm(rows.flatten(2), 2, -1).clamp_min(1e-12);
            trace->deltaNormRatio = std::max(trace->deltaNormRatio, ratio.max().item<double>());
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
