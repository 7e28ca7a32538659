#include "tests/ui/support/small_graph.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace tests {

namespace {

std::int32_t add(core::AttributionGraph& graph, core::NodeKind kind, int layer, int position,
    int number, const std::string& label, float x = 0)
{
    core::GraphNode node;
    node.kind = kind;
    node.position = core::Position(position);
    node.label = label;
    node.x = static_cast<float>(position) + x;
    node.y = static_cast<float>(layer + 1);
    if (kind != core::NodeKind::Token)
        node.layer = core::Layer(layer);
    if (kind == core::NodeKind::Feature) {
        node.feature = core::FeatureId(number);
        node.dictionary = "transcoders/layer_" + std::to_string(layer);
        node.activation = 3.5f;
        node.rawInfluence = 0.01f * static_cast<float>(number % 10 + 1);
        node.influence = 0.5f;
    }
    if (kind == core::NodeKind::Token || kind == core::NodeKind::Logit)
        node.token = core::TokenId(number);
    graph.nodes.push_back(node);
    return static_cast<std::int32_t>(graph.nodes.size()) - 1;
}

void sortEdges(core::AttributionGraph& graph)
{
    std::stable_sort(graph.edges.begin(), graph.edges.end(),
        [](const auto& a, const auto& b) { return std::fabs(a.weight) > std::fabs(b.weight); });
}

} // namespace

std::shared_ptr<core::AttributionGraph> smallGraph()
{
    using core::NodeKind;
    auto graph = std::make_shared<core::AttributionGraph>();
    graph->id = 7;
    graph->model = "city-model";
    graph->prompt = "capital of Dallas";
    graph->promptTokens = {"capital", " of", " Dallas"};
    graph->dictionaries = {"transcoders/layer_0", "transcoders/layer_1"};
    graph->nLayers = 2;
    for (int t = 0; t < 3; ++t)
        add(*graph, NodeKind::Token, -1, t, 100 + t,
            graph->promptTokens[static_cast<std::size_t>(t)]);
    add(*graph, NodeKind::Feature, 0, 0, 11, "say a capital"); // 3
    add(*graph, NodeKind::Feature, 0, 2, 12, "Dallas", -0.2f); // 4
    add(*graph, NodeKind::Feature, 0, 2, 13, "cities", 0.2f); // 5
    add(*graph, NodeKind::Feature, 1, 2, 14, "Texas"); // 6
    add(*graph, NodeKind::Feature, 1, 0, 15, ""); // 7
    add(*graph, NodeKind::Error, 1, 2, -1, "", 0.3f); // 8
    add(*graph, NodeKind::Logit, 2, 2, 200, " Austin", -0.2f); // 9
    graph->nodes.back().probability = 0.75f;
    add(*graph, NodeKind::Logit, 2, 2, 201, " Dallas", 0.2f); // 10
    graph->nodes.back().probability = 0.125f;
    graph->edges = {{2, 4, 2.0f}, {2, 5, 1.0f}, {0, 3, 1.5f}, {4, 6, 3.0f}, {5, 6, 0.5f},
        {3, 7, 0.75f}, {6, 9, 4.0f}, {6, 10, -1.25f}, {7, 9, 2.5f}, {8, 9, 0.25f}, {5, 10, 0.6f}};
    sortEdges(*graph);
    graph->unprunedNodes = 1204;
    graph->unprunedEdges = 41318;
    graph->replacementScore = 0.625;
    graph->completenessScore = 0.875;
    graph->errorShare = 0.25;
    graph->seconds = 1.5;
    return graph;
}

std::shared_ptr<core::AttributionGraph> largeGraph(int nodes, int edges)
{
    auto graph = std::make_shared<core::AttributionGraph>();
    graph->id = 8;
    graph->nLayers = 6;
    graph->prompt = "one two three four five six seven eight nine ten";
    for (int t = 0; t < 10; ++t)
        graph->promptTokens.push_back(" word" + std::to_string(t));
    for (int i = 0; i < nodes; ++i)
        add(*graph, core::NodeKind::Feature, (i / 10) % 6, i % 10, i,
            "a concept of some length " + std::to_string(i), 0.001f * static_cast<float>(i));
    for (int e = 0; e < edges; ++e)
        graph->edges.push_back({(e * 7) % nodes, (e * 13 + 1) % nodes,
            1.0f / static_cast<float>(e + 1) * (e % 3 ? 1.0f : -1.0f)});
    sortEdges(*graph);
    return graph;
}

} // namespace tests
