// Attribution against circuit-tracer's own (float64, rounded) on the tiny models.
#include "core/circuits/attribution.h"
#include "core/circuits/build_graph.h"
#include "core/circuits/graph_file.h"
#include "core/circuits/pruning.h"
#include "tests/core/circuits/graph_case.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;
using tests::expectNear;
using tests::toDoubles;

class AttributionOracle : public testing::TestWithParam<const char*> {
protected:
    static AttributionOptions optionsOf(const tests::GraphCase& oracle)
    {
        AttributionOptions options;
        options.settings.maxLogits = oracle.json["attribute_kwargs"]["max_n_logits"];
        options.settings.logitProbability = oracle.json["attribute_kwargs"]["desired_logit_prob"];
        return options;
    }
};

TEST_P(AttributionOracle, EveryNumberAgrees)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto replacement = buildReplacementModel(oracle.model, oracle.transcoders, oracle.ids);
    ASSERT_TRUE(replacement) << replacement.error().message;
    expectNear(toDoubles(replacement->logits), oracle.expected["logits"], 5e-5, "logits");
    expectNear(toDoubles(replacement->tokenVectors), oracle.expected["token_vectors"], 1e-6,
        "token vectors");
    std::vector<double> errors;
    for (const ReplacementLayer& layer : replacement->layers)
        for (const double value : toDoubles(layer.errors))
            errors.push_back(value);
    expectNear(errors, oracle.expected["error_vectors"], 2e-5, "error vectors");

    const auto matrix = attribute(*replacement, optionsOf(oracle));
    ASSERT_TRUE(matrix) << matrix.error().message;
    std::vector<double> features, activations, tokens, probabilities;
    for (const GraphFeature& f : matrix->features) {
        features.insert(features.end(),
            {static_cast<double>(f.at.layer.value), static_cast<double>(f.at.position.value),
                static_cast<double>(f.at.feature.value)});
        activations.push_back(f.activation);
    }
    for (const GraphLogit& logit : matrix->logits) {
        tokens.push_back(logit.token.value);
        probabilities.push_back(logit.probability);
    }
    expectNear(features, oracle.expected["active_features"], 0, "active features");
    expectNear(activations, oracle.expected["activation_values"], 2e-5, "activation values");
    expectNear(tokens, oracle.expected["logit_token_ids"], 0, "logit tokens");
    expectNear(probabilities, oracle.expected["logit_probabilities"], 1e-5, "logit probabilities");
    expectNear({matrix->adjacency.begin(), matrix->adjacency.end()},
        oracle.expected["adjacency_matrix"], 2e-5, "adjacency");
    expectNear(matrix->logitWeights(), oracle.expected["logit_weights"], 1e-5, "logit weights");
}

TEST_P(AttributionOracle, InfluenceScoresAndPruningAgree)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto matrix = attribute(oracle.model, oracle.transcoders, oracle.ids, optionsOf(oracle));
    ASSERT_TRUE(matrix) << matrix.error().message;
    const auto influence = computeInfluence(*matrix);
    ASSERT_TRUE(influence);
    expectNear(influence->influence, oracle.expected["node_influence"], 1e-5, "influence");
    expectNear(
        influence->cumulative, oracle.expected["prune.cumulative_scores"], 2e-5, "cumulative");
    const GraphScores scores = graphScores(*matrix, *influence);
    EXPECT_NEAR(scores.replacement, oracle.json["replacement_score"].get<double>(), 1e-5);
    EXPECT_NEAR(scores.completeness, oracle.json["completeness_score"].get<double>(), 1e-5);
    const auto n = static_cast<std::size_t>(matrix->size());
    for (const auto& prune : oracle.json["prune"]) {
        const double node = prune["node_threshold"], edge = prune["edge_threshold"];
        const std::string key = fmt::format("prune_{}_{}", node, edge);
        const Pruned pruned = pruneGraph(*matrix, *influence, node, edge);
        std::vector<double> mask(n * n, 0.0);
        for (const GraphEdge& e : pruned.edges)
            mask[static_cast<std::size_t>(e.target) * n + static_cast<std::size_t>(e.source)] = 1.0;
        expectNear({pruned.isKept.begin(), pruned.isKept.end()},
            oracle.expected[key + ".node_mask"], 0, key);
        expectNear(mask, oracle.expected[key + ".edge_mask"], 0, key);
    }
}

