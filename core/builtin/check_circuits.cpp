// The circuit of the two-hop question: does what the graph shows go by way of the state, do the
// names on it say so, and is it the way the answer is really made?
#include "core/builtin/check_context.h"

#include "core/builtin/states.h"
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/circuits/concept.h"
#include "core/circuits/intervention.h"
#include "core/circuits/strongest_path.h"
#include "core/features/word_index.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "core/store/workspace_reader.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {

/// A feature stands for a state when it tells the prompts about the state's cities from all others
/// this well (0.5 = chance, 1 = all).
constexpr double kTold = 0.95;

std::string capitalOf(const std::string& city)
{
    return "The capital of the state containing " + city + " is";
}

std::string firstLetterOf(const std::string& city)
{
    return "The first letter of " + city + " is";
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

/// How well every feature tells a state's prompts from the others': by state, by layer [features].
Result<std::vector<std::vector<at::Tensor>>> stateScores(const CheckContext& context)
{
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
    std::vector<std::vector<at::Tensor>> scores(states().size());
    for (std::size_t state = 0; state < states().size(); ++state) {
        const at::Tensor isState = owner.eq(static_cast<std::int64_t>(state));
        for (const at::Tensor& layer : *largest)
            scores[state].push_back(
                scoreConcept(layer.index({isState}), layer.index({isState.logical_not()})).score);
    }
    return scores;
}

/// Whether a label says one of the names, each as a row of whole words.
bool says(const std::string& label, const std::vector<std::string>& names)
{
    const auto words = [](std::string_view text) {
        std::string row = " ";
        for (const WordSpan& span : wordsOf({text}))
            row += span.word + " ";
        return row;
    };
    const std::string row = words(label);
    return std::any_of(names.begin(), names.end(),
        [&](const std::string& name) { return row.find(words(name)) != std::string::npos; });
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

struct Counts {
    int throughState = 0, stateNamed = 0, capitalNamed = 0, silenced = 0;
    double replacement = 0;
    std::string notThrough, notState, notCapital, notSilenced;
};

void count(int& counter, std::string& others, bool holds, const std::string& name)
{
    counter += holds;
    if (!holds && others.size() < 160)
        others += (others.empty() ? "; not: " : ", ") + name;
}

} // namespace

Result<Claims> checkCircuits(const CheckContext& context)
{
    const at::NoGradGuard noGrad;
    const auto scores = stateScores(context);
    if (!scores)
        return fail(scores.error());
    auto reader = WorkspaceReader::open(context.workspace);
    if (!reader)
        return fail(reader.error());
    std::vector<StoredDictionary> stored;
    for (const auto& transcoder : context.transcoders) {
        const auto found = (*reader)->dictionary(transcoder->config().name);
        if (!found)
            return fail(found.error());
        stored.push_back(found->value_or(StoredDictionary()));
    }

    Counts counts;
    bool isDallasThroughTexas = false;
    for (std::size_t s = 0; s < states().size(); ++s) {
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
        const AttributionGraph graph = buildGraph(*traced, 0.8, 0.98, {});
        const auto isOfState = [&](const GraphNode& node) {
            return (*scores)[s][node.layer.index()][node.feature.value].item<double>() >= kTold;
        };

        std::vector<std::string> names = state.cities;
        names.push_back(state.name);
        bool isThroughState = false, isStateNamed = false, isCapitalNamed = false;
        for (const std::int32_t index : strongestPath(graph, mostProbableLogit(graph))) {
            const GraphNode& node = graph.nodes[static_cast<std::size_t>(index)];
            if (node.kind != NodeKind::Feature)
                continue;
            const auto label = (*reader)->label({stored[node.layer.index()].id, node.feature});
            if (!label)
                return fail(label.error());
            isThroughState = isThroughState || isOfState(node);
            isStateNamed = isStateNamed || says(label->text, names);
            isCapitalNamed = isCapitalNamed || says(label->text, {state.capital});
        }

        std::vector<FeatureRef> ofState;
        for (std::size_t layer = 0; layer < context.transcoders.size(); ++layer) {
            const at::Tensor told = (*scores)[s][layer].ge(kTold).nonzero().flatten();
            for (std::int64_t i = 0; i < told.size(0); ++i)
                ofState.push_back({context.transcoders[layer]->config().name,
                    FeatureId(told[i].item<std::int64_t>())});
        }
        const auto capital = probability(context, capitalOf(city), state.capital, ofState);
        const auto letter = probability(context, firstLetterOf(city), city.substr(0, 1), ofState);
        if (!capital || !letter)
            return fail(!capital ? capital.error() : letter.error());

        count(counts.throughState, counts.notThrough, isThroughState, city);
        count(counts.stateNamed, counts.notState, isStateNamed, state.name);
        count(counts.capitalNamed, counts.notCapital, isCapitalNamed, state.capital);
        count(counts.silenced, counts.notSilenced, *capital < 0.5 && *letter >= 0.5,
            fmt::format("{} ({:.2f}, letter {:.2f})", city, *capital, *letter));
        if (city == "Dallas")
            isDallasThroughTexas = isThroughState;
        counts.replacement += traced->scores.replacement;
    }
    const auto all = static_cast<double>(states().size());
    const auto of = [&](int counter, const std::string& others) {
        return fmt::format("{} of {} states, each by the city whose capital training never "
                           "composed{}",
            counter, states().size(), others);
    };
    constexpr double kMost = 28.0 / 32.0;
    return Claims{
        {"circuits: strongest path from Dallas to Austin runs through a feature of Texas",
            isDallasThroughTexas ? 1.0 : 0.0, 1, false, true,
            "the feature tells the prompts about Texan cities from those about all others"},
        {"circuits: strongest path of a two-hop answer runs through a feature of the state",
            counts.throughState / all, 0.9, false, false,
            of(counts.throughState, counts.notThrough)},
        {"circuits: a label on the strongest path names the state or its cities",
            counts.stateNamed / all, kMost, false, false, of(counts.stateNamed, counts.notState)},
        {"circuits: a label on the strongest path names the capital", counts.capitalNamed / all,
            kMost, false, false, of(counts.capitalNamed, counts.notCapital)},
        {"circuits: without the state's features the capital is lost, the city's first letter not",
            counts.silenced / all, kMost, false, false,
            "capital below 0.5, letter at least 0.5; " + of(counts.silenced, counts.notSilenced)},
        {"circuits: replacement score of two-hop graphs", counts.replacement / all, 0.9, false,
            false, of(static_cast<int>(states().size()), "")}};
}

} // namespace core
