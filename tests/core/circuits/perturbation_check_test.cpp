// The check of a graph against the model: arithmetic by hand, direct effects against
// circuit-tracer's own edges, reactions against a hand-made change of the model.
#include "core/circuits/perturbation_check.h"

#include "core/circuits/attribution.h"
#include "core/model/activation_cache.h"
#include "tests/core/circuits/graph_case.h"
#include "tests/support/tiny_model.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;
using testing::ElementsAre;
using testing::FloatEq;

/// Features a (layer 0), b, c (layer 1), d (layer 2), no errors but the usual ones, one logit.
GraphMatrix fourFeatures()
{
    GraphMatrix matrix;
    matrix.n_layers = 3;
    matrix.tokens = {TokenId(1), TokenId(2)};
    matrix.features = {{Layer(0), Position(1), FeatureId(4), 2.0f},
        {Layer(1), Position(1), FeatureId(0), 1.0f}, {Layer(1), Position(1), FeatureId(3), 4.0f},
        {Layer(2), Position(1), FeatureId(9), 3.0f}};
    matrix.logits = {{TokenId(7), 1.0}};
    matrix.adjacency.assign(static_cast<std::size_t>(matrix.size() * matrix.size()), 0.0f);
    const auto edge = [&](std::int64_t target, std::int64_t source, float weight) {
        matrix.adjacency[static_cast<std::size_t>(target * matrix.size() + source)] = weight;
    };
    edge(1, 0, 1.5f); // More than all of b's activation.
    edge(2, 0, -2.0f);
    edge(3, 0, 0.5f);
    edge(3, 1, 1.0f);
    edge(3, 2, 3.0f);
    edge(matrix.firstLogit(), 3, 2.0f);
    edge(matrix.firstLogit(), 0, 1.0f);
    return matrix;
}

TEST(PredictedChange, FollowsEveryPathAndStopsAtZero)
{
    const GraphMatrix matrix = fourFeatures();
    // Ablated: b loses 1.5 of 1 and falls to 0, so all of it; c gains 2 of 4, half of its own.
    EXPECT_THAT(predictedChange(matrix, 0, 0.0),
        ElementsAre(FloatEq(0), FloatEq(-1.5f), FloatEq(2.0f), FloatEq(-0.5f - 1.0f + 1.5f)));
    // Halved: b loses three quarters, c gains a quarter.
    EXPECT_THAT(predictedChange(matrix, 0, 0.5),
        ElementsAre(FloatEq(0), FloatEq(-0.75f), FloatEq(1.0f), FloatEq(-0.25f - 0.75f + 0.75f)));
    EXPECT_THAT(predictedChange(matrix, 0, 0.0, true),
        ElementsAre(FloatEq(0), FloatEq(-1.5f), FloatEq(2.0f), FloatEq(-0.5f)));
    EXPECT_THAT(predictedChange(matrix, 0, 1.0),
        ElementsAre(FloatEq(0), FloatEq(0), FloatEq(0), FloatEq(0)));
    // A neighbour in its own layer is not changed.
    EXPECT_THAT(predictedChange(matrix, 1, 0.0),
        ElementsAre(FloatEq(0), FloatEq(0), FloatEq(0), FloatEq(-1.0f)));
}

TEST(AgreementOf, IsTheCosineAndTheRatioOfLengths)
{
    const std::vector<float> a{3.0f, 4.0f}, b{4.0f, 3.0f}, none{0.0f, 0.0f};
    EXPECT_NEAR(agreementOf(a, b).cosine, 24.0 / 25.0, 1e-12);
    EXPECT_NEAR(agreementOf(a, b).normRatio, 1.0, 1e-12);
    EXPECT_TRUE(agreementOf(a, none).isDefined);
    EXPECT_EQ(agreementOf(a, none).cosine, 0.0);
    EXPECT_EQ(agreementOf(none, a).normRatio, 0.0);
    EXPECT_FALSE(agreementOf(none, none).isDefined);
}