/// Equal but for the last digits of numbers, which come from another float32 run.
void expectSimilar(
    const nlohmann::json& actual, const nlohmann::json& expected, const std::string& where)
{
    if (expected.is_number_float() && actual.is_number()) {
        EXPECT_NEAR(actual.get<double>(), expected.get<double>(), 5e-5) << where;
        return;
    }
    if (expected.is_object() && actual.is_object()) {
        for (const auto& [key, value] : expected.items())
            expectSimilar(actual.value(key, nlohmann::json()), value, where + "." + key);
        return;
    }
    if (expected.is_array() && actual.is_array()) {
        ASSERT_EQ(actual.size(), expected.size()) << where;
        for (std::size_t i = 0; i < expected.size(); ++i)
            expectSimilar(actual[i], expected[i], fmt::format("{}[{}]", where, i));
        return;
    }
    EXPECT_EQ(actual, expected) << where;
}

TEST_P(AttributionOracle, ExportedJsonIsCircuitTracers)
{
    const std::string name = GetParam();
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", name));
    const tests::GraphCase oracle(name);
    ASSERT_TRUE(oracle.model);
    auto matrix = attribute(oracle.model, oracle.transcoders, oracle.ids, optionsOf(oracle));
    ASSERT_TRUE(matrix) << matrix.error().message;
    auto traced = analyzeGraph(std::move(*matrix));
    ASSERT_TRUE(traced);
    const auto text = [](TokenId id) { return fmt::format("<{}>", id.value); };
    traced->matrix.dictionaries.clear(); // The reference run names none.
    traced->model = fmt::format("oracle-{}", name);
    for (const TokenId id : oracle.ids) {
        traced->promptTokens.push_back(text(id));
        traced->prompt += text(id);
    }
    const AttributionGraph graph = buildGraph(*traced, 0.8, 0.98, [&](const GraphNode& node) {
        return node.kind == NodeKind::Feature ? std::string() : text(node.token);
    });
    const auto byId = [](nlohmann::json json) {
        std::sort(json["nodes"].begin(), json["nodes"].end(), [](const auto& a, const auto& b) {
            return std::pair(a["node_id"], a["feature_type"])
                < std::pair(b["node_id"], b["feature_type"]);
        });
        std::sort(json["links"].begin(), json["links"].end(), [](const auto& a, const auto& b) {
            return std::pair(a["source"], a["target"]) < std::pair(b["source"], b["target"]);
        });
        return json;
    };
    const auto expected = byId(tests::oracleJson(oracle.folder / "graph_json" / (name + ".json")));
    expectSimilar(byId(nlohmann::json::parse(graphJson(graph, name))), expected, name);
}

TEST_P(AttributionOracle, LimitedFeaturesAreRowsAndColumnsOfTheWhole)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    AttributionOptions options = optionsOf(oracle);
    const auto whole = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    options.settings.maxFeatures = 40;
    options.selectAtATime = 16;
    const auto part = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    ASSERT_TRUE(part) << part.error().message;
    ASSERT_EQ(part->features.size(), 40u);
    EXPECT_EQ(part->activeFeatures, std::ssize(whole->features));
    std::vector<std::int64_t> place;
    for (const GraphFeature& f : part->features) {
        const auto found = std::find_if(whole->features.begin(), whole->features.end(),
            [&](const GraphFeature& g) { return g.at == f.at; });
        place.push_back(found - whole->features.begin());
    }
    EXPECT_TRUE(std::is_sorted(place.begin(), place.end()));
    for (std::int64_t i = part->firstError(); i < part->size(); ++i)
        place.push_back(i - part->firstError() + whole->firstError());
    for (std::int64_t t = 0; t < part->size(); ++t)
        for (std::int64_t s = 0; s < part->size(); ++s)
            ASSERT_NEAR(part->row(t)[static_cast<std::size_t>(s)],
                whole->row(place[static_cast<std::size_t>(t)])[static_cast<std::size_t>(
                    place[static_cast<std::size_t>(s)])],
                1e-5);
    // The first batch is what the logit rows alone rank highest.
    options.settings.maxFeatures = 16;
    const auto first = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    std::vector<double> direct(whole->features.size(), 0.0);
    for (std::size_t k = 0; k < whole->logits.size(); ++k) {
        const auto row = whole->row(whole->firstLogit() + static_cast<std::int64_t>(k));
        double sum = 0.0;
        for (const float w : row)
            sum += std::abs(static_cast<double>(w));
        for (std::size_t f = 0; f < direct.size(); ++f)
            direct[f] += whole->logits[k].probability * std::abs(static_cast<double>(row[f])) / sum;
    }
    std::vector<double> ranked = direct;
    std::sort(ranked.rbegin(), ranked.rend());
    for (const GraphFeature& f : first->features) {
        const auto found = std::find_if(whole->features.begin(), whole->features.end(),
            [&](const GraphFeature& g) { return g.at == f.at; });
        EXPECT_GE(direct[static_cast<std::size_t>(found - whole->features.begin())],
            ranked[15] * (1 - 1e-6));
    }
}

