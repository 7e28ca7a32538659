#include "core/engine/circuit_work.h"

#include "core/circuits/attribution.h"
#include "core/circuits/intervention.h"
#include "core/circuits/swap.h"

#include <chrono>

#include <fmt/format.h>

namespace core {

Result<TracedGraph> tracePrompt(const LoadedModel& model, const TraceRequest& request,
    const ProgressFn& progress, std::stop_token stop)
{
    const auto begin = std::chrono::steady_clock::now();
    auto prompt = tracePrompt(model, request.prompt, request.ids);
    if (!prompt)
        return fail(prompt.error());
    auto transcoders = model.transcodersPerLayer(request.dictionaries);
    if (!transcoders)
        return fail(transcoders.error());
    AttributionOptions options;
    options.settings = request.settings;
    options.targets = request.targets;
    options.stop = stop;
    options.progress = progress;
    auto matrix = attribute(model.transformer, *transcoders, prompt->ids, options);
    if (!matrix)
        return fail(matrix.error());
    auto traced = analyzeGraph(std::move(*matrix));
    if (!traced)
        return traced;
    traced->model = model.info.name;
    traced->prompt
        = request.prompt.empty() ? model.tokenizer->decode(prompt->ids, true) : request.prompt;
    for (const TokenInfo& token : prompt->tokens)
        traced->promptTokens.push_back(token.text);
    traced->settings = request.settings;
    traced->seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return traced;
}

NodeLabel nodeLabels(const LoadedModel& model, const RowLookup& row)
{
    return [&model, row](const GraphNode& node) -> std::string {
        if (node.kind == NodeKind::Token || node.kind == NodeKind::Logit)
            return model.tokenizer ? model.tokenizer->display(node.token)
                                   : std::to_string(node.token.value);
        if (node.kind == NodeKind::Feature && row)
            return row({node.dictionary, node.feature}).label.text;
        return {};
    };
}

Result<std::vector<TokenId>> targetTokens(
    const LoadedModel& model, const std::vector<std::string>& texts)
{
    std::vector<TokenId> ids;
    for (const std::string& text : texts) {
        std::optional<TokenId> found;
        for (const std::string& spelling : {text, " " + text})
            if (auto tokens = model.tokenizer->encode(spelling, false);
                !found && tokens && tokens->ids.size() == 1)
                found = tokens->ids.front();
        if (!found)
            return fail(Error::Code::NotFound,
                fmt::format(
                    "`{}` is not one token of this model. Give the first token of the word.",
                    text));
        ids.push_back(*found);
    }
    return ids;
}

Result<InterveneResult> interveneOn(
    const LoadedModel& model, const InterveneRequest& request, std::stop_token stop)
{
    auto prompt = tracePrompt(model, request.prompt, request.ids);
    if (!prompt)
        return fail(prompt.error());
    auto transcoders = model.transcodersPerLayer(request.dictionaries);
    if (!transcoders)
        return fail(transcoders.error());
    std::vector<FeatureChange> changes;
    for (const FeatureSetting& setting : request.settings) {
        FeatureChange change{
            setting.layer, setting.position, setting.feature, setting.value, false};
        // The last prompt position stands for the answer: there the change goes on while text is
        // written.
        change.isOpenEnded = request.generate > 0
            && setting.position.value == static_cast<int>(prompt->ids.size()) - 1;
        changes.push_back(change);
    }
    InterventionOptions options;
    options.freezeAttention = request.freezeAttention;
    options.constrainFirst = request.constrainFirst;
    options.constrainLast = request.constrainLast;
    options.stop = stop;

    InterveneResult out;
    out.request = request;
    constexpr int kShown = 10;
    const auto run = [&](const std::vector<FeatureChange>& applied, std::vector<NextToken>& tokens,
                         std::string& text) -> Result<void> {
        if (request.generate > 0) {
            auto written = interveneAndGenerate(
                *model.transformer, *transcoders, prompt->ids, applied, request.generate, options);
            if (!written)
                return fail(written.error());
            tokens = mostProbable(model, written->promptLogits, kShown);
            text = model.tokenizer->decode(written->ids, true);
            return {};
        }
        auto changed = intervene(*model.transformer, *transcoders, prompt->ids, applied, options);
        if (!changed)
            return fail(changed.error());
        tokens = mostProbable(model, changed->logits[-1], kShown);
        return {};
    };
    if (auto before = run({}, out.before, out.textBefore); !before)
        return fail(before.error());
    if (auto after = run(changes, out.after, out.textAfter); !after)
        return fail(after.error());
    return out;
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
    auto dictionaries = request.dictionaries.empty()
        ? model.transcodersPerLayer({})
        : model.dictionariesNamed(request.dictionaries);
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
    constexpr int kShown = 10;
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
