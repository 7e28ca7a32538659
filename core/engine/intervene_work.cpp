#include "core/engine/intervene_work.h"

#include "core/circuits/intervention.h"
#include "core/circuits/swap.h"
#include "core/engine/circuit_work.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

constexpr int kShown = 10;

std::vector<std::string> named(std::vector<std::string> names)
{
    std::erase_if(names, [](const std::string& name) { return name.empty(); });
    return names;
}

std::vector<FeatureChange> changesOf(const InterveneRequest& request, std::size_t promptTokens)
{
    std::vector<FeatureChange> changes;
    for (const FeatureSetting& setting : request.settings) {
        FeatureChange change{
            setting.layer, setting.position, setting.feature, setting.value, false};
        // The last prompt position stands for the answer: there the change goes on while text is
        // written.
        change.isOpenEnded
            = request.generate > 0 && setting.position.value == static_cast<int>(promptTokens) - 1;
        changes.push_back(change);
    }
    return changes;
}

} // namespace

Result<Dictionaries> swapDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names)
{
    const auto wanted = named(names);
    return wanted.empty() ? graphDictionaries(model, {}) : model.dictionariesNamed(wanted);
}

Result<InterveneResult> interveneOn(
    const LoadedModel& model, const InterveneRequest& request, std::stop_token stop)
{
    auto prompt = tracePrompt(model, request.prompt, request.ids);
    if (!prompt)
        return fail(prompt.error());
    auto dictionaries = graphDictionaries(model, named(request.dictionaries));
    if (!dictionaries)
        return fail(dictionaries.error());

    InterveneResult out;
    out.request = request;
    const auto run = [&](const std::vector<FeatureChange>& changes, bool freezesAttention,
                         std::vector<NextToken>& tokens, std::string& text) -> Result<void> {
        InterventionOptions options;
        options.freezeAttention = freezesAttention;
        options.constrainFirst = request.constrainFirst;
        options.constrainLast = request.constrainLast;
        options.stop = stop;
        if (request.generate > 0) {
            auto written = interveneAndGenerate(
                *model.transformer, *dictionaries, prompt->ids, changes, request.generate, options);
            if (!written)
                return fail(written.error());
            tokens = mostProbable(model, written->promptLogits, kShown);
            text = model.tokenizer->decode(written->ids, true);
            return {};
        }
        auto changed = intervene(*model.transformer, *dictionaries, prompt->ids, changes, options);
        if (!changed)
            return fail(changed.error());
        tokens = mostProbable(model, changed->logits[-1], kShown);
        return {};
    };
    const auto changes = changesOf(request, prompt->ids.size());
    if (auto ran = run({}, request.freezeAttention, out.before, out.textBefore); !ran)
        return fail(ran.error());
    if (auto ran = run(changes, request.freezeAttention, out.after, out.textAfter); !ran)
        return fail(ran.error());
    if (request.comparesAttention)
        if (auto ran = run(changes, !request.freezeAttention, out.afterOther, out.textAfterOther);
            !ran)
            return fail(ran.error());
    return out;
}

Result<std::vector<FeatureSetting>> scaledSettings(const LoadedModel& model,
    const InterveneRequest& request, const std::vector<FeatureSetting>& factors,
    std::stop_token stop)
{
    if (factors.empty())
        return std::vector<FeatureSetting>();
    auto prompt = tracePrompt(model, request.prompt, request.ids);
    if (!prompt)
        return fail(prompt.error());
    auto dictionaries = graphDictionaries(model, named(request.dictionaries));
    if (!dictionaries)
        return fail(dictionaries.error());
    InterventionOptions options;
    options.keepActivations = true;
    options.stop = stop;
    const auto run = intervene(*model.transformer, *dictionaries, prompt->ids, {}, options);
    if (!run)
        return fail(run.error());
    std::vector<FeatureSetting> settings;
    for (FeatureSetting setting : factors) {
        const auto found = std::find_if(dictionaries->begin(), dictionaries->end(),
            [&](const auto& one) { return one->config().hookIn.layer == setting.layer; });
        if (found == dictionaries->end())
            return fail(Error::Code::NotFound,
                fmt::format("No dictionary is open for layer {}.", setting.layer.value));
        const at::Tensor& acts
            = run->activations[static_cast<std::size_t>(found - dictionaries->begin())]
                  .feature_acts;
        if (setting.position.value >= acts.size(0) || setting.feature.value >= acts.size(1))
            return fail(Error::Code::NotFound,
                fmt::format("{}:{}:{}: the prompt has {} tokens and `{}` has {} features, both "
                            "counted from 0.",
                    setting.layer.value, setting.position.value, setting.feature.value,
                    acts.size(0), (*found)->config().name, acts.size(1)));
        setting.value *= acts[setting.position.value][setting.feature.value].item<double>();
        settings.push_back(setting);
    }
    return settings;
}

Result<SwapResult> swapFeatures(const LoadedModel& model, const SwapRequest& request,
    const RowLookup& row, std::stop_token stop)
{
    auto prompt = tracePrompt(model, request.prompt, {});
    if (!prompt)
        return fail(prompt.error());
    auto donor = tracePrompt(model, request.donor, {});
    if (!donor)
        return fail(donor.error());
    auto dictionaries = swapDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    SwapOptions options;
    options.stop = stop;
    auto swapped
        = swapFeatures(*model.transformer, *dictionaries, prompt->ids, donor->ids, options);
    if (!swapped)
        return fail(swapped.error());

    SwapResult out;
    out.request = request;
    out.before = mostProbable(model, swapped->before, kShown);
    out.after = mostProbable(model, swapped->after, kShown);
    out.donor = mostProbable(model, swapped->donor, kShown);
    out.isSwapped = swapped->isSwapped;
    const auto rows = [&](const std::vector<SwappedFeature>& features) {
        std::vector<FeatureRow> list;
        for (const SwappedFeature& feature : features)
            if (row)
                list.push_back(
                    row({(*dictionaries)[feature.dictionary]->config().name, feature.feature}));
        return list;
    };
    out.removed = rows(swapped->removed);
    out.inserted = rows(swapped->inserted);
    return out;
}

} // namespace core
