// The circuit of the two-hop question: does what the graph shows go by way of the state, do the
// names on it say so, and is it the way the answer is really made?
#include "core/builtin/check_context.h"

#include "core/builtin/states.h"
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/circuits/concept.h"
#include "core/circuits/explain/explain.h"
#include "core/circuits/intervention.h"
#include "core/circuits/strongest_path.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "core/store/workspace_reader.h"
#include "core/text/search_words.h"

#include <algorithm>
#include <map>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

/// A feature stands for a state when at the city or at the prompt's end it tells the prompts about
/// the state's cities, whatever is asked, from all others this well (0.5 = chance, 1 = all).
constexpr double kTold = 0.95;
/// The prompt ends "... Dallas is".
constexpr std::int64_t kCityFromEnd = 2, kPlaces = 2;

std::string capitalOf(const std::string& city)
{
    return twoHopPrompt(StateRelation::Capital, city);
}

std::string countryOf(const std::string& city)
{
    return "The country containing " + city + " is";
}

/// The city whose capital no training text ever composed.
const std::string& heldOutCity(std::size_t state)
{
    const auto& cities = states()[state].cities;
    for (std::size_t city = 0; city < cities.size(); ++city)
        if (isHeldOut(state, city, StateRelation::Capital))
            return cities[city];
    return cities.front();
}

/// Activations of every feature at each prompt's last tokens: by layer [prompts, kPlaces,
/// features].
Result<std::vector<at::Tensor>> endActivations(
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
            rows[l].push_back(context.transcoders[l]->activations(
                run->cache.at(points[l])[0].slice(0, -kPlaces)));
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

/// How well every feature tells a state's prompts from the others': by state, by layer [features].
Result<std::vector<std::vector<at::Tensor>>> stateScores(const CheckContext& context)
{
    std::vector<std::string> prompts;
    std::vector<std::int64_t> stateOf;
    for (std::size_t state = 0; state < states().size(); ++state)
        for (const std::string& city : states()[state].cities)
            for (const auto relation :
                {StateRelation::Capital, StateRelation::Nickname, StateRelation::Flower}) {
                prompts.push_back(twoHopPrompt(relation, city));
                stateOf.push_back(static_cast<std::int64_t>(state));
            }
    const auto ends = endActivations(context, prompts);
    if (!ends)
        return fail(ends.error());
    const at::Tensor owner = at::tensor(stateOf);
    std::vector<std::vector<at::Tensor>> scores(states().size());
    for (std::size_t state = 0; state < states().size(); ++state) {
        const at::Tensor isState = owner.eq(static_cast<std::int64_t>(state));
        for (const at::Tensor& layer : *ends) {
            at::Tensor best = at::zeros({layer.size(2)}, at::kDouble);
            for (std::int64_t place = 0; place < kPlaces; ++place) {
                const at::Tensor here = layer.select(1, place);
                best = at::maximum(best,
                    scoreConcept(here.index({isState}), here.index({isState.logical_not()})).score);
            }
            scores[state].push_back(best);
        }
    }
    return scores;
}

/// The probability of the first token of `answer` after a prompt, with the features silenced
/// wherever they fire.
Result<double> probability(const CheckContext& context, const std::string& prompt,
    const std::string& answer, const std::vector<FeatureRef>& silenced)
{
    const auto ids = context.encode(prompt);
    const auto said = context.tokenizer->encode(" " + answer, false);
    if (!ids || !said)
        return fail(!ids ? ids.error() : said.error());
    std::vector<Intervention> changes;
    for (const FeatureRef& feature : silenced) {
        Intervention change;
        change.feature = feature;
        change.mode = InterventionMode::Ablate;
        changes.push_back(change);
    }
    InterventionOptions free;
    free.freezeAttention = false;
    free.stop = context.stop;
    const auto run = intervene(*context.model, context.transcoders, *ids, changes, free);
    if (!run)
        return fail(run.error());
    return at::softmax(run->logits[-1], -1)[said->ids.front().value].item<double>();
}

/// One state's graph, by the city whose capital no training text ever composed.
struct StateGraph {
    bool isThroughState = false, isStateNamed = false, isCapitalNamed = false, isTold = false;
    double replacement = 0;
};

std::int32_t tokenNode(const AttributionGraph& graph, std::int64_t position)
{
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
        if (graph.nodes[i].kind == NodeKind::Token && graph.nodes[i].position.value == position)
            return static_cast<std::int32_t>(i);
    return -1;
}

Result<StateGraph> traceState(const CheckContext& context, const Names& names, std::size_t s,
    const std::vector<at::Tensor>& scores)
{
    const StateFacts& state = states()[s];
    const std::string& city = heldOutCity(s);
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
    const ExplainSources sources = names.sources();
    ExplainRequest request;
    auto built = buildGraph(*traced, 0.8, 0.98, [&](const GraphNode& node) {
        return node.kind == NodeKind::Feature
            ? names.row({node.dictionary, node.feature}).label.text
            : sources.tokenText(node.token);
    });
    for (const TokenId id : *ids)
        built.promptTokens.push_back(sources.tokenText(id));
    request.graph = std::make_shared<const AttributionGraph>(std::move(built));

    StateGraph found;
    found.replacement = traced->scores.replacement;
    std::vector<std::string> stateNames = state.cities;
    stateNames.push_back(state.name);
    const AttributionGraph& graph = *request.graph;
    const std::int32_t answer = mostProbableLogit(graph);
    const auto cityPosition = static_cast<std::int64_t>(ids->size()) - kCityFromEnd;
    std::vector<std::int32_t> path = strongestWay(graph, tokenNode(graph, cityPosition), answer);
    const auto isNamed = [&](const std::vector<std::string>& names) {
        return std::any_of(path.begin(), path.end(), [&](std::int32_t on) {
            const GraphNode& node = graph.nodes[static_cast<std::size_t>(on)];
            return node.kind == NodeKind::Feature && says(node.label, names);
        });
    };
    found.isThroughState = std::any_of(path.begin(), path.end(), [&](std::int32_t on) {
        const GraphNode& node = graph.nodes[static_cast<std::size_t>(on)];
        return node.kind == NodeKind::Feature
            && scores[node.layer.index()][node.feature.value].item<double>() >= kTold;
    });
    const auto back = strongestPath(graph, answer);
    path.insert(path.end(), back.begin(), back.end());
    found.isStateNamed = isNamed(stateNames);
    found.isCapitalNamed = isNamed({state.capital});
    const auto explained = explainGraph(request, answer, traced->matrix, *context.model,
        context.transcoders, sources, {}, context.stop);
    if (!explained && explained.error().code != Error::Code::NotFound)
        return fail(explained.error());
    found.isTold = explained && isToldStory(*explained, city, state);
    return found;
}

/// Whether the answer is made by the state's features: without them the capital is lost, and what
/// else is known of the city is not.
struct Silenced {
    double capital = 0, country = 0;

    bool holds() const { return capital < 0.5 && country >= 0.5; }
};

Result<Silenced> silenceState(
    const CheckContext& context, std::size_t s, const std::vector<at::Tensor>& scores)
{
    std::vector<FeatureRef> ofState;
    for (std::size_t layer = 0; layer < context.transcoders.size(); ++layer) {
        const at::Tensor told = scores[layer].ge(kTold).nonzero().flatten();
        for (std::int64_t i = 0; i < told.size(0); ++i)
            ofState.push_back({context.transcoders[layer]->config().name,
                FeatureId(told[i].item<std::int64_t>())});
    }
    const std::string& city = heldOutCity(s);
    const auto capital = probability(context, capitalOf(city), states()[s].capital, ofState);
    const auto country = probability(context, countryOf(city), countries().front().name, ofState);
    if (!capital || !country)
        return fail(!capital ? capital.error() : country.error());
    return Silenced{*capital, *country};
}

} // namespace