TEST(SummaryOf, AveragesByDistanceAndRanksEffects)
{
    const GraphMatrix matrix = fourFeatures();
    Influence influence;
    influence.influence.assign(static_cast<std::size_t>(matrix.size()), 0.0);
    influence.influence[0] = 0.4;
    influence.influence[1] = 0.3;
    influence.influence[2] = 0.2;
    // a: cosine 1 one layer on, -1 two layers on; b: nothing anywhere; c: cosine 1, twice as long.
    const std::vector<PerturbedFeature> perturbed{
        {0, {0, 1, 2, 1}, {0, 2, 4, -1}, 0.5},
        {1, {0, 0, 0, 0}, {0, 0, 0, 0}, 0.1},
        {2, {0, 0, 0, 1}, {0, 0, 0, 2}, 0.3},
    };
    const PerturbationSummary summary = summaryOf(matrix, influence, perturbed);
    ASSERT_EQ(summary.byDistance.size(), 2u);
    EXPECT_EQ(summary.byDistance[0].layers, 1);
    EXPECT_EQ(summary.byDistance[0].features, 2); // a, and c; b does nothing.
    EXPECT_NEAR(summary.byDistance[0].cosine, 1.0, 1e-12);
    EXPECT_NEAR(summary.byDistance[0].normRatio, 2.0, 1e-12);
    EXPECT_EQ(summary.byDistance[1].layers, 2);
    EXPECT_EQ(summary.byDistance[1].features, 1);
    EXPECT_NEAR(summary.byDistance[1].cosine, -1.0, 1e-12);
    EXPECT_EQ(summary.features, 2);
    const double whole = (2.0 + 8.0 - 1.0) / std::sqrt(6.0 * 21.0);
    EXPECT_NEAR(summary.meanCosine, (whole + 1.0) / 2.0, 1e-6);
    EXPECT_NEAR(summary.spearman, 0.5, 1e-12); // Ranks 3 2 1 against 3 1 2.
}

GraphMatrix oracleMatrix(const tests::GraphCase& oracle)
{
    GraphMatrix matrix;
    matrix.n_layers = oracle.model->config().n_layers;
    matrix.tokens = oracle.ids;
    matrix.features = tests::featuresFrom(
        oracle.expected["active_features"], oracle.expected["activation_values"]);
    const auto tokens = oracle.expected["logit_token_ids"],
               probabilities = oracle.expected["logit_probabilities"];
    for (std::size_t i = 0; i < tokens.size(); ++i)
        matrix.logits.push_back({TokenId(static_cast<int>(tokens[i])), probabilities[i]});
    for (const double value : oracle.expected["adjacency_matrix"])
        matrix.adjacency.push_back(static_cast<float>(value));
    return matrix;
}

class PerturbationOracle : public testing::TestWithParam<const char*> { };

/// With everything between held, later features move by exactly what circuit-tracer's edges say:
/// per-layer and cross-layer transcoders, with and without skip connections.
TEST_P(PerturbationOracle, DirectEffectsAreItsEdges)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const GraphMatrix matrix = oracleMatrix(oracle);
    ASSERT_EQ(std::ssize(matrix.adjacency), matrix.size() * matrix.size());
    const auto influence = computeInfluence(matrix);
    ASSERT_TRUE(influence);
    for (const double factor : {0.0, 2.0}) {
        PerturbationOptions options;
        options.isDirectOnly = true;
        options.factor = factor;
        const auto perturbed
            = perturbFeatures(*oracle.model, oracle.transcoders, matrix, *influence, options);
        ASSERT_TRUE(perturbed) << perturbed.error().message;
        ASSERT_EQ(perturbed->size(), std::min<std::size_t>(24, matrix.features.size()));
        double largest = 0.0, size = 0.0;
        for (const PerturbedFeature& one : *perturbed)
            for (std::size_t t = 0; t < matrix.features.size(); ++t) {
                if (matrix.features[t].at.layer
                    <= matrix.features[static_cast<std::size_t>(one.node)].at.layer)
                    continue;
                const double edge
                    = matrix.row(static_cast<std::int64_t>(t))[static_cast<std::size_t>(one.node)];
                EXPECT_NEAR(one.predicted[t], (factor - 1.0) * edge, 1e-6);
                largest = std::max(largest,
                    std::abs(static_cast<double>(one.observed[t]) - (factor - 1.0) * edge));
                size = std::max(size, std::abs(edge));
            }
        EXPECT_LT(largest, 2e-4);
        EXPECT_GT(size, 0.01);
        const auto summary = summaryOf(matrix, *influence, *perturbed);
        EXPECT_GT(summary.meanCosine, 0.9999);
    }
}

