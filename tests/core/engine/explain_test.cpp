#include "core/api/explain.h"
#include "core/api/intervene.h"
#include "core/api/set_label.h"
#include "core/api/trace.h"
#include "core/circuits/strongest_path.h"
#include "tests/core/engine/open_bench.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::HasSubstr;

class ExplainRequests : public testing::Test {
protected:
    ExplainRequests()
    {
        TraceRequest trace;
        for (const int id : {5, 17, 80, 33})
            trace.ids.emplace_back(id);
        trace.settings.maxLogits = 2;
        trace.settings.nodeThreshold = 1.0;
        trace.settings.edgeThreshold = 1.0;
        graph = std::make_shared<const AttributionGraph>(bench.run(trace).value());
        request.graph = graph;
    }
    Explanation explained()
    {
        auto answer = bench.run(request);
        EXPECT_TRUE(answer) << (answer ? "" : answer.error().message);
        return answer ? *answer : Explanation();
    }
    static NodeKey keyOf(const GraphNode& node)
    {
        return {
            node.kind, node.layer, node.position, node.feature, node.token, node.minusToken, {}};
    }

    tests::OpenBench bench;
    std::shared_ptr<const AttributionGraph> graph;
    ExplainRequest request;
};

TEST_F(ExplainRequests, BoxesAreOfTheGraphAndTheSharesAreWhole)
{
    const Explanation told = explained();
    ASSERT_GE(told.boxes.size(), 2u);
    EXPECT_LE(told.boxes.size(), 7u);
    EXPECT_NEAR(told.carried + told.throughErrors + told.leftOut, 1.0, 1e-9);
    EXPECT_GT(told.carried, 0.0);
    EXPECT_GE(told.mergedScore, told.replacementScore - request.mostLost - 1e-9);
    std::set<NodeKey> shown, used;
    for (const GraphNode& node : graph->nodes)
        shown.insert(keyOf(node));
    for (const ExplainedBox& box : told.boxes) {
        EXPECT_FALSE(box.name.empty());
        for (const NodeKey& key : box.nodes) {
            EXPECT_TRUE(shown.contains(key));
            EXPECT_TRUE(used.insert(key).second) << "a node stands in one box";
            EXPECT_EQ(key.position, box.nodes.front().position) << "a box stands in one place";
        }
    }
    std::map<std::string, double> influenceOf; // of the words that no box stands for
    for (const GraphNode& node : graph->nodes)
        if (node.kind == NodeKind::Token && !used.contains(keyOf(node)))
            influenceOf[graph->promptTokens[node.position.index()]]
                = static_cast<double>(node.rawInfluence);
    for (const WordLeftOut& word : told.wordsLeftOut) {
        ASSERT_TRUE(influenceOf.contains(word.name)) << word.name;
        EXPECT_DOUBLE_EQ(word.influence, influenceOf[word.name]);
        EXPECT_GE(word.influence, 0.02);
    }
    const ExplainedBox& answer = told.boxes.back();
    EXPECT_EQ(answer.kind, NodeKind::Logit);
    const GraphNode& logit = graph->nodes[static_cast<std::size_t>(mostProbableLogit(*graph))];
    EXPECT_EQ(answer.nodes.front(), keyOf(logit));
    EXPECT_NEAR(told.probability, static_cast<double>(logit.probability), 1e-5);
    EXPECT_THAT(told.story.title, HasSubstr("Why "));
    EXPECT_EQ(told.story.lines.size(), told.arrows.size());
}

