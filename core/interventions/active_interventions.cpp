#include "core/interventions/activation_reader.h"
#include "core/interventions/active_group.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace core {

namespace {

bool countsMultiples(const Intervention& intervention)
{
    return intervention.isMultipleOfMax && intervention.mode != InterventionMode::Ablate
        && intervention.mode != InterventionMode::Scale
        && intervention.mode != InterventionMode::Orthogonal;
}

/// In activation units.
Result<float> valueOf(const FeatureRef& feature, double value, bool isMultipleOfMax,
    const MaxActivationFn& maxActivation)
{
    if (isMultipleOfMax) {
        const std::optional<double> max = maxActivation ? maxActivation(feature) : std::nullopt;
        if (!max)
            return fail(Error::Code::NotFound,
                fmt::format("{}/{}: its largest activation is not known. Harvest {} first, or give "
                            "the strength "
                            "in activation units.",
                    feature.dictionary, feature.feature.value, feature.dictionary));
        if (*max == 0.0)
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

} // namespace

Result<std::shared_ptr<const ActiveInterventions>> ActiveInterventions::create(
    const std::vector<Intervention>& interventions, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation)
{
    std::vector<std::shared_ptr<Group>> groups; // in the order of first use
    std::vector<FeatureRef> conditions;

    for (const Intervention& intervention : interventions) {
        if (!intervention.isEnabled)
            continue;
        const FeatureRef& feature = intervention.feature;
        const auto found = dictionaryOf(feature, dictionaries,
            fmt::format("take the intervention on feature {} out", feature.feature.value));
        if (!found)
            return fail(found.error());
        if ((*found)->config().headIn >= 0)
            return fail(Error::Code::Unsupported,
                fmt::format("{}: it reads a single head; its features cannot be steered yet.",
                    feature.dictionary));
        const Result<float> value
            = valueOf(feature, intervention.value, countsMultiples(intervention), maxActivation);
        if (!value)
            return fail(value.error());

        Group::Threshold threshold;
        if (intervention.when) {
            const Condition& when = *intervention.when;
            const Result<float> above
                = valueOf(when.feature, when.above, when.isMultipleOfMax, maxActivation);
            if (!above)
                return fail(above.error());
            threshold = {std::ssize(conditions), *above};
            conditions.push_back(when.feature);
        }
        auto group = std::find_if(groups.begin(), groups.end(),
            [&](const auto& each) { return each->dictionary == *found; });
        if (group == groups.end()) {
            group = groups.insert(groups.end(), std::make_shared<Group>());
            (*group)->dictionary = *found;
        }
        if (readsActivation(intervention.mode))
            (*group)->byActivation.add(feature.feature, activationLine(intervention.mode, *value),
                intervention.positions, threshold);
        else
            (*group)->byProjection.add(feature.feature, projectionLine(intervention.mode, *value),
                intervention.positions, threshold);
    }

    auto result = std::make_shared<ActiveInterventions>();
    for (const auto& group : groups) {
        group->finish();
        result->m_groups.push_back(group);
    }
    if (!conditions.empty()) {
        auto reader = ActivationReader::create(conditions, dictionaries);
        if (!reader)
            return fail(reader.error());
        result->m_conditions = *reader;
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

} // namespace core
