#include "core/api/compare_features.h"
#include "core/api/feature_card.h"
#include "core/api/feature_map.h"
#include "core/api/features_on_text.h"
#include "core/api/harvest.h"
#include "core/api/logit_histogram.h"
#include "core/api/map_features.h"
#include "core/api/nearest_elsewhere.h"
#include "core/api/whole_examples.h"
#include "core/engine/prompt_run.h"
#include "core/features/feature_order.h"
#include "core/store/workspace_reader.h"
#include "tests/core/engine/open_bench.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include <gtest/gtest.h>

namespace {

using namespace core;

/// What the cards, the map and the features of a text ask the engine for.
class FeatureRequests : public ::testing::Test {
protected:
    void SetUp() override
    {
        std::ofstream text(open.files.file("corpus.txt"));
        for (int i = 0; i < 12; ++i)
            text << "the old bridge " << i << " is in the fog\nand the sea is grey " << i * 7
                 << "\n\n";
        text.close();
        HarvestRequest harvest;
        harvest.corpusPath = open.files.file("corpus.txt").string();
        const auto harvested = open.run(harvest);
        ASSERT_TRUE(harvested) << harvested.error().message;
        name = open.model().dictionaries.back()->config().name;
    }
    const Dictionary& dictionary(const std::string& of) { return **open.model().dictionary(of); }

    /// Activations [T, d_sae] by the plain encoder, special tokens 0.
    at::Tensor actsOn(const std::string& text, const Dictionary& of)
    {
        const Prompt prompt = promptFromText(open.model(), text).value();
        const auto run
            = runWithCache(*open.model().transformer, prompt.tensor(), {of.config().hookIn});
        at::Tensor acts = of.encode(run->cache.at(of.config().hookIn)[0]).feature_acts.clone();
        for (std::size_t t = 0; t < prompt.ids.size(); ++t)
            if (open.model().tokenizer->isSpecial(prompt.ids[t]))
                acts[static_cast<std::int64_t>(t)].zero_();
        return acts.clamp_min(0);
    }

