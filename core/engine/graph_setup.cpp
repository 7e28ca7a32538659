#include "core/engine/graph_setup.h"

#include "core/base/log.h"
#include "core/engine/trace_targets.h"

#include <algorithm>

#include <fmt/format.h>

namespace core {

namespace {

std::vector<std::string> withoutEmpty(std::vector<std::string> names)
{
    std::erase_if(names, [](const std::string& name) { return name.empty(); });
    return names;
}

} // namespace

Result<Dictionaries> graphDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names)
{
    const auto wanted = withoutEmpty(names);
    auto named = model.dictionariesNamed(wanted);
    if (!named)
        return named;
    const bool hasTranscoder = std::any_of(
        named->begin(), named->end(), [](const auto& one) { return one->config().isTranscoder; });
    if (hasTranscoder || named->empty())
        return model.transcodersPerLayer(wanted);
    if (!wanted.empty())
        return named;
    // The first open one of each place: other widths of the same layer are alternatives. Directions
    // of concepts do not rebuild the stream: nearly all of it would be error there.
    Dictionaries saes;
    for (const auto& one : *named) {
        const HookPoint hook = one->config().hookIn;
        const bool isResidual = hook.kind == HookKind::ResidPost || hook.kind == HookKind::ResidPre;
        const bool isTaken = std::any_of(saes.begin(), saes.end(),
            [&](const auto& taken) { return taken->config().hookIn.layer == hook.layer; });
        const bool isOfOneKind = saes.empty() || saes.front()->config().hookIn.kind == hook.kind;
        if (isResidual && !isTaken && isOfOneKind && !one->config().facts.areConcepts)
            saes.push_back(one);
    }
    if (saes.empty())
        return model.transcodersPerLayer(wanted); // Says what is missing.
    return saes;
}

Result<GraphInput> graphInput(const LoadedModel& model, const std::string& text,
    const std::vector<TokenId>& ids, const std::vector<std::string>& dictionaryNames)
{
    auto dictionaries = graphDictionaries(model, dictionaryNames);
    if (!dictionaries)
        return fail(dictionaries.error());
    auto prompt = tracePrompt(model, text, ids, *dictionaries);
    if (!prompt)
        return fail(prompt.error());
    PromptHead head = promptHead(model.transformer->config(), *dictionaries);
    return GraphInput{std::move(*prompt), std::move(*dictionaries), std::move(head)};
}

Result<Dictionaries> swapDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names)
{
    const auto wanted = withoutEmpty(names);
    return wanted.empty() ? graphDictionaries(model, {}) : model.dictionariesNamed(wanted);
}

Result<void> checkOutsideHead(const GraphInput& input, const std::vector<FeatureSetting>& settings)
{
    const auto head = std::ssize(input.head.ids);
    for (const FeatureSetting& setting : settings)
        if (setting.at.position.value < head)
            return fail(Error::Code::Unsupported,
                fmt::format("{}:{}:{}: the first {} positions are the header of the turn, whose "
                            "features do not count in this model. Choose position {} or later.",
                    setting.at.layer.value, setting.at.position.value, setting.at.feature.value,
                    head, head));
    return {};
}

Result<FeatureSwap> swapByDifference(const LoadedModel& model, const Dictionaries& dictionaries,
    const std::string& prompt, const std::string& donor, std::stop_token stop)
{
    const auto read = tracePrompt(model, prompt, {}, dictionaries);
    if (!read)
        return fail(read.error());
    const auto other = tracePrompt(model, donor, {}, dictionaries);
    if (!other)
        return fail(other.error());
    if (!read->note.empty())
        logWarning("{}", read->note);
    SwapOptions options;
    options.stop = stop;
    return swapFeatures(*model.transformer, dictionaries, read->ids, other->ids, options);
}

Result<AttributionOptions> attributionOptions(
    const LoadedModel& model, const TraceRequest& request, const GraphInput& input)
{
    auto targets = traceTargets(model, request.targets, std::ssize(input.prompt.ids));
    if (!targets)
        return fail(targets.error());
    AttributionOptions options;
    options.settings = request.settings;
    options.targets = std::move(*targets);
    options.memoryBytes = request.memoryBytes;
    options.zeroedPositions = input.head.zeroedPositions();
    return options;
}

NodeLabel nodeLabels(const LoadedModel& model, const RowLookup& row)
{
    return [&model, row](const GraphNode& node) -> std::string {
        const auto text = [&](TokenId token) {
            return model.tokenizer ? model.tokenizer->display(token) : std::to_string(token.value);
        };
        if (node.kind == NodeKind::Logit && node.minusToken.isValid())
            return text(node.token) + " - " + text(node.minusToken);
        if (node.kind == NodeKind::Token || node.kind == NodeKind::Logit)
            return text(node.token);
        if (node.kind == NodeKind::Feature && row)
            return row({node.dictionary, node.feature}).label.text;
        return {};
    };
}

} // namespace core
