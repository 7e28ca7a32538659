// Interventions, concepts, swap tests and graph checks as the window and the command line ask.
#include "core/api/check_graph.h"
#include "core/api/find_concept.h"
#include "core/api/intervene.h"
#include "core/api/set_label.h"
#include "core/api/swap_test.h"
#include "core/api/trace.h"
#include "core/model/activation_cache.h"
#include "tests/core/engine/open_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::HasSubstr;

class SwapRequests : public testing::Test {
protected:
    static void expectSame(const std::vector<NextToken>& a, const std::vector<NextToken>& b)
    {
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            EXPECT_EQ(a[i].id, b[i].id);
            EXPECT_NEAR(a[i].probability, b[i].probability, 1e-6);
        }
    }

    InterveneResult intervened(const InterveneRequest& request)
    {
        auto result = bench.run(request);
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? *result : InterveneResult();
    }

    tests::OpenBench bench;
    const LoadedModel& model = bench.model();
};

TEST_F(SwapRequests, BothKindsOfAttentionSideBySide)
{
    InterveneRequest request;
    for (const int id : {5, 17, 80, 33})
        request.ids.emplace_back(id);
    request.settings = {{Layer(0), Position(1), FeatureId(3), 40.0}};
    request.generate = 3;
    request.comparesAttention = true;
    for (const bool freezes : {true, false}) {
        request.freezeAttention = freezes;
        request.comparesAttention = true;
        const auto both = intervened(request);
        request.comparesAttention = false;
        const auto one = intervened(request);
        EXPECT_TRUE(one.afterOther.empty());
        request.freezeAttention = !freezes;
        const auto other = intervened(request);
        expectSame(both.after, one.after);
        expectSame(both.afterOther, other.after);
        EXPECT_EQ(both.textAfterOther, other.textAfter);
        EXPECT_NE(both.after.front().probability, both.afterOther.front().probability);
    }
}

TEST_F(SwapRequests, AFactorIsThatMuchOfTheActivation)
{
    InterveneRequest request;
    for (const int id : {5, 17, 80, 33})
        request.ids.emplace_back(id);
    const auto ran = runWithCache(*model.transformer, promptFromIds(model, request.ids)->tensor(),
        {{HookKind::MlpIn, Layer(1)}});
    const auto dictionaries = model.transcodersPerLayer({});
    ASSERT_TRUE(dictionaries);
    const at::Tensor acts
        = (*dictionaries)[1]->activations(ran->cache.at({HookKind::MlpIn, Layer(1)})[0]);
    const FeatureId feature(acts[2].argmax().item<std::int64_t>());
    request.factors = {{Layer(1), Position(2), feature, -2.0}};
    const auto scaled = intervened(request);
    ASSERT_EQ(scaled.request.settings.size(), 1u) << "the result says what was set";
    EXPECT_NEAR(
        scaled.request.settings.front().value, -2.0 * acts[2][feature.value].item<double>(), 1e-5);

    request.factors = {{Layer(1), Position(2), feature, 0.0}};
    const auto byFactor = intervened(request);
    EXPECT_EQ(byFactor.request.settings.size(), 1u);
    request.factors.clear();
    request.settings = {{Layer(1), Position(2), feature, 0.0}};
    expectSame(byFactor.after, intervened(request).after);

    request.settings.clear();
    for (const FeatureSetting& wrong : {FeatureSetting{Layer(9), Position(1), FeatureId(0), 1.0},
             FeatureSetting{Layer(0), Position(99), FeatureId(0), 1.0},
             FeatureSetting{Layer(0), Position(1), FeatureId(99), 1.0}}) {
        request.factors = {wrong};
        EXPECT_FALSE(bench.run(request));
    }
}

