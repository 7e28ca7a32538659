#include "app/cli/context.h"

#include "core/engine/trace_jobs.h"

#include <fmt/format.h>

namespace cli {

namespace {

struct TraceOptions {
    double memoryGB = 0;
    bool isEstimate = false;
};

int estimate(const Context& context, const core::TraceJob& job)
{
    const auto cost = core::estimateTraceJob(job, context.control());
    if (!cost)
        return report(cost.error());
    constexpr double kGB = 1e9;
    context.print(
        {{"tokens", cost->tokens}, {"n_features_active", cost->activeFeatures},
            {"n_features_traced", cost->tracedFeatures}, {"n_nodes", cost->nodes},
            {"matrix_bytes", cost->matrixBytes}, {"work_bytes", cost->workBytes},
            {"limit_bytes", cost->limitBytes}, {"seconds", cost->seconds}, {"note", cost->note}},
        fmt::format("{} tokens, {} active features, {} nodes: {:.3f} GB and {:.3f} GB in passing, "
                    "about {:.2g} s{}",
            cost->tokens, cost->activeFeatures, cost->nodes,
            static_cast<double>(cost->matrixBytes) / kGB,
            static_cast<double>(cost->workBytes) / kGB, cost->seconds,
            cost->note.empty() ? std::string() : "\n" + cost->note));
    return kDone;
}

int trace(
    const Context& context, core::TraceJob job, const std::string& ids, const TraceOptions& options)
{
    if (options.memoryGB > 0)
        job.request.memoryBytes = static_cast<std::int64_t>(options.memoryGB * 1e9);
    job.request.ids = parseIds(ids);
    if (options.isEstimate)
        return estimate(context, job);
    const auto result = core::traceJob(job, context.control());
    if (!result)
        return report(result.error());
    const core::AttributionGraph* graph = &result->graph;
    nlohmann::json json{{"n_nodes", graph->nodes.size()}, {"n_edges", graph->edges.size()},
        {"n_nodes_unpruned", graph->unprunedNodes}, {"n_edges_unpruned", graph->unprunedEdges},
        {"n_features_active", graph->activeFeatures}, {"n_features_traced", graph->tracedFeatures},
        {"replacement_score", graph->replacementScore},
        {"completeness_score", graph->completenessScore}, {"error_share", graph->errorShare},
        {"error_share_by_layer", graph->errorShareByLayer}, {"method", graph->method},
        {"seconds", graph->seconds}};
    std::string text = fmt::format(
        "{} of {} nodes and {} of {} edges kept in {:.2f} s\nreplacement score {:.3f}, "
        "completeness {:.3f}, error share {:.3f}",
        graph->nodes.size(), graph->unprunedNodes, graph->edges.size(), graph->unprunedEdges,
        graph->seconds, graph->replacementScore, graph->completenessScore, graph->errorShare);
    if (graph->tracedFeatures < graph->activeFeatures)
        text += fmt::format("\n{} of {} active features traced, those with the most influence",
            graph->tracedFeatures, graph->activeFeatures);
    if (!graph->method.empty())
        text += "\n" + graph->method;
    nlohmann::json path = nlohmann::json::array();
    for (auto at = result->strongestPath.rbegin(); at != result->strongestPath.rend(); ++at) {
        const core::GraphNode& node = graph->nodes[static_cast<std::size_t>(*at)];
        const bool isFeature = node.kind == core::NodeKind::Feature;
        text += at == result->strongestPath.rbegin() ? "\nstrongest path: " : " > ";
        text += isFeature ? fmt::format("{}:{}:{}{}", node.layer.value, node.position.value,
                    node.feature.value, node.label.empty() ? "" : " " + node.label)
                          : fmt::format("`{}`", node.label);
        path.push_back({{"layer", node.layer.value}, {"position", node.position.value},
            {"feature", node.feature.value}, {"token", node.token.value}, {"label", node.label}});
    }
    json["strongest_path"] = path;
    if (job.checkedFeatures > 0) {
        const core::PerturbationCheck& check = result->check;
        nlohmann::json distances = nlohmann::json::array();
        text += fmt::format("\ncheck on {} features: cosine {:.3f}, Spearman of influence and "
                            "ablation effect {:.3f}",
            check.points.size(), check.meanCosine, check.spearman);
        for (const auto& distance : check.byDistance) {
            distances.push_back({{"layers", distance.layers}, {"features", distance.features},
                {"cosine", distance.cosine}, {"norm_ratio", distance.normRatio}});
            text += fmt::format("\n  {} layers later: cosine {:.3f}, observed / predicted {:.3f}",
                distance.layers, distance.cosine, distance.normRatio);
        }
        json["check"] = {{"mean_cosine", check.meanCosine}, {"spearman", check.spearman},
            {"by_distance", distances}, {"seconds", check.seconds}};
    }
    context.print(json, text);
    return kDone;
}

} // namespace

void addTraceVerb(CLI::App& app, Context& context)
{
    auto job = std::make_shared<core::TraceJob>();
    auto ids = std::make_shared<std::string>();
    auto options = std::make_shared<TraceOptions>();
    core::TraceSettings& settings = job->request.settings;
    CLI::App* verb = app.add_subcommand("trace", "an attribution graph over transcoders");
    verb->add_option("MODEL", job->model, "a Hugging Face folder, or builtin")->required();
    verb->add_option("--dictionary", job->dictionaries,
            "a transcoder set, or SAEs of the residual stream; may be repeated. builtin brings its "
            "own")
        ->allow_extra_args(false);
    auto* input = verb->add_option_group("input");
    input->add_option("--prompt", job->request.prompt, "the prompt");
    input->add_option("--ids", *ids, "token ids, 1,2,3");
    input->require_option(1);
    verb->add_option("--target", job->request.targets,
            "a token to explain instead of the most probable ones, or a difference A-B, or #123 "
            "of the vocabulary; @P behind it: after that position; may be repeated")
        ->allow_extra_args(false);
    verb->add_option("--max-logits", settings.maxLogits, "at most so many logit nodes")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    verb->add_option("--logit-probability", settings.logitProbability,
            "logits until their probabilities sum to this")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    verb->add_option(
            "--max-features", settings.maxFeatures, "at most so many feature nodes; 0 = all")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    verb->add_option("--node-threshold", settings.nodeThreshold,
            "share of influence that the kept nodes cover")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    verb->add_option("--edge-threshold", settings.edgeThreshold,
            "share of influence that the kept edges cover")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    verb->add_option("--out", job->graphFile, "circuit-tracer's JSON");
    verb->add_option(
        "--tensors", job->tensorFile, "safetensors with the unpruned matrix and scores");
    verb->add_option("--table", job->tableFile, "the kept nodes as CSV");
    verb->add_option("--memory", options->memoryGB,
            "GB that tracing may take; 0 = four fifths of what is free. Where the matrix does not "
            "fit, the features with the most influence are traced")
        ->check(CLI::NonNegativeNumber);
    verb->add_flag("--estimate", options->isEstimate, "says what it would take, and stops");
    verb->add_option("--check", job->checkedFeatures,
            "ablates so many features in the model and holds the effects against the graph's")
        ->check(CLI::Range(0, 100000));
    onChosen(*verb, context,
        [&context, job, ids, options] { return trace(context, *job, *ids, *options); });
}

} // namespace cli
