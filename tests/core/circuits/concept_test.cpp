#include "core/circuits/concept.h"
#include "core/circuits/text_features.h"

#include "core/circuits/replacement_model.h"
#include "core/model/activation_cache.h"
#include "tests/support/tiny_model.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::ElementsAre;

TEST(ScoreConcept, CountsByHand)
{
    // Columns: tells all apart; one of three texts is missed; stronger without; fires nowhere;
    // equal everywhere; apart only above a threshold, though it fires on every text.
    const at::Tensor with = at::tensor({3.0f, 2.0f, 0.0f, 0.0f, 1.0f, 5.0f, //
                                           4.0f, 0.0f, 0.0f, 0.0f, 1.0f, 6.0f, //
                                           1.0f, 2.5f, 0.5f, 0.0f, 1.0f, 7.0f})
                                .view({3, 6});
    const at::Tensor without
        = at::tensor({0.0f, 0.0f, 2.0f, 0.0f, 1.0f, 4.0f, 0.5f, 0.0f, 3.0f, 0.0f, 1.0f, 1.0f})
              .view({2, 6});
    const ConceptScores scores = scoreConcept(with, without);
    const double expected[] = {1.0, (2.0 / 3.0 + 1.0) / 2.0, 0.5, 0.5, 0.5, 1.0};
    for (int i = 0; i < 6; ++i)
        EXPECT_DOUBLE_EQ(scores.score[i].item<double>(), expected[i]) << i;
    EXPECT_FLOAT_EQ(scores.meanWith[0].item<float>(), 8.0f / 3.0f);
    EXPECT_FLOAT_EQ(scores.meanWithout[0].item<float>(), 0.25f);
    EXPECT_FLOAT_EQ(scores.shareWith[1].item<float>(), 2.0f / 3.0f);
    EXPECT_FLOAT_EQ(scores.shareWithout[0].item<float>(), 0.5f);
    // Equal scores are parted by the difference of means: 6 - 2.5 = 3.5 against 2.67 - 0.25.
    EXPECT_THAT(bestColumns(scores, 10), ElementsAre(5, 0, 1));
    EXPECT_THAT(bestColumns(scores, 2), ElementsAre(5, 0));
    EXPECT_THAT(bestColumns(scores, 10, 0.9), ElementsAre(5, 0));
    EXPECT_TRUE(bestColumns(scores, 0).empty());
}

/// Brute force over every threshold, with many ties.
TEST(ScoreConcept, IsTheBestOfAllThresholds)
{
    at::manual_seed(4);
    const at::Tensor with = at::randint(0, 5, {7, 40}).to(at::kFloat),
                     without = at::randint(0, 4, {5, 40}).to(at::kFloat);
    const ConceptScores scores = scoreConcept(with, without);
    for (int column = 0; column < 40; ++column) {
        double best = 0.5;
        for (const double threshold : {0.5, 1.5, 2.5, 3.5, 4.5}) {
            double hits = 0, passes = 0;
            for (int t = 0; t < 7; ++t)
                hits += with[t][column].item<float>() > threshold;
            for (int t = 0; t < 5; ++t)
                passes += without[t][column].item<float>() < threshold;
            best = std::max(best, (hits / 7 + passes / 5) / 2);
        }
        EXPECT_NEAR(scores.score[column].item<double>(), best, 1e-12) << column;
    }
}

TEST(ScoreConcept, OneTextOfEachKindIsEnough)
{
    const ConceptScores scores
        = scoreConcept(at::tensor({1.0f, 0.0f, 2.0f}).view({1, 3}), at::zeros({1, 3}));
    EXPECT_THAT(bestColumns(scores, 9), ElementsAre(2, 0));
}

std::shared_ptr<const Dictionary> randomSae(HookPoint hook, int d, int d_sae)
{
    at::manual_seed(9);
    DictionaryConfig config;
    config.name = hook.name();
    config.architecture = "standard";
    config.d_in = config.d_out = d;
    config.d_sae = d_sae;
    config.hookIn = config.hookOut = hook;
    return Dictionary::create(config,
        {at::randn({d_sae, d}) * 0.3, at::randn({d_sae}) * 0.1, at::randn({d_sae, d}) * 0.3,
            at::zeros({d}), {}, {}})
        .value();
}

TEST(TextFeatures, HoldWhatTheDictionariesGive)
{
    const auto model = tests::tinyModel("llama");
    const HookPoint first{HookKind::ResidPost, Layer(0)}, second{HookKind::ResidPost, Layer(1)};
    const Dictionaries dictionaries{randomSae(first, 16, 40), randomSae(second, 16, 30)};
    std::vector<TokenId> ids;
    for (const int id : {1, 20, 33, 5})
        ids.emplace_back(id);
    const auto text = readFeatures(*model, dictionaries, ids);
    ASSERT_TRUE(text) << text.error().message;
    const auto run = runWithCache(*model, idsTensor(ids), {first, second});
    EXPECT_LT((run->logits[0][-1] - text->logits).abs().max().item<double>(), 1e-5);
    EXPECT_EQ(text->answer().value, run->logits[0][-1].argmax().item<std::int64_t>());
    for (std::size_t d = 0; d < 2; ++d) {
        const at::Tensor dense
            = dictionaries[d]->encode(run->cache.at(d == 0 ? first : second)[0]).feature_acts;
        std::vector<std::int64_t> rows{1, 3};
        const Peaks peaks = peaksOver(text->active[d], rows);
        std::size_t firing = 0;
        for (std::int64_t f = 0; f < dense.size(1); ++f) {
            const float peak = std::max(dense[1][f].item<float>(), dense[3][f].item<float>());
            firing += peak > 0;
            const auto found = std::find_if(
                peaks.begin(), peaks.end(), [f](const auto& one) { return one.first == f; });
            EXPECT_NEAR(found == peaks.end() ? 0.0f : found->second, peak, 1e-5);
        }
        EXPECT_EQ(peaks.size(), firing);
    }
}

TEST(TextFeatures, PeaksBecomeATable)
{
    const std::vector<Peaks> texts{{{3, 1.5f}, {7, 2.0f}}, {}, {{5, 0.5f}}};
    const auto features = featuresOf(texts);
    EXPECT_THAT(features, ElementsAre(3, 5, 7));
    const std::vector<std::uint32_t> some{5, 7};
    EXPECT_TRUE(peakTable(texts, some)
                    .equal(at::tensor({0.0f, 2.0f, 0.0f, 0.0f, 0.5f, 0.0f}).view({3, 2})));
}

TEST(TextFeatures, RefusesAForeignDictionaryAndStops)
{
    const auto model = tests::tinyModel("llama");
    const std::vector<TokenId> ids{TokenId(1), TokenId(2)};
    EXPECT_FALSE(readFeatures(*model, {randomSae({HookKind::ResidPost, Layer(7)}, 16, 8)}, ids));
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = readFeatures(
        *model, {randomSae({HookKind::ResidPost, Layer(0)}, 16, 8)}, ids, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

} // namespace