TEST_F(SwapRequests, ConceptsAreWhatFiresOnTheTextsWithThem)
{
    ConceptRequest request;
    request.with = {"the red house", "a red door", "red red red"};
    request.without = {"the big house", "a small door"};
    request.limit = 5;
    std::vector<std::int64_t> told;
    const auto found = bench.run(request, {}, [&](const Progress& progress) {
        told.push_back(progress.done);
        EXPECT_EQ(progress.total, 5);
    });
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_THAT(told, testing::ElementsAre(1, 2, 3, 4, 5));
    ASSERT_FALSE(found->features.empty());
    EXPECT_LE(found->features.size(), 5u);
    // Each number again, one text at a time.
    for (const ConceptFeature& one : found->features) {
        const auto dictionary = model.dictionary(one.row.feature.dictionary);
        ASSERT_TRUE(dictionary);
        EXPECT_TRUE((*dictionary)->config().isTranscoder);
        EXPECT_EQ(one.layer, (*dictionary)->config().hookIn.layer);
        const auto peak = [&](const std::string& text) {
            const auto prompt = promptFromText(model, text);
            const auto run = runWithCache(
                *model.transformer, prompt->tensor(), {(*dictionary)->config().hookIn});
            const at::Tensor acts
                = (*dictionary)
                      ->activations(run->cache.at((*dictionary)->config().hookIn)[0])
                      .select(1, one.row.feature.feature.value);
            double largest = 0;
            for (std::size_t t = 0; t < prompt->ids.size(); ++t)
                if (!model.tokenizer->isSpecial(prompt->ids[t]))
                    largest = std::max(largest, acts[static_cast<std::int64_t>(t)].item<double>());
            return largest;
        };
        double with = 0, without = 0, fires = 0;
        for (const std::string& text : request.with) {
            with += peak(text) / 3;
            fires += peak(text) > 0;
        }
        for (const std::string& text : request.without)
            without += peak(text) / 2;
        EXPECT_NEAR(one.meanWith, with, 1e-5);
        EXPECT_NEAR(one.meanWithout, without, 1e-5);
        EXPECT_NEAR(one.shareWith, fires / 3, 1e-6);
        EXPECT_GT(one.score, 0.5);
    }
    for (std::size_t i = 1; i < found->features.size(); ++i)
        EXPECT_GE(found->features[i - 1].score, found->features[i].score);
    request.dictionaries = {model.dictionaries.back()->config().name};
    const auto others = bench.run(request);
    ASSERT_TRUE(others);
    for (const ConceptFeature& one : others->features)
        EXPECT_EQ(one.row.feature.dictionary, request.dictionaries.front());
}

TEST_F(SwapRequests, AConceptNeedsTextsOfBothKinds)
{
    for (const ConceptRequest& request : {ConceptRequest{{}, {"a"}, {}, 5},
             ConceptRequest{{"a"}, {}, {}, 5}, ConceptRequest{{"a"}, {"b"}, {"nothing"}, 5}})
        EXPECT_FALSE(bench.run(request));
    const auto empty = bench.run(ConceptRequest{{"a", ""}, {"b"}, {}, 5});
    ASSERT_FALSE(empty);
    EXPECT_THAT(empty.error().message, HasSubstr("Text 2 with the concept"));
}

TEST_F(SwapRequests, OneOfManyPairsIsTheSameSwapAlone)
{
    SwapTestRequest request;
    request.pairs = {{"the red house", "the big house", ""}, {"a red door", "a small door", ""}};
    const auto all = bench.run(request);
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->results.size(), 2u);
    double swapped = 0;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto alone
            = bench.run(SwapRequest{request.pairs[i].prompt, request.pairs[i].donor, {}});
        ASSERT_TRUE(alone);
        EXPECT_EQ(alone->isSwapped, all->results[i].isSwapped);
        expectSame(alone->after, all->results[i].after);
        swapped += alone->isSwapped;
    }
    EXPECT_DOUBLE_EQ(all->successRate, swapped / 2);
    EXPECT_FALSE(all->results[0].inserted.empty());
    EXPECT_FALSE(all->results[0].inserted.front().feature.dictionary.empty());
}

