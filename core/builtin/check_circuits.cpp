// The circuit of the two-hop question: does what the graph shows go by way of the state?
#include "core/builtin/check_context.h"

#include "core/builtin/states.h"
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/circuits/concept.h"
#include "core/circuits/explain/explain.h"
#include "core/circuits/strongest_path.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "core/store/workspace_reader.h"
#include "core/text/search_words.h"

#include <algorithm>
#include <map>

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

/// Whether a text says one of the names, each as a row of whole words.
bool says(const std::string& text, const std::vector<std::string>& names)
{
    const auto words = [](std::string_view spoken) {
        std::string row = " ";
        for (const SearchWord& word : searchWords(spoken))
            row += word.text + " ";
        return row;
    };
    const std::string row = words(text);
    return std::any_of(names.begin(), names.end(),
        [&](const std::string& name) { return row.find(words(name)) != std::string::npos; });
}

/// What the workspace knows of the transcoders' features.
class Names {
public:
    static Result<Names> open(const CheckContext& context)
    {
        auto reader = WorkspaceReader::open(context.workspace);
        if (!reader)
            return fail(reader.error());
        Names names;
        for (const auto& transcoder : context.transcoders) {
            const auto stored = (*reader)->dictionary(transcoder->config().name);
            if (!stored)
                return fail(stored.error());
            if (!*stored)
                return fail(Error::Code::NotFound,
                    context.workspace.string() + ": " + transcoder->config().name
                        + " was not harvested.");
            names.m_ids[transcoder->config().name] = (*stored)->id;
        }
        const auto vocabulary = (*reader)->vocabulary();
        if (!vocabulary)
            return fail(vocabulary.error());
        names.m_vocabulary = *vocabulary;
        names.m_reader = std::move(*reader);
        return names;
    }

    /// With label and promoted tokens; empty where they cannot be read.
    FeatureRow row(const FeatureRef& feature) const
    {
        FeatureRow row;
        row.feature = feature;
        const FeatureKey key{m_ids.at(feature.dictionary), feature.feature};
        if (const auto label = m_reader->label(key))
            row.label = *label;
        if (const auto effects = m_reader->effects(key))
            for (const auto& [token, effect] : effects->positive)
                row.promoted.push_back((*m_vocabulary)[token.index()]);
        return row;
    }

    ExplainSources sources() const
    {
        ExplainSources sources;
        sources.row = [this](const FeatureRef& feature) { return row(feature); };
        sources.tokenText = [this](TokenId token) { return (*m_vocabulary)[token.index()]; };
        sources.vocabulary = static_cast<std::int64_t>(m_vocabulary->size());
        return sources;
    }

private:
    std::unique_ptr<WorkspaceReader> m_reader;
    std::map<std::string, std::int32_t> m_ids;
    std::shared_ptr<const std::vector<std::string>> m_vocabulary;
};

/// A count of graphs, and the first of those that do not count.
struct Tally {
    int count = 0;
    std::string others;

    void add(bool holds, const std::string& name)
    {
        count += holds;
        if (!holds && others.size() < 120)
            others += (others.empty() ? "; not: " : ", ") + name;
    }

    MeasuredClaim claim(const char* what, int graphs, double required) const
    {
        return {what, static_cast<double>(count) / graphs, required, false, false,
            std::to_string(count) + " of " + std::to_string(graphs) + " graphs" + others};
    }
};

/// Few boxes, among them the city's word, one whose name says the state, and the capital.
bool isToldStory(const Explanation& told, const std::string& city, const StateFacts& state)
{
    constexpr std::size_t kMost = 7;
    const auto has = [&](NodeKind kind, const std::string& name) {
        return std::any_of(told.boxes.begin(), told.boxes.end(),
            [&](const ExplainedBox& box) { return box.kind == kind && says(box.name, {name}); });
    };
    return told.boxes.size() <= kMost && has(NodeKind::Token, city)
        && has(NodeKind::Feature, state.name)
        && (has(NodeKind::Logit, state.capital) || has(NodeKind::Feature, state.capital));
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

    const auto names = Names::open(context);
    if (!names)
        return fail(names.error());
    const ExplainSources sources = names->sources();

    int paths = 0;
    bool isDallasThroughTexas = false;
    double replacement = 0.0;
    Tally through, stateNamed, capitalNamed, told;
    for (std::size_t state = 0; state < states().size(); ++state) {
        const StateFacts& facts = states()[state];
        std::vector<std::string> stateNames = facts.cities;
        stateNames.push_back(facts.name);
        std::vector<at::Tensor> scores;
        const at::Tensor isState = owner.eq(static_cast<std::int64_t>(state));
        for (const at::Tensor& layer : *largest)
            scores.push_back(
                scoreConcept(layer.index({isState}), layer.index({isState.logical_not()})).score);
        for (std::size_t index = 0; index < 2; ++index) {
            const std::string& city = facts.cities[index];
            const auto ids = context.encode(capitalOf(city));
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
            ExplainRequest request;
            request.graph = std::make_shared<const AttributionGraph>(
                buildGraph(*traced, 0.8, 0.98, [&](const GraphNode& node) {
                    return node.kind == NodeKind::Feature
                        ? names->row({node.dictionary, node.feature}).label.text
                        : sources.tokenText(node.token);
                }));
            const AttributionGraph& graph = *request.graph;
            const std::int32_t answer = mostProbableLogit(graph);
            bool isThrough = false, isStateNamed = false, isCapitalNamed = false;
            for (const std::int32_t on : strongestPath(graph, answer)) {
                const GraphNode& node = graph.nodes[static_cast<std::size_t>(on)];
                if (node.kind != NodeKind::Feature)
                    continue;
                isThrough = isThrough
                    || scores[node.layer.index()][node.feature.value].item<double>() >= kTold;
                isStateNamed = isStateNamed || says(node.label, stateNames);
                isCapitalNamed = isCapitalNamed || says(node.label, {facts.capital});
            }
            const auto explained = explainGraph(request, answer, traced->matrix, *context.model,
                context.transcoders, sources, {}, context.stop);
            if (!explained && explained.error().code != Error::Code::NotFound)
                return fail(explained.error());
            ++paths;
            through.add(isThrough, city);
            stateNamed.add(isStateNamed, city);
            capitalNamed.add(isCapitalNamed, city);
            told.add(explained && isToldStory(*explained, city, facts), city);
            if (city == "Dallas")
                isDallasThroughTexas = isThrough;
            replacement += traced->scores.replacement;
        }
    }
    constexpr double kMost = 28.0 / 32.0;
    return Claims{
        {"circuits: strongest path from Dallas to Austin runs through a feature of Texas",
            isDallasThroughTexas ? 1.0 : 0.0, 1, false, true,
            "the feature tells the prompts about Texan cities from those about all others"},
        through.claim("circuits: strongest path of a two-hop answer runs through a feature of the "
                      "state",
            paths, 0.9),
        stateNamed.claim(
            "circuits: a label on the strongest path names the state or its cities", paths, kMost),
        capitalNamed.claim(
            "circuits: a label on the strongest path names the capital", paths, kMost),
        told.claim("explanations: at most 7 boxes with the city, the state and the capital by "
                   "their names",
            paths, kMost),
        {"circuits: replacement score of two-hop graphs", replacement / paths, 0.7, false, true,
            "mean over " + std::to_string(paths) + " graphs"}};
}

} // namespace core