TEST_P(AttributionOracle, GivenTargetsAreRowsOfTheirOwn)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    AttributionOptions options = optionsOf(oracle);
    const auto whole = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    options.targets = {{whole->logits[2].token}, {whole->logits[0].token}};
    const auto two = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    ASSERT_TRUE(two) << two.error().message;
    ASSERT_EQ(two->logits.size(), 2u);
    EXPECT_NEAR(two->logits[0].probability, whole->logits[2].probability, 1e-12);
    for (std::int64_t s = 0; s < two->firstLogit(); ++s)
        ASSERT_NEAR(two->row(two->firstLogit())[static_cast<std::size_t>(s)],
            whole->row(whole->firstLogit() + 2)[static_cast<std::size_t>(s)], 1e-5);
    for (const TraceTarget& wrong : {TraceTarget{TokenId(1'000'000)},
             TraceTarget{TokenId(0), TokenId(1'000'000)}, TraceTarget{},
             TraceTarget{TokenId(0), {}, Position(static_cast<int>(oracle.ids.size()))}}) {
        options.targets = {wrong};
        EXPECT_FALSE(attribute(oracle.model, oracle.transcoders, oracle.ids, options));
    }
}

TEST_P(AttributionOracle, ADifferenceIsTheDifferenceOfTwoRows)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    AttributionOptions options = optionsOf(oracle);
    const TokenId a(3), b(7);
    options.targets = {{a}, {b}, {a, b}};
    const auto matrix = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    ASSERT_TRUE(matrix) << matrix.error().message;
    const std::int64_t first = matrix->firstLogit();
    for (std::size_t s = 0; s < static_cast<std::size_t>(first); ++s)
        ASSERT_NEAR(
            matrix->row(first + 2)[s], matrix->row(first)[s] - matrix->row(first + 1)[s], 2e-5);
    EXPECT_EQ(matrix->node(first + 2).minusToken, b);
    // Of one softmax: the logarithm of the ratio.
    EXPECT_NEAR(matrix->node(first + 2).logitDifference,
        std::log(matrix->logits[0].probability / matrix->logits[1].probability), 1e-5);
    EXPECT_EQ(matrix->node(first).logitDifference, 0.0f);
    EXPECT_DOUBLE_EQ(matrix->logits[2].probability,
        std::max(matrix->logits[0].probability, matrix->logits[1].probability));
}

TEST_P(AttributionOracle, ATargetAtAPositionIsTheLastOfTheShorterPrompt)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    AttributionOptions options = optionsOf(oracle);
    const std::int64_t at = std::ssize(oracle.ids) / 2;
    options.targets = {{TokenId(5), {}, Position(at)}, {TokenId(5)}};
    const auto whole = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->node(whole->firstLogit()).position, Position(at));
    options.targets = {{TokenId(5)}};
    const auto part = attribute(oracle.model, oracle.transcoders,
        {oracle.ids.begin(), oracle.ids.begin() + at + 1}, options);
    ASSERT_TRUE(part);
    EXPECT_NEAR(whole->logits[0].probability, part->logits[0].probability, 1e-6);
    const auto row = whole->row(whole->firstLogit()), shorter = part->row(part->firstLogit());
    std::size_t seen = 0;
    for (std::int64_t s = 0; s < whole->firstLogit(); ++s) {
        const GraphNode node = whole->node(s);
        float expected = 0.0f;
        for (std::int64_t t = 0; t < part->firstLogit() && node.position.value <= at; ++t) {
            const GraphNode other = part->node(t);
            if (other.kind == node.kind && other.layer == node.layer
                && other.position == node.position && other.feature == node.feature) {
                expected = shorter[static_cast<std::size_t>(t)];
                ++seen;
            }
        }
        ASSERT_NEAR(row[static_cast<std::size_t>(s)], expected, 2e-5);
    }
    EXPECT_EQ(seen, static_cast<std::size_t>(part->firstLogit()));
}