TEST_F(SwapRequests, TheExpectedAnswerDecides)
{
    SwapTestRequest request;
    request.pairs = {{"the red house", "the big house", ""}};
    const auto plain = bench.run(request);
    ASSERT_TRUE(plain);
    const auto& result = plain->results.front();
    // What the changed run says, asked for by name: a success exactly when it was not said before.
    request.pairs.front().answer
        = model.tokenizer->decode(std::vector{result.after.front().id}, false);
    const auto asked = bench.run(request);
    ASSERT_TRUE(asked);
    EXPECT_EQ(
        asked->results.front().isSwapped, result.after.front().id != result.before.front().id);
    request.pairs.front().answer
        = model.tokenizer->decode(std::vector{result.after.back().id}, false);
    const auto wrong = bench.run(request);
    ASSERT_TRUE(wrong);
    EXPECT_FALSE(wrong->results.front().isSwapped);
}

TEST_F(SwapRequests, AWrongPairIsNamed)
{
    std::string tooLong = "house";
    for (int i = 0; i < 60; ++i)
        tooLong += " house";
    for (const SwapMethod method : {SwapMethod::Difference, SwapMethod::Concept}) {
        SwapTestRequest request;
        request.method = method;
        EXPECT_FALSE(bench.run(request));
        request.pairs = {{"the red house", "the big house", ""}, {"a red door", tooLong, ""}};
        const auto result = bench.run(request);
        ASSERT_FALSE(result);
        EXPECT_THAT(result.error().message, HasSubstr("Pair 2: "));
        request.pairs.back().donor = request.pairs.back().prompt;
        EXPECT_FALSE(bench.run(request));
        request.pairs.pop_back();
        std::stop_source stop;
        stop.request_stop();
        const auto stopped = bench.run(request, stop.get_token());
        ASSERT_FALSE(stopped);
        EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
        request.leastScore = 0.4;
        EXPECT_FALSE(bench.run(request));
    }
}

TEST_F(SwapRequests, ConceptsOfManyPairsAreReadOnceEach)
{
    SwapTestRequest request;
    request.method = SwapMethod::Concept;
    const std::vector<std::string> fillers{"red", "big", "small", "old"};
    for (const auto& a : fillers)
        for (const auto& b : fillers)
            if (a != b)
                request.pairs.push_back({"the " + a + " house", "the " + b + " house", ""});
    std::int64_t last = 0;
    const auto result
        = bench.run(request, {}, [&](const Progress& progress) { last = progress.done; });
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->results.size(), 12u);
    EXPECT_EQ(last, 12);
    for (const SwapResult& one : result->results)
        EXPECT_FALSE(one.after.empty());
}

TEST_F(SwapRequests, ATracedGraphIsHeldAgainstTheModel)
{
    TraceRequest trace;
    for (const int id : {5, 17, 80, 33, 9})
        trace.ids.emplace_back(id);
    const auto traced = bench.run(trace);
    ASSERT_TRUE(traced) << traced.error().message;
    const GraphNode& labelled = *std::find_if(traced->nodes.begin(), traced->nodes.end(),
        [](const GraphNode& node) { return node.kind == NodeKind::Feature; });
    ASSERT_TRUE(bench.run(
        LabelEdit{{labelled.dictionary, labelled.feature}, {"a name of my own", "", {}}}));
    CheckRequest request;
    request.graph = traced->id;
    request.features = 5;
    const auto check = bench.run(request);
    ASSERT_TRUE(check) << check.error().message;
    ASSERT_EQ(check->points.size(), 5u);
    for (const auto& point : check->points) {
        const bool isLabelled
            = point.at.layer == labelled.layer && point.at.feature == labelled.feature;
        EXPECT_EQ(point.label, isLabelled ? "a name of my own" : "");
        EXPECT_GT(point.influence, 0);
        EXPECT_GE(point.effect, 0);
    }
    ASSERT_EQ(check->byDistance.size(), 1u); // Two layers.
    EXPECT_EQ(check->byDistance.front().layers, 1);
    EXPECT_LE(std::abs(check->meanCosine), 1.0);
    request.features = 0;
    EXPECT_FALSE(bench.run(request));
}

} // namespace
