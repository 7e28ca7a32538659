#include "app/cli/context.h"

#include <fmt/format.h>

namespace cli {

namespace {

int trace(const Context& context, core::TraceJob job, const std::string& ids)
{
    job.request.ids = parseIds(ids);
    const auto graph = core::traceJob(job, context.control());
    if (!graph)
        return report(graph.error());
    context.print(
        {{"n_nodes", graph->nodes.size()}, {"n_edges", graph->edges.size()},
            {"n_nodes_unpruned", graph->unprunedNodes}, {"n_edges_unpruned", graph->unprunedEdges},
            {"replacement_score", graph->replacementScore},
            {"completeness_score", graph->completenessScore}, {"error_share", graph->errorShare},
            {"seconds", graph->seconds}},
        fmt::format("{} of {} nodes and {} of {} edges kept in {:.2f} s\nreplacement score {:.3f}, "
                    "completeness {:.3f}, error share {:.3f}",
            graph->nodes.size(), graph->unprunedNodes, graph->edges.size(), graph->unprunedEdges,
            graph->seconds, graph->replacementScore, graph->completenessScore, graph->errorShare));
    return kDone;
}

} // namespace

void addTraceVerb(CLI::App& app, Context& context)
{
    auto job = std::make_shared<core::TraceJob>();
    auto ids = std::make_shared<std::string>();
    core::TraceSettings& settings = job->request.settings;
    CLI::App* verb = app.add_subcommand("trace", "an attribution graph over transcoders");
    verb->add_option("MODEL", job->model, "a Hugging Face folder, or builtin")->required();
    verb->add_option("--dictionary", job->dictionaries,
            "a transcoder set; may be repeated. builtin brings its own")
        ->allow_extra_args(false);
    auto* input = verb->add_option_group("input");
    input->add_option("--prompt", job->request.prompt, "the prompt");
    input->add_option("--ids", *ids, "token ids, 1,2,3");
    input->require_option(1);
    verb->add_option("--target", job->targets,
            "a token to explain instead of the most probable ones; may be repeated")
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
    onChosen(*verb, context, [&context, job, ids] { return trace(context, *job, *ids); });
}

} // namespace cli
