#include "core/api/intervene.h"

#include "core/base/log.h"
#include "core/circuits/intervention.h"
#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

Result<std::vector<Intervention>> changesOf(
    const InterveneRequest& request, const Dictionaries& dictionaries, std::size_t promptTokens)
{
    std::map<FeatureAt, double> values; // Set twice, the last one counts.
    for (const FeatureSetting& setting : request.settings)
        values[setting.at] = setting.value;
    std::vector<Intervention> changes;
    for (const auto& [place, value] : values) {
        auto change = clampAt(dictionaries, place, value);
        if (!change)
            return fail(change.error());
        // The last prompt position stands for the answer: there the change goes on while text is
        // written.
        if (request.generate > 0 && place.position.value == static_cast<int>(promptTokens) - 1)
            change->positions = PositionRange::from(place.position);
        changes.push_back(std::move(*change));
    }
    return changes;
}

/// The activations that `factors` stand for, from one unchanged run.
Result<std::vector<FeatureSetting>> scaledSettings(const LoadedModel& model,
    const GraphInput& input, const InterveneRequest& request, std::stop_token stop)
{
    if (request.factors.empty())
        return std::vector<FeatureSetting>();
    InterventionOptions options;
    options.keepActivations = true;
    options.stop = stop;
    const auto run
        = intervene(*model.transformer, input.dictionaries, input.prompt.ids, {}, options);
    if (!run)
        return fail(run.error());
    std::vector<FeatureSetting> settings;
    for (FeatureSetting setting : request.factors) {
        const auto found = std::find_if(input.dictionaries.begin(), input.dictionaries.end(),
            [&](const auto& one) { return one->config().hookIn.layer == setting.at.layer; });
        if (found == input.dictionaries.end())
            return fail(Error::Code::NotFound,
                fmt::format("No dictionary is open for layer {}.", setting.at.layer.value));
        const at::Tensor& acts
            = run->activations[static_cast<std::size_t>(found - input.dictionaries.begin())]
                  .feature_acts;
        if (setting.at.position.value >= acts.size(0) || setting.at.feature.value >= acts.size(1))
            return fail(Error::Code::NotFound,
                fmt::format("{}:{}:{}: the prompt has {} tokens and `{}` has {} features, both "
                            "counted from 0.",
                    setting.at.layer.value, setting.at.position.value, setting.at.feature.value,
                    acts.size(0), (*found)->config().name, acts.size(1)));
        setting.value *= acts[setting.at.position.value][setting.at.feature.value].item<double>();
        settings.push_back(setting);
    }
    return settings;
}

} // namespace

Result<InterveneResult> run(
    const InterveneRequest& request, const LoadedModel& model, Context& context)
{
    const auto input = graphInput(model, request.prompt, request.ids, request.dictionaries);
    if (!input)
        return fail(input.error());
    for (const auto* asked : {&request.settings, &request.factors})
        if (auto outside = checkOutsideHead(*input, *asked); !outside)
            return fail(outside.error());
    if (!input->prompt.note.empty())
        logWarning("{}", input->prompt.note);

    InterveneResult out;
    out.request = request;
    auto scaled = scaledSettings(model, *input, request, context.stop);
    if (!scaled)
        return fail(scaled.error());
    out.request.settings.insert(out.request.settings.end(), scaled->begin(), scaled->end());
    const auto show = [&](const std::vector<Intervention>& changes, bool freezesAttention,
                          std::vector<NextToken>& tokens, std::string& text) -> Result<void> {
        InterventionOptions options;
        options.freezeAttention = freezesAttention;
        options.constrainFirst = request.constrainFirst;
        options.constrainLast = request.constrainLast;
        options.stop = context.stop;
        if (request.generate > 0) {
            auto written = interveneAndGenerate(*model.transformer, input->dictionaries,
                input->prompt.ids, changes, request.generate, options);
            if (!written)
                return fail(written.error());
            tokens = mostProbable(model, written->promptLogits, kShownTokens);
            text = model.tokenizer->decode(written->ids, true);
            return {};
        }
        auto changed = intervene(
            *model.transformer, input->dictionaries, input->prompt.ids, changes, options);
        if (!changed)
            return fail(changed.error());
        tokens = mostProbable(model, changed->logits[-1], kShownTokens);
        return {};
    };
    const auto changes = changesOf(out.request, input->dictionaries, input->prompt.ids.size());
    if (!changes)
        return fail(changes.error());
    if (auto ran = show({}, request.freezeAttention, out.before, out.textBefore); !ran)
        return fail(ran.error());
    if (auto ran = show(*changes, request.freezeAttention, out.after, out.textAfter); !ran)
        return fail(ran.error());
    if (request.comparesAttention)
        if (auto ran = show(*changes, !request.freezeAttention, out.afterOther, out.textAfterOther);
            !ran)
            return fail(ran.error());
    return out;
}

const Handles<InterveneRequest> kIntervene(Runs::AsAnAnswer, run);

} // namespace core
