// The circuit of the two-hop question: does what the graph shows go by way of the state?
#include "core/builtin/check_context.h"

#include "core/builtin/states.h"
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/circuits/concept.h"
#include "core/circuits/strongest_path.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"

#include <ATen/ATen.h>

namespace core {

namespace {

/// A feature stands for a state when it tells the prompts about the state's cities from all others
/// this well (0.5 = chance, 1 = all).
constexpr double kTold = 0.95;

std::string capitalOf(const std::string& city)
{
    return "The capital of the state containing " + city + " is";
}

/// Each prompt's largest activation of every feature, BOS left out: by layer [prompts, features].
Result<std::vector<at::Tensor>> largestActivations(
    const CheckContext& context, const std::vector<std::string>& prompts)
{
    std::vector<HookPoint> points;
    for (const auto& transcoder : context.transcoders)
        points.push_back(transcoder->config().hookIn);
    std::vector<std::vector<at::Tensor>> rows(points.size());
    ForwardOptions options;
    options.stop = context.stop;
    for (const std::string& prompt : prompts) {
        const auto ids = context.encode(prompt);
        if (!ids)
            return fail(ids.error());
        const auto run = runWithCache(*context.model, idsTensor(*ids), points, {}, options);
        if (!run)
            return fail(run.error());
        for (std::size_t l = 0; l < points.size(); ++l)
            rows[l].push_back(context.transcoders[l]
                                  ->activations(run->cache.at(points[l])[0].slice(0, 1))
                                  .amax(0));
    }
    std::vector<at::Tensor> out;
    for (const auto& layer : rows)
        out.push_back(at::stack(layer));
    return out;
}

} // namespace

Result<Claims> checkCircuits(const CheckContext& context)
{
    const at::NoGradGuard noGrad;
    std::vector<std::string> prompts;
    std::vector<std::int64_t> stateOf;
    for (std::size_t state = 0; state < states().size(); ++state)
        for (const std::string& city : states()[state].cities) {
            prompts.push_back(capitalOf(city));
            stateOf.push_back(static_cast<std::int64_t>(state));
        }
    const auto largest = largestActivations(context, prompts);
    if (!largest)
        return fail(largest.error());
    const at::Tensor owner = at::tensor(stateOf);

    int paths = 0, throughState = 0;
    bool isDallasThroughTexas = false;
    double replacement = 0.0;
    std::string others;
    for (std::size_t state = 0; state < states().size(); ++state) {
        std::vector<at::Tensor> scores;
        const at::Tensor isState = owner.eq(static_cast<std::int64_t>(state));
        for (const at::Tensor& layer : *largest)
            scores.push_back(
                scoreConcept(layer.index({isState}), layer.index({isState.logical_not()})).score);
        for (std::size_t city = 0; city < 2; ++city) {
            const std::string prompt = capitalOf(states()[state].cities[city]);
            const auto ids = context.encode(prompt);
            if (!ids)
                return fail(ids.error());
            AttributionOptions options;
            options.stop = context.stop;
            auto matrix = attribute(context.model, context.transcoders, *ids, options);
            if (!matrix)
                return fail(matrix.error());
            const auto traced = analyzeGraph(std::move(*matrix));
            if (!traced)
                return fail(traced.error());
            const AttributionGraph graph = buildGraph(*traced, 0.8, 0.98, {});
            bool isThroughState = false;
            for (const std::int32_t index : strongestPath(graph, mostProbableLogit(graph))) {
                const GraphNode& node = graph.nodes[static_cast<std::size_t>(index)];
                isThroughState = isThroughState
                    || (node.kind == NodeKind::Feature
                        && scores[node.layer.index()][node.feature.value].item<double>() >= kTold);
            }
            ++paths;
            throughState += isThroughState;
            if (states()[state].cities[city] == "Dallas")
                isDallasThroughTexas = isThroughState;
            replacement += traced->scores.replacement;
            if (!isThroughState && others.size() < 120)
                others += (others.empty() ? "; not: " : ", ") + states()[state].cities[city];
        }
    }
    return Claims{
        {"circuits: strongest path from Dallas to Austin runs through a feature of Texas",
            isDallasThroughTexas ? 1.0 : 0.0, 1, false, true,
            "the feature tells the prompts about Texan cities from those about all others"},
        {"circuits: strongest path of a two-hop answer runs through a feature of the state",
            static_cast<double>(throughState) / paths, 0.9, false, false,
            std::to_string(throughState) + " of " + std::to_string(paths) + " graphs" + others},
        {"circuits: replacement score of two-hop graphs", replacement / paths, 0.7, false, true,
            "mean over " + std::to_string(paths) + " graphs"}};
}

} // namespace core
