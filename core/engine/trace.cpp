#include "core/api/trace.h"

#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"
#include "core/model/resources.h"

#include <chrono>

namespace core {

namespace {

Result<TracedGraph> traced(const LoadedModel& model, const TraceRequest& request, Context& context)
{
    const auto begin = std::chrono::steady_clock::now();
    const auto input = graphInput(model, request.prompt, request.ids, request.dictionaries);
    if (!input)
        return fail(input.error());
    auto options = attributionOptions(model, request, *input);
    if (!options)
        return fail(options.error());
    options->stop = context.stop;
    options->progress = context.progress;
    auto matrix = attribute(model.transformer, input->dictionaries, input->prompt.ids, *options);
    if (!matrix)
        return fail(matrix.error());
    auto graph = analyzeGraph(std::move(*matrix));
    if (!graph)
        return graph;
    graph->model = model.info.name;
    graph->prompt = request.prompt.empty() ? model.tokenizer->decode(input->prompt.ids, true)
                                           : request.prompt;
    for (const TokenInfo& token : input->prompt.tokens)
        graph->promptTokens.push_back(token.text);
    graph->settings = request.settings;
    graph->note = input->prompt.note;
    graph->seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return graph;
}

} // namespace

Result<AttributionGraph> run(
    const TraceRequest& request, const LoadedModel& model, Context& context)
{
    auto kept = traced(model, request, context);
    if (!kept)
        return fail(kept.error());
    const TraceSettings settings = kept->settings;
    // freeMemoryBytes() no longer counts the new matrix, so what is free may be kept too.
    const std::int64_t most = request.memoryBytes > 0 ? request.memoryBytes : freeMemoryBytes() / 2;
    const std::uint64_t id = context.bench.graphs.keep(std::move(*kept), most);
    AttributionGraph graph = buildGraph(**context.bench.graphs.find(id), settings.nodeThreshold,
        settings.edgeThreshold, nodeLabels(model, context.rows().lookup()));
    graph.id = id;
    return graph;
}

const Handles<TraceRequest> kTrace(Runs::AsAnAnswer, run);

} // namespace core