TEST_P(AttributionOracle, ALittleMemoryTracesFewerFeatures)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto replacement = buildReplacementModel(oracle.model, oracle.transcoders, oracle.ids);
    ASSERT_TRUE(replacement);
    AttributionOptions options = optionsOf(oracle);
    const auto all = attributionCost(*replacement, 10, options);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->tracedFeatures, replacement->activeFeatures());
    EXPECT_EQ(all->matrixBytes, 4 * all->nodes * all->nodes);
    options.memoryBytes = all->workBytes + all->matrixBytes / 2;
    const auto less = attributionCost(*replacement, 10, options);
    ASSERT_TRUE(less);
    EXPECT_LT(less->tracedFeatures, all->tracedFeatures);
    EXPECT_LE(less->matrixBytes + less->workBytes, options.memoryBytes);
    const auto matrix = attribute(*replacement, options);
    ASSERT_TRUE(matrix) << matrix.error().message;
    const auto cost = attributionCost(*replacement, std::ssize(matrix->logits), options);
    EXPECT_EQ(std::ssize(matrix->features), cost->tracedFeatures);
    EXPECT_EQ(matrix->activeFeatures, replacement->activeFeatures());
    options.memoryBytes = 1000;
    const auto none = attribute(*replacement, options);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Error::Code::OutOfMemory);
}

TEST_P(AttributionOracle, StopsWhenAskedAndReportsProgress)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    std::stop_source stop;
    AttributionOptions options = optionsOf(oracle);
    options.stop = stop.get_token();
    std::int64_t seen = 0, total = 0;
    options.progress = [&](const Progress& progress) {
        if (progress.unit != "features")
            return;
        seen = progress.done;
        total = progress.total;
        stop.request_stop();
    };
    const auto stopped = attribute(oracle.model, oracle.transcoders, oracle.ids, options);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    EXPECT_GT(seen, 0);
    EXPECT_LT(seen, total);
}

TEST_P(AttributionOracle, RefusesDictionariesThatDoNotFit)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto none = buildReplacementModel(oracle.model, {}, oracle.ids);
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message.find("none is open"), std::string::npos);
    const auto twice = buildReplacementModel(
        oracle.model, {oracle.transcoders[0], oracle.transcoders[0]}, oracle.ids);
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().message.find("both replace the MLP of layer 0"), std::string::npos);
    DictionaryConfig config = oracle.transcoders[0]->config();
    config.isTranscoder = false;
    config.hookOut = config.hookIn;
    config.isCrossLayer = false;
    config.layersWritten = 1;
    const Dictionary& d = *oracle.transcoders[0];
    const auto sae = Dictionary::create(
        config, {d.W_enc(), d.b_enc(), d.W_dec(), d.b_dec(), d.threshold(), {}});
    ASSERT_TRUE(sae);
    const auto refused = buildReplacementModel(oracle.model, {*sae}, oracle.ids);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("A circuit needs transcoders"), std::string::npos);
    EXPECT_FALSE(buildReplacementModel(oracle.model, oracle.transcoders, {}));
}

TEST_P(AttributionOracle, ALayerWithoutTranscoderIsAllError)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const auto matrix = attribute(oracle.model, {oracle.transcoders[0], oracle.transcoders[2]},
        oracle.ids, optionsOf(oracle));
    ASSERT_TRUE(matrix) << matrix.error().message;
    EXPECT_EQ(matrix->dictionaries[1], "");
    for (const GraphFeature& feature : matrix->features)
        EXPECT_NE(feature.at.layer, Layer(1));
    const auto influence = computeInfluence(*matrix);
    double errorsOfLayer1 = 0.0;
    for (std::int64_t p = 0; p < matrix->n_positions(); ++p)
        errorsOfLayer1 += influence->influence[static_cast<std::size_t>(
            matrix->firstError() + matrix->n_positions() + p)];
    EXPECT_GT(errorsOfLayer1, 0.0);
}

INSTANTIATE_TEST_SUITE_P(Cases, AttributionOracle,
    testing::Values(
        "gpt2-plt-relu", "llama-plt-skip", "gemma2-gemmascope-npz", "gemma2-clt-jumprelu"),
    [](const auto& info) {
        std::string name = info.param;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

} // namespace