Result<Claims> checkCircuits(const CheckContext& context)
{
    const at::NoGradGuard noGrad;
    const auto scores = stateScores(context);
    if (!scores)
        return fail(scores.error());
    const auto names = Names::open(context);
    if (!names)
        return fail(names.error());
    bool isDallasThroughTexas = false;
    double replacement = 0.0;
    Tally through, stateNamed, capitalNamed, silenced, told;
    for (std::size_t s = 0; s < states().size(); ++s) {
        const std::string& city = heldOutCity(s);
        const auto graph = traceState(context, *names, s, (*scores)[s]);
        if (!graph)
            return fail(graph.error());
        const auto without = silenceState(context, s, (*scores)[s]);
        if (!without)
            return fail(without.error());
        through.add(graph->isThroughState, city);
        stateNamed.add(graph->isStateNamed, city);
        capitalNamed.add(graph->isCapitalNamed, city);
        told.add(graph->isTold, city);
        silenced.add(without->holds(),
            fmt::format("{} ({:.2f}, country {:.2f})", city, without->capital, without->country));
        if (city == "Dallas")
            isDallasThroughTexas = graph->isThroughState;
        replacement += graph->replacement;
    }
    const auto graphs = static_cast<int>(states().size());
    constexpr double kMost = 28.0 / 32.0;
    return Claims{
        {"circuits: strongest way from Dallas to Austin runs through a feature of Texas",
            isDallasThroughTexas ? 1.0 : 0.0, 1, false, true,
            "the feature tells the prompts about Texan cities from those about all others"},
        through.claim("circuits: strongest way from the city to a two-hop answer runs through a "
                      "feature of the state",
            graphs, 0.9),
        stateNamed.claim("circuits: a label on that way, or on the path back from the answer, "
                         "names the state or "
                         "its cities",
            graphs, kMost),
        capitalNamed.claim(
            "circuits: a label on that way, or on the path back, names the capital", graphs, kMost),
        silenced.claim("circuits: without the state's features the capital is lost (below 0.5), "
                       "the city's country not",
            graphs, kMost),
        told.claim("explanations: at most 7 boxes with the city, the state and the capital by "
                   "their names",
            graphs, kMost),
        {"circuits: replacement score of two-hop graphs", replacement / graphs, 0.9, false, false,
            "mean over " + std::to_string(graphs) + " graphs"}};
}

} // namespace core
