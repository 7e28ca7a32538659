// Boxes of a graph: flows in closed form, merging with a known answer, the fewest by brute force.
#include "core/circuits/explain/box_graph.h"
#include "core/circuits/explain/choose_boxes.h"
#include "core/circuits/explain/merge_boxes.h"
#include "core/circuits/explain/story_plan.h"
#include "core/circuits/influence.h"
#include "core/circuits/scores.h"
#include "tests/core/circuits/explain/toy_matrix.h"

#include <bit>
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::effect;
using tests::randomMatrix;
using tests::toyMatrix;

std::vector<std::int64_t> upTo(std::int64_t from, std::int64_t to)
{
    std::vector<std::int64_t> nodes(static_cast<std::size_t>(to - from));
    std::iota(nodes.begin(), nodes.end(), from);
    return nodes;
}

std::vector<BoxNodes> singles(const GraphMatrix& matrix)
{
    std::vector<BoxNodes> boxes;
    for (const std::int64_t node : upTo(0, matrix.firstError()))
        boxes.push_back({node});
    for (const std::int64_t node : upTo(matrix.firstToken(), matrix.firstLogit()))
        boxes.push_back({node});
    return boxes;
}

/// token 0 > A (layer 0) > B (layer 1) > logit, with losses on the way.
struct Chain {
    Chain()
    {
        const std::int64_t token = m.firstToken(), logit = m.firstLogit(), error = m.firstError();
        effect(m, token, 0) = 3; // A: 3 of 4 from the word, 1 from an error
        effect(m, error, 0) = -1;
        effect(m, 0, 1) = 4; // B: 4 of 5 from A, 1 from C
        effect(m, 2, 1) = -1;
        effect(m, 1, logit) = 6; // logit: 6 of 10 from B, 2 from C, 2 from word 1
        effect(m, 2, logit) = 2;
        effect(m, token + 1, logit) = -2;
    }
    GraphMatrix m = toyMatrix(2, 2, {{0, 0}, {1, 1}, {0, 1}}); // A, B, C
};

TEST(BoxGraph, SharesOfAChainInClosedForm)
{
    const Chain chain;
    const BoxGraph graph(chain.m, chain.m.firstLogit(), singles(chain.m));
    ASSERT_FALSE(graph.hasCycle());
    const std::vector<char> kept{1, 1, 0, 1, 0}; // A, B and word 0
    const BoxFlow flow = graph.flow(kept);
    EXPECT_NEAR(flow.through[1], 0.6, 1e-12);
    EXPECT_NEAR(flow.through[0], 0.6 * 0.8, 1e-12);
    EXPECT_NEAR(flow.carried, 0.6 * 0.8 * 0.75, 1e-12);
    EXPECT_NEAR(flow.errors, 0.6 * 0.8 * 0.25, 1e-12);
    EXPECT_NEAR(flow.leftOut, 0.2 + 0.2 + 0.6 * 0.2, 1e-12);
    EXPECT_NEAR(graph.along(flow, 0, 1), 0.6 * 0.8, 1e-12);
    EXPECT_NEAR(graph.along(flow, 1, graph.size()), 0.6, 1e-12);
    EXPECT_DOUBLE_EQ(graph.effect(0, 1), 4.0);
}

TEST(BoxGraph, SharesSumToOneAndMoreBoxesNeverCarryLess)
{
    for (unsigned seed = 0; seed < 20; ++seed) {
        const GraphMatrix matrix = randomMatrix(seed, 9);
        const BoxGraph graph(matrix, matrix.firstLogit(), singles(matrix));
        std::mt19937 random(seed);
        std::vector<char> kept(graph.size(), 0);
        double before = 0;
        for (std::size_t n = 0; n <= graph.size(); ++n) {
            const BoxFlow flow = graph.flow(kept);
            EXPECT_NEAR(flow.carried + flow.errors + flow.leftOut, 1.0, 1e-9);
            EXPECT_GE(flow.carried, before - 1e-12);
            before = flow.carried;
            kept[random() % kept.size()] = 1;
        }
    }
}

