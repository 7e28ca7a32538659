#include "core/api/check_graph.h"

#include "core/circuits/perturbation_check.h"
#include "core/engine/graph_setup.h"
#include "core/engine/request_table.h"

#include <chrono>

#include <fmt/format.h>

namespace core {

namespace {

std::string noteOf(const TracedGraph& traced, const CheckRequest& request, int counted, int changed)
{
    std::string note;
    const auto add
        = [&note](const std::string& sentence) { note += (note.empty() ? "" : " ") + sentence; };
    if (changed < request.features)
        add(fmt::format("The graph has {} features with influence; all were changed.", changed));
    if (counted < changed)
        add(fmt::format("{} of them have no later feature of the graph to act on and do not count "
                        "in the cosine.",
            changed - counted));
    if (!traced.matrix.method.empty())
        add("Over residual SAEs the graph holds what no feature explains fixed; the model does "
            "not.");
    return note;
}

} // namespace

Result<PerturbationCheck> run(
    const CheckRequest& request, const LoadedModel& model, Context& context)
{
    auto found = context.bench.graphs.find(request.graph);
    if (!found)
        return fail(found.error());
    const TracedGraph& traced = **found;
    if (traced.model != model.info.name)
        return fail(Error::Code::Unsupported,
            "This graph was made by " + traced.model + ". Open that model to check it.");
    const NodeLabel label = nodeLabels(model, context.rows().lookup());
    const auto begin = std::chrono::steady_clock::now();
    if (request.features < 1)
        return fail(Error::Code::Unsupported,
            fmt::format("{} features cannot be checked. Choose at least one.", request.features));
    const auto dictionaries = swapDictionaries(model, traced.matrix.dictionaries);
    if (!dictionaries)
        return fail(dictionaries.error());
    PerturbationOptions options;
    options.features = request.features;
    options.factor = request.factor;
    options.stop = context.stop;
    options.progress = context.progress;
    const auto perturbed = perturbFeatures(
        *model.transformer, *dictionaries, traced.matrix, traced.influence, options);
    if (!perturbed)
        return fail(perturbed.error());
    const auto summary = summaryOf(traced.matrix, traced.influence, *perturbed);

    PerturbationCheck out;
    out.request = request;
    for (const AgreementAtDistance& one : summary.byDistance)
        out.byDistance.push_back({one.layers, one.features, one.cosine, one.normRatio});
    out.meanCosine = summary.meanCosine;
    out.spearman = summary.spearman;
    for (const PerturbedFeature& one : *perturbed) {
        const GraphNode node = traced.matrix.node(one.node);
        PerturbationCheck::Point point;
        point.at = {node.layer, node.position, node.feature};
        if (label)
            point.label = label(node);
        point.influence
            = static_cast<float>(traced.influence.influence[static_cast<std::size_t>(one.node)]);
        point.effect = static_cast<float>(one.effect);
        out.points.push_back(std::move(point));
    }
    out.note = noteOf(traced, request, summary.features, static_cast<int>(perturbed->size()));
    out.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return out;
}

const Handles<CheckRequest> kCheckGraph(Runs::AsAStudy, run);

} // namespace core
