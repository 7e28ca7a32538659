#include "app/cli/context.h"
#include "app/cli/tokens.h"
#include "app/cli/trace_options.h"
#include "app/cli/verbs.h"

#include "core/api/check_graph.h"
#include "core/api/estimate_trace.h"
#include "core/api/graph_files.h"
#include "core/api/strongest_path.h"
#include "core/api/trace.h"

#include <fmt/format.h>

namespace cli {

namespace {

using Graph = std::shared_ptr<const core::AttributionGraph>;

struct TraceOptions {
    std::string model, ids, graphFile, tensorFile, tableFile;
    std::vector<std::string> dictionaries;
    double memoryGB = 0;
    int checkedFeatures = 0;
    bool isEstimate = false;
    core::TraceRequest request;
};

int estimate(Context& context, const core::TraceRequest& request)
{
    const auto answer = context.ask(core::EstimateTraceRequest{request});
    if (!answer)
        return report(answer.error());
    const core::TraceEstimate& cost = **answer;
    constexpr double kGB = 1e9;
    context.print(
        {{"tokens", cost.tokens}, {"n_features_active", cost.activeFeatures},
            {"n_features_traced", cost.tracedFeatures}, {"n_nodes", cost.nodes},
            {"matrix_bytes", cost.matrixBytes}, {"work_bytes", cost.workBytes},
            {"limit_bytes", cost.limitBytes}, {"seconds", cost.seconds}, {"note", cost.note}},
        fmt::format("{} tokens, {} active features, {} nodes: {:.3f} GB and {:.3f} GB in passing, "
                    "about {:.2g} s{}",
            cost.tokens, cost.activeFeatures, cost.nodes,
            static_cast<double>(cost.matrixBytes) / kGB, static_cast<double>(cost.workBytes) / kGB,
            cost.seconds, cost.note.empty() ? std::string() : "\n" + cost.note));
    return kDone;
}

core::Result<void> save(Context& context, const Graph& graph, const TraceOptions& options)
{
    if (!options.tensorFile.empty())
        if (auto saved = context.ask(core::SaveMatrixRequest{graph->id, options.tensorFile});
            !saved)
            return core::fail(saved.error());
    if (!options.graphFile.empty())
        if (auto saved = context.ask(core::SaveGraphRequest{graph, options.graphFile}); !saved)
            return core::fail(saved.error());
    if (!options.tableFile.empty())
        if (auto saved = context.ask(core::SaveNodeTableRequest{graph, options.tableFile}); !saved)
            return core::fail(saved.error());
    return {};
}

/// What is said of a graph, as it grows: its JSON and its text.
struct TraceSummary {
    Json json;
    std::string text;
};

TraceSummary summaryOf(const core::AttributionGraph& graph)
{
    TraceSummary out;
    out.json = {{"n_nodes", graph.nodes.size()}, {"n_edges", graph.edges.size()},
        {"n_nodes_unpruned", graph.unprunedNodes}, {"n_edges_unpruned", graph.unprunedEdges},
        {"n_features_active", graph.activeFeatures}, {"n_features_traced", graph.tracedFeatures},
        {"replacement_score", graph.replacementScore},
        {"completeness_score", graph.completenessScore}, {"error_share", graph.errorShare},
        {"error_share_by_layer", graph.errorShareByLayer}, {"method", graph.method},
        {"note", graph.note}, {"seconds", graph.seconds}};
    out.text = fmt::format("{} of {} nodes and {} of {} edges kept in {:.2f} s\nreplacement score "
                           "{:.3f}, completeness {:.3f}, error share {:.3f}",
        graph.nodes.size(), graph.unprunedNodes, graph.edges.size(), graph.unprunedEdges,
        graph.seconds, graph.replacementScore, graph.completenessScore, graph.errorShare);
    if (graph.tracedFeatures < graph.activeFeatures)
        out.text += fmt::format("\n{} of {} active features traced, those with the most influence",
            graph.tracedFeatures, graph.activeFeatures);
    if (!graph.method.empty())
        out.text += "\n" + graph.method;
    if (!graph.note.empty())
        out.text += "\n" + graph.note;
    return out;
}

/// From the input to the logit.
void addPath(
    TraceSummary& out, const core::AttributionGraph& graph, const std::vector<int>& fromLogit)
{
    Json path = Json::array();
    for (auto at = fromLogit.rbegin(); at != fromLogit.rend(); ++at) {
        const core::GraphNode& node = graph.nodes[static_cast<std::size_t>(*at)];
        const bool isFeature = node.kind == core::NodeKind::Feature;
        out.text += at == fromLogit.rbegin() ? "\nstrongest path: " : " > ";
        out.text += isFeature ? fmt::format("{}:{}:{}{}", node.layer.value, node.position.value,
                        node.feature.value, node.label.empty() ? "" : " " + node.label)
                              : fmt::format("`{}`", node.label);
        path.push(Json{{"layer", node.layer.value}, {"position", node.position.value},
            {"feature", node.feature.value}, {"token", node.token.value}, {"label", node.label}});
    }
    out.json.set("strongest_path", path);
}

void addCheck(TraceSummary& out, const core::PerturbationCheck& check)
{
    Json distances = Json::array();
    out.text += fmt::format("\ncheck on {} features: cosine {:.3f}, Spearman of influence and "
                            "ablation effect {:.3f}",
        check.points.size(), check.meanCosine, check.spearman);
    for (const auto& distance : check.byDistance) {
        distances.push(Json{{"layers", distance.layers}, {"features", distance.features},
            {"cosine", distance.cosine}, {"norm_ratio", distance.normRatio}});
        out.text += fmt::format("\n  {} layers later: cosine {:.3f}, observed / predicted {:.3f}",
            distance.layers, distance.cosine, distance.normRatio);
    }
    out.json.set("check",
        {{"mean_cosine", check.meanCosine}, {"spearman", check.spearman},
            {"by_distance", distances}, {"seconds", check.seconds}});
}

int trace(Context& context, TraceOptions options)
{
    core::TraceRequest& request = options.request;
    if (options.memoryGB > 0)
        request.memoryBytes = static_cast<std::int64_t>(options.memoryGB * 1e9);
    request.ids = parseIds(options.ids);
    if (const auto opened = context.open(options.model, options.dictionaries); !opened)
        return report(opened.error());
    if (options.isEstimate)
        return estimate(context, request);
    const auto traced = context.ask(request);
    if (!traced)
        return report(traced.error());
    const Graph graph = *traced;
    if (const auto saved = save(context, graph, options); !saved)
        return report(saved.error());
    TraceSummary out = summaryOf(*graph);
    const auto path = context.ask(core::StrongestPathRequest{graph});
    if (!path)
        return report(path.error());
    addPath(out, *graph, **path);
    if (options.checkedFeatures > 0) {
        const auto check = context.ask(core::CheckRequest{graph->id, options.checkedFeatures});
        if (!check)
            return report(check.error());
        addCheck(out, **check);
    }
    context.print(out.json, out.text);
    return kDone;
}

} // namespace

void addTraceVerb(Verb& program)
{
    const auto options = std::make_shared<TraceOptions>();
    core::TraceRequest& request = options->request;
    core::TraceSettings& settings = request.settings;
    Verb verb = program.verb("trace", "an attribution graph over transcoders");
    addTracedModel(verb, options->model, options->dictionaries);
    Verb input = verb.oneOf("input");
    input.option("--prompt", request.prompt, "the prompt");
    input.option("--ids", options->ids, "token ids, 1,2,3");
    verb.option("--target", request.targets,
            "a token to explain instead of the most probable ones, a space before it included, or "
            "a difference A-B, or #123 of the vocabulary; @P behind it: after that position; may "
            "be repeated")
        .oneEach();
    verb.option("--max-logits", settings.maxLogits, "at most so many logit nodes")
        .between(1, 1000)
        .showingDefault();
    verb.option("--logit-probability", settings.logitProbability,
            "logits until their probabilities sum to this")
        .between(0.0, 1.0)
        .showingDefault();
    verb.option("--max-features", settings.maxFeatures, "at most so many feature nodes; 0 = all")
        .notNegative()
        .showingDefault();
    verb.option("--node-threshold", settings.nodeThreshold,
            "share of influence that the kept nodes cover")
        .between(0.0, 1.0)
        .showingDefault();
    verb.option("--edge-threshold", settings.edgeThreshold,
            "share of influence that the kept edges cover")
        .between(0.0, 1.0)
        .showingDefault();
    verb.option("--out", options->graphFile, "circuit-tracer's JSON");
    verb.option(
        "--tensors", options->tensorFile, "safetensors with the unpruned matrix and scores");
    verb.option("--table", options->tableFile, "the kept nodes as CSV");
    verb.option("--memory", options->memoryGB,
            "GB that tracing may take; 0 = four fifths of what is free. Where the matrix does not "
            "fit, the features with the most influence are traced")
        .notNegative();
    verb.flag("--estimate", options->isEstimate, "says what it would take, and stops");
    verb.option("--check", options->checkedFeatures,
            "ablates so many features in the model and holds the effects against the graph's")
        .between(0, 100000);
    verb.runs([options](Context& context) { return trace(context, *options); });
}

} // namespace cli