TEST(BoxGraph, WithABoxForEverythingItIsTheReplacementScore)
{
    for (unsigned seed = 0; seed < 5; ++seed) {
        const GraphMatrix matrix = randomMatrix(seed, 12);
        const auto influence = computeInfluence(matrix);
        ASSERT_TRUE(influence);
        const GraphScores scores = graphScores(matrix, *influence);
        const BoxFlow flow = BoxGraph(matrix, matrix.firstLogit(), singles(matrix)).flow();
        EXPECT_NEAR(flow.carried, scores.replacement, 1e-9);
        EXPECT_NEAR(flow.errors, scores.errorShare, 1e-9);
        EXPECT_NEAR(flow.leftOut, 0.0, 1e-12);
    }
}

TEST(BoxGraph, EffectsOfABoxAreSignedSumsAndThoseInsideDoNotCount)
{
    GraphMatrix m = toyMatrix(2, 1, {{0, 0}, {0, 0}, {1, 0}});
    effect(m, 0, 2) = 3;
    effect(m, 1, 2) = -1;
    effect(m, 2, m.firstLogit()) = 1;
    effect(m, m.firstToken(), 0) = 1;
    effect(m, m.firstToken(), 1) = 1;
    const BoxGraph pair(m, m.firstLogit(), {{0, 1}, {2}, {m.firstToken()}});
    EXPECT_DOUBLE_EQ(pair.effect(0, 1), 2.0);
    EXPECT_DOUBLE_EQ(pair.effect(2, 0), 2.0);
    const BoxGraph all(m, m.firstLogit(), {{0, 1, 2}, {m.firstToken()}});
    EXPECT_NEAR(all.flow().carried, 1.0, 1e-12) << "the box feeds itself nothing";
    // Layer 0 and layer 1 as one box, with a feature between them as another.
    effect(m, 0, 1) = 1;
    EXPECT_TRUE(BoxGraph(m, m.firstLogit(), {{0, 2}, {1}}).hasCycle());
}

TEST(MergeBoxes, TheMostAlikeMergeFirstAndOnlyWithinTheBound)
{
    // Four features of one place: 0 and 1 do the same, 2 and 3 do the opposite of each other.
    GraphMatrix m = toyMatrix(1, 1, {{0, 0}, {0, 0}, {0, 0}, {0, 0}});
    const std::int64_t token = m.firstToken(), logit = m.firstLogit(), error = m.firstError();
    const float in[]{2, 2, 2, -2}, out[]{1, 1, 1, 1};
    for (std::int64_t f = 0; f < 4; ++f) {
        effect(m, token, f) = in[f];
        effect(m, error, f) = 1;
        effect(m, f, logit) = out[f];
    }
    const auto alike = [](std::int64_t a, std::int64_t b) {
        return a + b == 1 ? 0.9 : a + b == 5 ? 0.8 : 0.1;
    };
    // Apart: each gets 2/3 of its input from the word. 2 and 3 together: nothing, all from errors.
    const auto strict = mergeBoxes(m, logit, {0, 1, 2, 3}, {token}, alike, 0.5, 0.01);
    EXPECT_NEAR(strict.scoreBefore, 2.0 / 3.0, 1e-9);
    EXPECT_THAT(strict.boxes, testing::ElementsAre(BoxNodes{0, 1}, BoxNodes{2}, BoxNodes{3}));
    EXPECT_NEAR(strict.scoreAfter, 2.0 / 3.0, 1e-9);
    const auto loose = mergeBoxes(m, logit, {0, 1, 2, 3}, {token}, alike, 0.5, 0.5);
    EXPECT_THAT(loose.boxes, testing::ElementsAre(BoxNodes{0, 1}, BoxNodes{2, 3}));
    EXPECT_NEAR(loose.scoreAfter, 1.0 / 3.0, 1e-9);
    const auto none = mergeBoxes(m, logit, {0, 1, 2, 3}, {token}, alike, 0.95, 1.0);
    EXPECT_EQ(none.boxes.size(), 4u);
    const auto all = mergeBoxes(
        m, logit, {3, 2, 1, 0}, {token}, [](std::int64_t, std::int64_t) { return 1.0; }, 0.5, 1.0);
    EXPECT_THAT(all.boxes, testing::ElementsAre(BoxNodes{3, 2, 1, 0})) << "in the order given";
}