    tests::OpenBench open;
    std::string name;
};

TEST_F(FeatureRequests, WholePassagesCarryTheStoredActivationsAndAllOthers)
{
    int compared = 0;
    for (int f = 0; f < dictionary(name).config().d_sae; ++f) {
        const FeatureRef feature{name, FeatureId(f)};
        const FeatureCard card = open.run(FeatureCardRequest{feature}).value();
        for (const ExampleInterval& interval : card.intervals)
            for (const FeatureExample& example : interval.examples) {
                const auto whole = open.run(WholeExamplesRequest{feature, {example.passage}});
                ASSERT_TRUE(whole) << whole.error().message;
                ASSERT_EQ(whole->size(), 1u);
                const FeatureExample& all = whole->front();
                EXPECT_EQ(all.passage, example.passage);
                EXPECT_EQ(all.tokens.size(), all.activations.size());
                const float peak
                    = *std::max_element(example.activations.begin(), example.activations.end());
                EXPECT_NEAR(all.activations[static_cast<std::size_t>(all.peak)], peak, 1e-3);
                for (std::size_t i = 0; i < example.tokens.size(); ++i, ++compared) {
                    const std::size_t at = static_cast<std::size_t>(example.start) + i;
                    EXPECT_EQ(all.tokens[at], example.tokens[i]);
                    EXPECT_NEAR(all.activations[at], example.activations[i], 1e-3);
                }
            }
    }
    EXPECT_GT(compared, 100);
    EXPECT_EQ(open.run(WholeExamplesRequest{{name, FeatureId(4000)}, {1}}).error().code,
        Error::Code::NotFound);
    EXPECT_FALSE(open.run(WholeExamplesRequest{{name, FeatureId(0)}, {987'654}}));
}

TEST_F(FeatureRequests, TheLogitHistogramCountsEveryTokenOfTheVocabularyOnce)
{
    for (const int bins : {5, 48}) {
        const auto histogram = open.run(LogitHistogramRequest{{name, FeatureId(3)}, bins, 4});
        ASSERT_TRUE(histogram) << histogram.error().message;
        // By the definition, in double precision.
        const auto& weights = open.model().transformer->weights();
        const at::Tensor row
            = dictionary(name).decoderRows(std::vector<FeatureId>{FeatureId(3)})[0].to(at::kDouble);
        at::Tensor logits = at::mv(
            weights.W_U.weight.to(at::kDouble).narrow(0, 0, open.model().tokenizer->size()),
            row * weights.final.gain.to(at::kDouble));
        logits = logits - logits.mean();
        EXPECT_EQ(histogram->tokens, logits.numel());
        EXPECT_EQ(
            std::accumulate(histogram->counts.begin(), histogram->counts.end(), std::int64_t(0)),
            logits.numel());
        EXPECT_NEAR(histogram->deviation, std::sqrt(logits.square().mean().item<double>()), 1e-5);
        for (std::size_t b = 0; b < histogram->counts.size(); ++b) {
            // But for values within rounding of an edge.
            const double from = histogram->low + histogram->width * double(b);
            const auto within = [&](double slack) {
                return ((logits >= from - slack) & (logits < from + histogram->width + slack))
                    .sum()
                    .item<std::int64_t>();
            };
            EXPECT_LE(within(-1e-5), histogram->counts[b]);
            EXPECT_GE(within(1e-5), histogram->counts[b]);
        }
        // 0 is an edge.
        const double zero = -histogram->low / histogram->width;
        EXPECT_NEAR(zero, std::round(zero), 1e-9);
        ASSERT_EQ(histogram->highest.size(), 4u);
        const at::Tensor order = logits.argsort(0, true);
        for (std::int64_t i = 0; i < 4; ++i) {
            EXPECT_EQ(histogram->highest[static_cast<std::size_t>(i)].token.value,
                order[i].item<std::int64_t>());
            EXPECT_EQ(histogram->lowest[static_cast<std::size_t>(i)].token.value,
                order[-1 - i].item<std::int64_t>());
        }
    }
    EXPECT_EQ(open.run(LogitHistogramRequest{{name, FeatureId(9999)}}).error().code,
        Error::Code::NotFound);
    EXPECT_FALSE(open.run(LogitHistogramRequest{{name, FeatureId(0)}, 1}));
}

TEST_F(FeatureRequests, FeaturesOnATextAreFilteredAndSortedAndSayWhere)
{
    const std::string text = "the old bridge is grey";
    FeaturesOnTextRequest request{text, {}, {}, 1000, {}};
    const FeaturesOnText all = open.run(request).value();
    ASSERT_GT(all.features.size(), 5u);
    int expected = 0;
    for (const auto& one : open.model().dictionaries)
        expected += static_cast<int>(
            (std::get<0>(actsOn(text, *one).max(0)) > 0).sum().item<std::int64_t>());
    EXPECT_EQ(static_cast<int>(all.features.size()), expected);
    for (const FeatureOnText& one : all.features) {
        const at::Tensor acts
            = actsOn(text, dictionary(one.dictionary)).select(1, one.feature.value);
        ASSERT_EQ(static_cast<std::int64_t>(one.activations.size()), acts.size(0));
        for (std::int64_t t = 0; t < acts.size(0); ++t)
            EXPECT_NEAR(one.activations[static_cast<std::size_t>(t)], acts[t].item<float>(), 1e-4);
        EXPECT_NEAR(one.activation, acts.max().item<float>(), 1e-4);
    }
    // Density within bounds, rarest first.
    auto reader = WorkspaceReader::open(open.bench().workspace.path()).value();
    const auto densityOf = [&](const FeatureOnText& one) {
        const auto stored = reader->dictionary(one.dictionary).value().value();
        return reader->columns(stored).value()->density[one.feature.index()];
    };
    request.filter.maxDensity = 0.3;
    request.filter.sort = FeatureSort::Density;
    request.filter.isDescending = false;
    const FeaturesOnText rare = open.run(request).value();
    const auto isRare = [&](const FeatureOnText& one) { return densityOf(one) <= 0.3f; };
    EXPECT_EQ(
        std::ssize(rare.features), std::count_if(all.features.begin(), all.features.end(), isRare));
    ASSERT_GT(rare.features.size(), 1u);
    for (std::size_t i = 1; i < rare.features.size(); ++i)
        EXPECT_LE(densityOf(rare.features[i - 1]), densityOf(rare.features[i]));

    // Without those above the fence of their dictionary: it is set by density alone.
    request.filter = {};
    request.filter.hideEverywhere = true;
    const FeaturesOnText without = open.run(request).value();
    const auto isEverywhere = [&](const FeatureOnText& one) {
        const auto stored = reader->dictionary(one.dictionary).value().value();
        return static_cast<double>(densityOf(one))
            > everywhereFrom(reader->columns(stored).value()->density);
    };
    const auto everywhere = std::count_if(all.features.begin(), all.features.end(), isEverywhere);
    EXPECT_GT(everywhere, 0);
    EXPECT_EQ(without.hiddenEverywhere, everywhere);
    EXPECT_EQ(std::ssize(without.features), std::ssize(all.features) - everywhere);
    EXPECT_TRUE(std::none_of(without.features.begin(), without.features.end(), isEverywhere));

    // Against another text: how much more, where it does.
    request = {text, "the sea is in the fog", {name}, 1000, {}};
    const FeaturesOnText more = open.run(request).value();
    const at::Tensor difference = std::get<0>(actsOn(text, dictionary(name)).max(0))
        - std::get<0>(actsOn(request.against, dictionary(name)).max(0));
    EXPECT_EQ(std::ssize(more.features), (difference > 0).sum().item<std::int64_t>());
    for (const FeatureOnText& one : more.features) {
        EXPECT_NEAR(one.activation, difference[one.feature.value].item<float>(), 1e-4);
        EXPECT_EQ(one.againstActivations.size(), more.againstTokens.size());
    }
}

TEST_F(FeatureRequests, TheMapComesWithTheHarvestAndCanBeMadeAgain)
{
    const auto check = [&] {
        const FeatureMap map = open.run(FeatureMapRequest{}).value();
        EXPECT_EQ(map.dictionaries.size(), open.model().dictionaries.size());
        EXPECT_TRUE(map.missing.empty());
        EXPECT_FALSE(map.method.empty());
        std::size_t points = 0;
        for (const MappedDictionary& one : map.dictionaries) {
            points += one.features.size();
            EXPECT_EQ(one.x.size(), one.features.size());
            EXPECT_EQ(one.density.size(), one.features.size());
            for (const float density : one.density)
                EXPECT_GT(density, 0.0f); // dead ones are left out
        }
        return points;
    };
    const std::size_t points = check();
    EXPECT_GT(points, 10u);
    SQLite::Database(open.bench().workspace.path(), SQLite::OPEN_READWRITE)
        .exec("DELETE FROM feature_column WHERE statistic='map_x'");
    const FeatureMap without = open.run(FeatureMapRequest{}).value();
    EXPECT_TRUE(without.isEmpty());
    EXPECT_EQ(without.missing.size(), open.model().dictionaries.size());
    const auto made = open.run(MapFeaturesRequest{});
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->features, static_cast<std::int64_t>(points));
    EXPECT_EQ(check(), points);
    EXPECT_EQ(open.run(FeatureMapRequest{{name}})->dictionaries.size(), 1u);
}

TEST_F(FeatureRequests, TwoFeaturesAreComparedByTheirWeights)
{
    const std::string other = open.model().dictionaries.front()->config().name;
    const FeatureRef left{name, FeatureId(2)}, right{other, FeatureId(7)};
    const auto likeness = open.run(CompareFeaturesRequest{left, right});
    ASSERT_TRUE(likeness) << likeness.error().message;
    const auto cosine = [](const at::Tensor& a, const at::Tensor& b) {
        return at::cosine_similarity(a.to(at::kDouble), b.to(at::kDouble), 0).item<double>();
    };
    EXPECT_NEAR(likeness->decoderCosine.value(),
        cosine(dictionary(name).W_dec()[2], dictionary(other).W_dec()[7]), 1e-6);
    EXPECT_NEAR(likeness->encoderCosine.value(),
        cosine(dictionary(name).W_enc()[2], dictionary(other).W_enc()[7]), 1e-6);
    EXPECT_FALSE(likeness->readAtOnePlace);
    const auto self = open.run(CompareFeaturesRequest{left, left}).value();
    EXPECT_NEAR(self.decoderCosine.value(), 1.0, 1e-6);
    EXPECT_TRUE(self.readAtOnePlace && self.writeAtOnePlace);

    const NearestElsewhere near = open.run(NearestElsewhereRequest{left, 6}).value();
    std::vector<double> truth;
    for (const auto& one : open.model().dictionaries)
        for (int f = 0; one->config().name != name && f < one->config().d_sae; ++f)
            truth.push_back(cosine(dictionary(name).W_dec()[2], one->W_dec()[f]));
    std::sort(truth.rbegin(), truth.rend());
    ASSERT_EQ(near.nearest.size(), 6u);
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_NEAR(near.nearest[i].cosine, truth[i], 1e-5);
        EXPECT_NE(near.nearest[i].feature.dictionary, name);
    }
    EXPECT_EQ(open.run(CompareFeaturesRequest{left, {name, FeatureId(5000)}}).error().code,
        Error::Code::NotFound);
}

} // namespace
