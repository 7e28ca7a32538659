#include "core/engine/circuit_work.h"

#include "core/circuits/attribution.h"
#include "core/engine/trace_targets.h"

#include <algorithm>
#include <chrono>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

Result<AttributionOptions> optionsOf(
    const LoadedModel& model, const TraceRequest& request, const Prompt& prompt)
{
    auto targets = traceTargets(model, request.targets, std::ssize(prompt.ids));
    if (!targets)
        return fail(targets.error());
    AttributionOptions options;
    options.settings = request.settings;
    options.targets = std::move(*targets);
    options.memoryBytes = request.memoryBytes;
    return options;
}

/// Floating-point operations a second of a product as tracing makes them.
double productSpeed(const at::Device& device)
{
    constexpr std::int64_t kRows = 1024, kWidth = 768;
    const at::NoGradGuard noGrad;
    const at::Tensor a = at::rand({kRows, kWidth}, at::TensorOptions().device(device)),
                     b = at::rand({kWidth, kWidth}, at::TensorOptions().device(device));
    at::mm(a, b).sum().item<float>(); // The first call starts the threads.
    double best = 1e-9;
    for (int i = 0; i < 3; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        at::mm(a, b).sum().item<float>();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        best = std::max(best, 2.0 * kRows * kWidth * kWidth / took.count());
    }
    return best;
}

} // namespace

Result<Dictionaries> graphDictionaries(
    const LoadedModel& model, const std::vector<std::string>& names)
{
    auto named = model.dictionariesNamed(names);
    if (!named)
        return named;
    const bool hasTranscoder = std::any_of(
        named->begin(), named->end(), [](const auto& one) { return one->config().isTranscoder; });
    if (hasTranscoder || named->empty())
        return model.transcodersPerLayer(names);
    if (!names.empty())
        return named;
    // The first open one of each place: other widths of the same layer are alternatives.
    Dictionaries saes;
    for (const auto& one : *named) {
        const HookPoint hook = one->config().hookIn;
        const bool isResidual = hook.kind == HookKind::ResidPost || hook.kind == HookKind::ResidPre;
        const bool isTaken = std::any_of(saes.begin(), saes.end(),
            [&](const auto& taken) { return taken->config().hookIn.layer == hook.layer; });
        const bool isOfOneKind = saes.empty() || saes.front()->config().hookIn.kind == hook.kind;
        if (isResidual && !isTaken && isOfOneKind)
            saes.push_back(one);
    }
    if (saes.empty())
        return model.transcodersPerLayer(names); // Says what is missing.
    return saes;
}

Result<TracedGraph> tracePrompt(const LoadedModel& model, const TraceRequest& request,
    const ProgressFn& progress, std::stop_token stop)
{
    const auto begin = std::chrono::steady_clock::now();
    auto prompt = tracePrompt(model, request.prompt, request.ids);
    if (!prompt)
        return fail(prompt.error());
    auto dictionaries = graphDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    auto options = optionsOf(model, request, *prompt);
    if (!options)
        return fail(options.error());
    options->stop = stop;
    options->progress = progress;
    auto matrix = attribute(model.transformer, *dictionaries, prompt->ids, *options);
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

Result<TraceEstimate> estimateTrace(
    const LoadedModel& model, const TraceRequest& request, std::stop_token stop)
{
    auto prompt = tracePrompt(model, request.prompt, request.ids);
    if (!prompt)
        return fail(prompt.error());
    auto dictionaries = graphDictionaries(model, request.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    auto options = optionsOf(model, request, *prompt);
    if (!options)
        return fail(options.error());
    ReplacementOptions build;
    build.stop = stop;
    const auto replacement
        = buildReplacementModel(model.transformer, *dictionaries, prompt->ids, build);
    if (!replacement)
        return fail(replacement.error());
    const auto logits
        = std::ssize(chooseLogits(replacement->logits, options->settings, options->targets));
    TraceEstimate out;
    out.request = request;
    out.tokens = static_cast<int>(prompt->ids.size());
    out.activeFeatures = replacement->activeFeatures();
    const auto cost = attributionCost(*replacement, logits, *options);
    if (!cost)
        return fail(cost.error());
    out.tracedFeatures = cost->tracedFeatures;
    out.nodes = cost->nodes;
    out.matrixBytes = cost->matrixBytes;
    out.workBytes = cost->workBytes;
    out.limitBytes = cost->limitBytes;
    out.seconds = cost->flops / productSpeed(model.transformer->device());
    const std::int64_t wanted = request.settings.maxFeatures > 0
        ? std::min<std::int64_t>(request.settings.maxFeatures, out.activeFeatures)
        : out.activeFeatures;
    if (out.tracedFeatures < wanted)
        out.note = fmt::format("{} of {} active features fit into {:.1f} GB; those with the most "
                               "influence are traced.",
            out.tracedFeatures, out.activeFeatures, static_cast<double>(out.limitBytes) / 1e9);
    else if (out.tracedFeatures < out.activeFeatures)
        out.note = fmt::format("{} of {} active features are traced, as the budget asks.",
            out.tracedFeatures, out.activeFeatures);
    return out;
}

} // namespace core