TEST(MergeBoxes, WhatMayNotStandTogetherAndWhatWouldFeedItselfStaysApart)
{
    GraphMatrix m = toyMatrix(3, 1, {{0, 0}, {1, 0}, {2, 0}});
    effect(m, m.firstToken(), 0) = 1;
    effect(m, 0, 1) = 1;
    effect(m, 1, 2) = 1;
    effect(m, 2, m.firstLogit()) = 1;
    const auto ends = [](std::int64_t a, std::int64_t b) { return a + b == 2 ? 1.0 : -1.0; };
    EXPECT_EQ(
        mergeBoxes(m, m.firstLogit(), {0, 1, 2}, {m.firstToken()}, ends, 0.5, 1.0).boxes.size(), 3u)
        << "0 > 1 > 2: with 0 and 2 in one box it feeds itself through 1";
    const auto never = [](std::int64_t, std::int64_t) { return -1.0; };
    EXPECT_EQ(
        mergeBoxes(m, m.firstLogit(), {0, 1, 2}, {m.firstToken()}, never, 0.0, 1.0).boxes.size(),
        3u);
}

TEST(ChooseBoxes, TheFewestByBruteForce)
{
    for (unsigned seed = 0; seed < 12; ++seed) {
        const GraphMatrix matrix = randomMatrix(seed, 6); // 6 features, 2 words: 256 choices
        const BoxGraph graph(matrix, matrix.firstLogit(), singles(matrix));
        std::vector<double> best(graph.size() + 1, 0.0);
        for (unsigned mask = 0; mask < 1u << graph.size(); ++mask) {
            std::vector<char> kept;
            for (std::size_t box = 0; box < graph.size(); ++box)
                kept.push_back((mask >> box) & 1u);
            auto& most = best[static_cast<std::size_t>(std::popcount(mask))];
            most = std::max(most, graph.flow(kept).carried);
        }
        for (const double share : {0.1, 0.3, 0.5, 0.9})
            for (const int most : {2, 4, 8}) {
                const ChosenBoxes chosen = chooseBoxes(graph, share, most);
                EXPECT_TRUE(chosen.isFewest);
                const auto count = static_cast<std::size_t>(
                    std::count(chosen.isKept.begin(), chosen.isKept.end(), 1));
                const double carried = graph.flow(chosen.isKept).carried;
                const auto limit = static_cast<std::size_t>(most);
                const double wanted = best[limit] >= share ? share : 0.9 * best[limit];
                std::size_t fewest = 0;
                while (best[fewest] < wanted - 1e-12)
                    ++fewest;
                EXPECT_EQ(count, fewest) << "seed " << seed << " share " << share;
                EXPECT_NEAR(carried, best[fewest], 1e-9);
            }
    }
}

TEST(ChooseBoxes, WhereTheSearchEndsEarlyItSaysSoAndStillCarries)
{
    const GraphMatrix matrix = randomMatrix(3, 30);
    const BoxGraph graph(matrix, matrix.firstLogit(), singles(matrix));
    const ChosenBoxes hasty = chooseBoxes(graph, 0.99, 6, 10), whole = chooseBoxes(graph, 0.99, 6);
    EXPECT_FALSE(hasty.isFewest);
    EXPECT_GT(graph.flow(hasty.isKept).carried, 0.0);
    EXPECT_GE(graph.flow(whole.isKept).carried, graph.flow(hasty.isKept).carried - 1e-12);
}

