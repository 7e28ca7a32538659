// Evaluations against SAELens' evals.py on the same weights and batch
// (tests/fixtures/saelens_evals).
#include "core/training/evaluate.h"
#include "tests/support/fixtures.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace core {
namespace {

class SaeLensEvals : public testing::TestWithParam<std::tuple<const char*, const char*>> {
protected:
    static nlohmann::json fixture()
    {
        return nlohmann::json::parse(
            std::ifstream(tests::testFixture("saelens_evals/expected.json")));
    }
};

TEST_P(SaeLensEvals, GiveTheSameFigures)
{
    const auto [name, caseName] = GetParam();
    const bool hasBos = std::string(caseName) == "bos";
    const auto model = Transformer::open(tests::testFixture("oracles/models/gpt2-tiny"));
    ASSERT_TRUE(model) << model.error().message;
    const auto opened
        = openDictionaries(tests::testFixture(std::filesystem::path("oracles/saes") / name));
    ASSERT_TRUE(opened) << opened.error().message;
    const Dictionary& dictionary = *opened->front();
    const nlohmann::json all = fixture();
    const auto corpus = std::make_shared<TokenCorpus>(
        320, hasBos ? std::vector{TokenId(0)} : std::vector<TokenId>());
    for (const auto& row : all["tokens"]) {
        std::vector<TokenId> document;
        for (const std::int64_t id : row.get<std::vector<std::int64_t>>())
            document.emplace_back(document.empty() && hasBos ? 0 : id);
        ASSERT_TRUE(corpus->add(document));
    }
    const auto measured
        = evaluateDictionary(**model, dictionary, corpus, {.context_size = 16, .batchWindows = 10});
    ASSERT_TRUE(measured) << measured.error().message;
    const auto& wanted = all["saes"][name][caseName];
    const auto same = [&](const char* what, double value, double tolerance) {
        const double expected = wanted[what].get<double>();
        EXPECT_NEAR(value, expected, tolerance * std::max(1.0, std::abs(expected))) << what;
    };
    EXPECT_EQ(measured->tokens, hasBos ? 150 : 160);
    same("ce_loss_without_sae", measured->ceClean, 1e-5);
    same("ce_loss_with_sae", measured->ceDictionary, 1e-4);
    same("kl_div_with_sae", measured->kl, 1e-4);
    if (!hasBos) { // Theirs puts zero over BOS as well, ours only where the reconstruction stands.
        same("ce_loss_with_ablation", measured->ceZero, 1e-5);
        same("ce_loss_score", measured->ceScore, 2e-3);
        same("kl_div_with_ablation", measured->klZero, 1e-5);
        same("kl_div_score", measured->klScore, 1e-4);
    }
    const ReconstructionQuality& rebuilt = measured->reconstruction;
    same("explained_variance", measured->explainedVariance, 1e-5);
    same("explained_variance_legacy", rebuilt.explainedVarianceLegacy, 1e-5);
    same("mse", rebuilt.mse, 1e-5);
    same("cossim", rebuilt.cosine, 1e-5);
    same("l2_norm_in", rebuilt.l2In, 1e-5);
    same("l2_norm_out", rebuilt.l2Out, 1e-5);
    same("l2_ratio", rebuilt.l2Ratio, 1e-5);
    same("relative_reconstruction_bias", rebuilt.relativeReconstructionBias, 1e-4);
    same("l0", measured->l0, 1e-6);
    same("l1", rebuilt.l1, 1e-5);

    constexpr std::size_t kStep = 12; // of the features in the file
    const FeatureWeights weights = featureWeights(dictionary);
    const auto& features = wanted["features"];
    for (std::size_t i = 0; i < features["feature_density"].size(); ++i) {
        const std::size_t f = i * kStep;
        const auto fires = static_cast<double>(measured->firings[f]);
        EXPECT_NEAR(fires / static_cast<double>(measured->tokens),
            features["feature_density"][i].get<double>(), 1e-6);
        if (const auto& consistent = features["consistent_activation_heuristic"][i];
            consistent.is_null()) {
            EXPECT_EQ(measured->documents[f], 0);
        } else {
            EXPECT_NEAR(fires / static_cast<double>(measured->documents[f]),
                consistent.get<double>(), 1e-5);
        }
        EXPECT_NEAR(weights.encoderNorm[f], features["encoder_norm"][i].get<double>(), 1e-5);
        EXPECT_NEAR(weights.encoderDecoderCosine[f],
            features["encoder_decoder_cosine_sim"][i].get<double>(), 1e-5);
        if (features.contains("encoder_bias")) {
            EXPECT_NEAR(weights.encoderBias[f], features["encoder_bias"][i].get<double>(), 1e-5);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(OnTheSameBatch, SaeLensEvals,
    testing::Combine(
        testing::Values("standard", "jumprelu", "gated", "topk"), testing::Values("plain", "bos")),
    [](const auto& info) {
        return std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
    });

} // namespace
} // namespace core