TEST_P(PerturbationOracle, FreeFeaturesReactAndStayCloseToTheGraph)
{
    REQUIRE_SHARED_FIXTURE(fmt::format("oracles/graphs/{}", GetParam()));
    const tests::GraphCase oracle(GetParam());
    ASSERT_TRUE(oracle.model);
    const GraphMatrix matrix = oracleMatrix(oracle);
    const auto influence = computeInfluence(matrix);
    const auto perturbed
        = perturbFeatures(*oracle.model, oracle.transcoders, matrix, *influence, {});
    ASSERT_TRUE(perturbed) << perturbed.error().message;
    const auto summary = summaryOf(matrix, *influence, *perturbed);
    EXPECT_GT(summary.meanCosine, 0.0);
    EXPECT_FALSE(summary.byDistance.empty());
    for (const PerturbedFeature& one : *perturbed)
        EXPECT_GE(one.effect, -1e-9);
}

INSTANTIATE_TEST_SUITE_P(Cases, PerturbationOracle,
    testing::Values(
        "gpt2-plt-relu", "llama-plt-skip", "gemma2-gemmascope-npz", "gemma2-clt-jumprelu"),
    [](const auto& info) {
        std::string name = info.param;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

Dictionaries randomTranscoders(const Transformer& model)
{
    at::manual_seed(8);
    Dictionaries transcoders;
    for (int layer = 0; layer < model.config().n_layers; ++layer) {
        DictionaryConfig config;
        config.name = fmt::format("t{}", layer);
        config.architecture = "transcoder";
        config.isTranscoder = true;
        config.d_in = config.d_out = model.config().d_model;
        config.d_sae = 24;
        config.hookIn = {HookKind::MlpIn, Layer(layer)};
        config.hookOut = {HookKind::MlpOut, Layer(layer)};
        const int d = config.d_in;
        transcoders.push_back(Dictionary::create(config,
            {at::randn({24, d}) * 0.4, at::randn({24}) * 0.2, at::randn({24, d}) * 0.3,
                at::zeros({d}), {},
                {}}).value());
    }
    return transcoders;
}

class PerturbTiny : public testing::TestWithParam<const char*> {
protected:
    PerturbTiny()
        : model(tests::tinyModel(GetParam()))
        , transcoders(randomTranscoders(*model))
    {
        for (const int id : {1, 20, 33, 5, 20, 44})
            ids.emplace_back(id);
    }

    std::shared_ptr<const Transformer> model;
    Dictionaries transcoders;
    std::vector<TokenId> ids;
};

/// Patterns held by hooks, the change added by a hook, KL by hand.
TEST_P(PerturbTiny, ObservesWhatAChangeByHandDoes)
{
    const auto matrix = attribute(model, transcoders, ids);
    ASSERT_TRUE(matrix) << matrix.error().message;
    const auto influence = computeInfluence(*matrix);
    PerturbationOptions options;
    options.features = 6;
    options.factor = 0.5;
    const auto perturbed = perturbFeatures(*model, transcoders, *matrix, *influence, options);
    ASSERT_TRUE(perturbed) << perturbed.error().message;
    ASSERT_EQ(perturbed->size(), 6u);

    std::vector<HookPoint> points;
    for (int l = 0; l < model->config().n_layers; ++l)
        points.insert(points.end(), {{HookKind::Pattern, Layer(l)}, {HookKind::MlpIn, Layer(l)}});
    const auto clean = runWithCache(*model, idsTensor(ids), points);
    ASSERT_TRUE(clean);
    const auto changedRun = [&](const GraphFeature& feature, double factor) {
        Hooks hooks;
        for (int l = 0; l < model->config().n_layers; ++l)
            hooks.on({HookKind::Pattern, Layer(l)},
                [value = clean->cache.at({HookKind::Pattern, Layer(l)})](
                    at::Tensor& current) { current = value; });
        const auto& dictionary = transcoders[static_cast<std::size_t>(feature.at.layer.value)];
        const at::Tensor row
            = dictionary->W_dec()[feature.at.feature.value] * ((factor - 1.0) * feature.activation);
        hooks.on({HookKind::MlpOut, feature.at.layer}, [row, &feature](at::Tensor& value) {
            value = value.clone();
            value[0][feature.at.position.value] += row;
        });
        return runWithCache(*model, idsTensor(ids), points, hooks).value();
    };
    const at::Tensor before = at::log_softmax(clean->logits[0][-1].to(at::kDouble), -1);
    for (const PerturbedFeature& one : *perturbed) {
        const GraphFeature& feature = matrix->features[static_cast<std::size_t>(one.node)];
        const CachedRun run = changedRun(feature, 0.5);
        for (std::size_t t = 0; t < matrix->features.size(); ++t) {
            const GraphFeature& target = matrix->features[t];
            double change = 0.0;
            if (target.at.layer > feature.at.layer) {
                const HookPoint hook{HookKind::MlpIn, target.at.layer};
                const at::Tensor moved = run.cache.at(hook)[0][target.at.position.value]
                    - clean->cache.at(hook)[0][target.at.position.value];
                change = at::dot(moved,
                    transcoders[static_cast<std::size_t>(target.at.layer.value)]
                        ->W_enc()[target.at.feature.value])
                             .item<double>();
            }
            EXPECT_NEAR(one.observed[t], change, 1e-4);
        }
        const CachedRun ablated = changedRun(feature, 0.0);
        const at::Tensor after = at::log_softmax(ablated.logits[0][-1].to(at::kDouble), -1);
        EXPECT_NEAR(one.effect, (before.exp() * (before - after)).sum().item<double>(), 1e-6);
    }
    // The most influential first.
    for (std::size_t i = 1; i < perturbed->size(); ++i)
        EXPECT_GE(influence->influence[static_cast<std::size_t>((*perturbed)[i - 1].node)],
            influence->influence[static_cast<std::size_t>((*perturbed)[i].node)]);
}

TEST_P(PerturbTiny, DirectEffectsAreTheEdges)
{
    const auto matrix = attribute(model, transcoders, ids);
    ASSERT_TRUE(matrix) << matrix.error().message;
    const auto influence = computeInfluence(*matrix);
    PerturbationOptions options;
    options.isDirectOnly = true;
    options.features = 1000;
    const auto perturbed = perturbFeatures(*model, transcoders, *matrix, *influence, options);
    ASSERT_TRUE(perturbed) << perturbed.error().message;
    for (const PerturbedFeature& one : *perturbed)
        for (std::size_t t = 0; t < one.observed.size(); ++t)
            EXPECT_NEAR(one.observed[t], one.predicted[t], 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Families, PerturbTiny, testing::Values("gpt2", "llama", "gemma2"));

TEST(PerturbFeatures, SaysWhatIsMissingAndStops)
{
    const auto model = tests::tinyModel("llama");
    const auto transcoders = randomTranscoders(*model);
    const std::vector<TokenId> ids{TokenId(1), TokenId(20), TokenId(33)};
    const auto matrix = attribute(model, transcoders, ids);
    ASSERT_TRUE(matrix);
    const auto influence = computeInfluence(*matrix);
    const auto missing = perturbFeatures(*model, {transcoders[0]}, *matrix, *influence);
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, testing::HasSubstr("layer 1"));
    std::stop_source stop;
    stop.request_stop();
    PerturbationOptions options;
    options.stop = stop.get_token();
    const auto stopped = perturbFeatures(*model, transcoders, *matrix, *influence, options);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    int told = 0;
    options = {};
    options.features = 3;
    options.progress = [&](const Progress& progress) {
        ++told;
        EXPECT_EQ(progress.done, told);
        EXPECT_EQ(progress.total, 3);
    };
    EXPECT_TRUE(perturbFeatures(*model, transcoders, *matrix, *influence, options));
    EXPECT_EQ(told, 3);
}

} // namespace