const IsTellingFn kAllTelling = [](const BoxNodes&) { return true; };

TEST(StoryPlan, WhatNoLabelTellsApartIsOneBox)
{
    GraphMatrix m = toyMatrix(1, 2, {{0, 0}, {0, 0}, {0, 1}, {0, 0}});
    const std::int64_t token = m.firstToken(), logit = m.firstLogit();
    for (std::int64_t f = 0; f < 4; ++f) {
        effect(m, token + (f == 2), f) = 1;
        effect(m, f, logit) = 1;
    }
    const LikenessFn unlike = [](std::int64_t, std::int64_t) { return 0.0; };
    ExplainRequest request;
    request.share = 1.0;
    const auto boxesOf = [&](const IsTellingFn& isTelling) {
        std::vector<BoxNodes> boxes;
        for (const StoryPlan::Box& box :
            planStory(m, logit, {3, 2, 1, 0}, {token, token + 1}, unlike, isTelling, request).boxes)
            if (!box.isToken)
                boxes.push_back(box.nodes);
        return boxes;
    };
    EXPECT_EQ(boxesOf(kAllTelling).size(), 4u);
    EXPECT_THAT(boxesOf([](const BoxNodes& box) { return box.front() == 0; }),
        testing::UnorderedElementsAre(BoxNodes{0}, BoxNodes{3, 1}, BoxNodes{2}));
}

TEST(StoryPlan, TheTwoHopsOfAToyAndNothingElse)
{
    // words: 0 "Dallas", 1 "is". A1, A2 at Dallas mean the same; B is Texas, S says the answer, N
    // is noise of its own.
    GraphMatrix m = toyMatrix(3, 2, {{0, 0}, {0, 0}, {1, 1}, {2, 1}, {1, 1}});
    const std::int64_t token = m.firstToken(), logit = m.firstLogit(), error = m.firstError();
    effect(m, token, 0) = 5;
    effect(m, token, 1) = 4;
    effect(m, 0, 2) = 3;
    effect(m, 1, 2) = 3;
    effect(m, error, 2) = 0.5f;
    effect(m, 2, 3) = 6;
    effect(m, 3, logit) = 8;
    effect(m, 4, logit) = 0.5f;
    effect(m, token + 1, 4) = 1;
    const auto alike = [](std::int64_t a, std::int64_t b) {
        return a + b == 1 ? 0.9 : a / 2 == b / 2 ? 0.0 : -1.0;
    };
    ExplainRequest request;
    request.share = 0.85;
    const StoryPlan plan
        = planStory(m, logit, {0, 1, 2, 3, 4}, {token, token + 1}, alike, kAllTelling, request);
    ASSERT_EQ(plan.boxes.size(), 4u);
    EXPECT_EQ(plan.boxes[0].nodes, BoxNodes{token});
    EXPECT_EQ(plan.boxes[1].nodes, (BoxNodes{0, 1}));
    EXPECT_EQ(plan.boxes[2].nodes, BoxNodes{2});
    EXPECT_EQ(plan.boxes[3].nodes, BoxNodes{3});
    EXPECT_TRUE(plan.isFewest);
    const double main = 8.0 / 8.5;
    EXPECT_NEAR(plan.flow.carried, main * 6.0 / 6.5, 1e-9);
    EXPECT_NEAR(plan.flow.errors, main * 0.5 / 6.5, 1e-9);
    EXPECT_NEAR(plan.flow.leftOut, 0.5 / 8.5, 1e-9);
    ASSERT_EQ(plan.arrows.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(plan.arrows[i].from, i);
        EXPECT_EQ(plan.arrows[i].to, i + 1);
    }
    EXPECT_DOUBLE_EQ(plan.arrows[0].effect, 9.0);
    EXPECT_DOUBLE_EQ(plan.arrows[1].effect, 6.0);
}

} // namespace