TEST_F(ExplainRequests, EveryNumberOfAnArrowIsTheGraphsOrTheModels)
{
    request.mostBoxes = 24; // the random model needs many
    request.share = 1.0;
    const Explanation told = explained();
    ASSERT_FALSE(told.arrows.empty());
    int checked = 0;
    for (const ExplainedArrow& arrow : told.arrows) {
        const ExplainedBox &from = told.boxes[static_cast<std::size_t>(arrow.from)],
                           &to = told.boxes[static_cast<std::size_t>(arrow.to)];
        double sum = 0;
        for (const GraphEdge& edge : graph->edges) {
            const auto isIn = [&](const ExplainedBox& box, std::int32_t node) {
                return std::count(box.nodes.begin(), box.nodes.end(),
                           keyOf(graph->nodes[static_cast<std::size_t>(node)]))
                    > 0;
            };
            if (isIn(from, edge.source) && isIn(to, edge.target))
                sum += static_cast<double>(edge.weight);
        }
        EXPECT_NEAR(arrow.effect, sum, 1e-9);
        if (from.kind != NodeKind::Feature)
            continue;
        InterveneRequest ablate;
        for (const int id : {5, 17, 80, 33})
            ablate.ids.emplace_back(id);
        for (const NodeKey& key : from.nodes)
            ablate.settings.push_back({{key.layer, key.position, key.feature}, 0.0});
        const auto ran = bench.run(ablate);
        ASSERT_TRUE(ran) << ran.error().message;
        const TokenId answer = told.boxes.back().nodes.front().token;
        const auto found = std::find_if(ran->after.begin(), ran->after.end(),
            [&](const NextToken& next) { return next.id == answer; });
        if (found != ran->after.end()) {
            EXPECT_NEAR(arrow.answerAfter, found->probability, 1e-5);
        } else { // no longer among the most probable
            EXPECT_LE(arrow.answerAfter, ran->after.back().probability + 1e-5);
        }
        ++checked;
    }
    EXPECT_GT(checked, 0);
}

TEST_F(ExplainRequests, APersonsLabelIsTheNameOfItsBox)
{
    const Explanation before = explained();
    const auto box = std::find_if(before.boxes.begin(), before.boxes.end(),
        [](const ExplainedBox& one) { return one.kind == NodeKind::Feature; });
    ASSERT_NE(box, before.boxes.end());
    const NodeKey& key = box->nodes.front();
    auto labelled = std::make_shared<AttributionGraph>(*graph);
    std::string dictionary;
    for (GraphNode& node : labelled->nodes)
        if (keyOf(node) == key) {
            node.label = "Texas";
            dictionary = node.dictionary;
        }
    request.graph = labelled; // no workspace: the graph alone knows the label
    const Explanation after = explained();
    EXPECT_TRUE(std::any_of(after.boxes.begin(), after.boxes.end(), [&](const ExplainedBox& one) {
        return std::count(one.nodes.begin(), one.nodes.end(), key) > 0
            && (one.name.starts_with("Texas") || one.nodes.size() > 1
                || one.name.starts_with("says"));
    }));
}

TEST_F(ExplainRequests, TheOutputThatIsChosenIsExplained)
{
    std::vector<int> logits;
    for (std::size_t i = 0; i < graph->nodes.size(); ++i)
        if (graph->nodes[i].kind == NodeKind::Logit)
            logits.push_back(static_cast<int>(i));
    ASSERT_EQ(logits.size(), 2u);
    for (const int logit : logits) {
        request.logit = logit;
        EXPECT_EQ(explained().boxes.back().nodes.front(),
            keyOf(graph->nodes[static_cast<std::size_t>(logit)]));
    }
    request.logit = 0;
    ASSERT_NE(graph->nodes[0].kind, NodeKind::Logit);
    EXPECT_FALSE(bench.run(request));
}

TEST_F(ExplainRequests, WhatCannotBeExplainedIsSaid)
{
    ExplainRequest none;
    EXPECT_FALSE(bench.run(none));
    auto gone = std::make_shared<AttributionGraph>(*graph);
    gone->id = 4711;
    request.graph = gone;
    const auto missing = bench.run(request);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Error::Code::NotFound);
    request.graph = graph;
    request.mostBoxes = 2;
    EXPECT_FALSE(bench.run(request));
    request.mostBoxes = 7;
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = bench.run(request, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
}

} // namespace
