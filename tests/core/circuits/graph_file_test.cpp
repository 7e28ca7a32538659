#include "core/circuits/build_graph.h"
#include "core/circuits/graph_file.h"
#include "core/circuits/graph_node_json.h"
#include "core/circuits/subgraph_scores.h"
#include "tests/core/circuits/oracle_tensors.h"
#include "tests/support/fixtures.h"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace {

using namespace core;
using nlohmann::json;

const char* const kRealGraphs[] = {"capital_oakland-20251026-163348.json",
    "clt-hp-the-capital-of-201020250035-20251020-003525.json",
    "le-contraire-de-20251027-140230.json"};

/// Links carry no order that means anything once the graph is read.
json sorted(json graph)
{
    std::sort(graph["links"].begin(), graph["links"].end(),
        [](const json& a, const json& b) { return a.dump() < b.dump(); });
    return graph;
}

TEST(GraphFile, RealGraphsSurviveReadingAndWriting)
{
    REQUIRE_SHARED_FIXTURE("formats/graphs");
    for (const char* name : kRealGraphs) {
        SCOPED_TRACE(name);
        const auto path = tests::sharedFixture("formats/graphs") / name;
        const json original = tests::oracleJson(path);
        const auto graph = readGraphFile(path);
        ASSERT_TRUE(graph) << graph.error().message;
        EXPECT_EQ(graph->nLayers, 26);
        EXPECT_EQ(graph->model, "gemma-2-2b");
        EXPECT_EQ(graph->nodes.size(), original["nodes"].size());
        EXPECT_EQ(graph->edges.size(), original["links"].size());
        EXPECT_EQ(graph->settings.edgeThreshold, 0.85);
        EXPECT_EQ(sorted(json::parse(graphJson(*graph, "other"))), sorted(original));
    }
}

TEST(GraphFile, ReadsWhatARealGraphSays)
{
    REQUIRE_SHARED_FIXTURE("formats/graphs");
    const auto graph = readGraphFile(tests::sharedFixture("formats/graphs") / kRealGraphs[0]);
    ASSERT_TRUE(graph) << graph.error().message;
    const GraphNode& feature = graph->nodes.front();
    EXPECT_EQ(feature.kind, NodeKind::Feature);
    EXPECT_EQ(feature.feature, FeatureId(12284));
    EXPECT_EQ(feature.layer, Layer(0));
    EXPECT_EQ(feature.position, Position(1));
    EXPECT_FLOAT_EQ(feature.activation, 2.8125f);
    const auto logit = std::find_if(graph->nodes.begin(), graph->nodes.end(),
        [](const GraphNode& node) { return node.kind == NodeKind::Logit; });
    EXPECT_EQ(logit->label, " Sacramento");
    EXPECT_EQ(logit->token, TokenId(43939));
    EXPECT_EQ(logit->layer, Layer(26));
    const auto token = std::find_if(graph->nodes.begin(), graph->nodes.end(),
        [](const GraphNode& node) { return node.kind == NodeKind::Token; });
    EXPECT_EQ(token->label, "<bos>");
    EXPECT_EQ(token->y, 0.0f);
}

TEST(GraphFile, ScoresOfRealGraphsAgreeWithTheReference)
{
    REQUIRE_SHARED_FIXTURE("formats/graphs/scores/expected.json");
    const json expected
        = tests::oracleJson(tests::sharedFixture("formats/graphs/scores/expected.json"));
    for (const char* name : kRealGraphs) {
        SCOPED_TRACE(name);
        auto graph = readGraphFile(tests::sharedFixture("formats/graphs") / name);
        ASSERT_TRUE(graph) << graph.error().message;
        const json& row = expected[name];
        EXPECT_NEAR(
            graph->replacementScore, row["replacement_completeness_all"][0].get<double>(), 1e-5);
        EXPECT_NEAR(
            graph->completenessScore, row["replacement_completeness_all"][1].get<double>(), 1e-5);
        const auto pins = row["pins_25_most_influential"].get<std::vector<std::string>>();
        for (GraphNode& node : graph->nodes)
            node.isPinned = node.kind == NodeKind::Feature
                && std::find(pins.begin(), pins.end(), nodeId(node, graph->nLayers)) != pins.end();
        const auto pinned = subgraphScores(*graph, ScoredFeatures::Pinned);
        ASSERT_TRUE(pinned) << pinned.error().message;
        EXPECT_NEAR(
            pinned->replacement, row["replacement_completeness_pinned"][0].get<double>(), 1e-5);
        EXPECT_NEAR(
            pinned->completeness, row["replacement_completeness_pinned"][1].get<double>(), 1e-5);
    }
}

const char* const kSmall = R"json({
 "metadata": {"slug": "s", "scan": "m", "prompt": "a b", "prompt_tokens": ["a", " b"], "title_prefix": "x"},
 "qParams": {"pinnedIds": "0_4_1,gone", "supernodes": "[[\"both\", \"0_4_1\", \"E_3_0\"]]", "gridsnap": true},
 "qk_only_nodes": [1],
 "nodes": [
  {"node_id": "E_3_0", "layer": "E", "ctx_idx": 0, "feature_type": "embedding"},
  {"node_id": "E_5_1", "layer": "E", "ctx_idx": 1, "feature_type": "embedding", "influence": NaN},
  {"node_id": "0_4_1", "feature": 14, "layer": 0, "ctx_idx": 1, "feature_type": "cross layer transcoder", "clerp": "NaN \" label", "activation": 2.5},
  {"node_id": "0_4_1", "feature": -1, "layer": "4", "ctx_idx": 1, "feature_type": "mlp reconstruction error"},
  {"node_id": "6_9_1", "feature": 9, "layer": "6", "ctx_idx": 1, "feature_type": "logit", "token_prob": 0.75, "clerp": "Output \" c\" (p=0.750)", "is_target_logit": true}
 ],
 "links": [
  {"source": "E_3_0", "target": "0_4_1", "weight": -1.5},
  {"source": "0_4_1", "target": "6_9_1", "weight": 2},
  {"source": "0_4_1", "target": "6_9_1", "weight": 0.5},
  {"source": "0_8_1", "target": "6_9_1", "weight": 3},
  {"source": "E_5_1", "target": "6_9_1", "weight": Infinity}
 ]})json";

TEST(GraphFile, ToleratesWhatOtherProducersWrite)
{
    const auto graph = parseGraph(kSmall, "small.json");
    ASSERT_TRUE(graph) << graph.error().message;
    ASSERT_EQ(graph->nodes.size(), 5u);
    EXPECT_EQ(graph->nLayers, 5);
    EXPECT_TRUE(graph->nodes[2].isPinned);
    EXPECT_FALSE(graph->nodes[3].isPinned); // The id names both; a pin means the feature.
    EXPECT_EQ(graph->nodes[2].label, "NaN \" label");
    ASSERT_EQ(graph->supernodes.size(), 1u);
    EXPECT_EQ(graph->supernodes[0].nodes, (std::vector<std::int32_t>{2, 0}));
    EXPECT_LT(graph->nodes[1].influence, 0.0f);
    ASSERT_EQ(graph->edges.size(), 3u);
    EXPECT_EQ(
        graph->edges[0].source, 2); // Of two links with one name the first is the feature's ...
    EXPECT_EQ(graph->edges[2].source, 3); // ... and the second the error's.
    EXPECT_NE(
        graph->note.find("1 links point at nodes that are not in the file"), std::string::npos)
        << graph->note;
    EXPECT_NE(graph->note.find("1 links have no finite weight"), std::string::npos) << graph->note;
    EXPECT_NE(graph->note.find("names a feature and an error node"), std::string::npos)
        << graph->note;

    const json written = json::parse(graphJson(*graph, "s"));
    EXPECT_EQ(written["qk_only_nodes"], json({1}));
    EXPECT_EQ(written["metadata"]["title_prefix"], "x");
    EXPECT_EQ(written["qParams"]["pinnedIds"], "0_4_1,gone"); // Unchanged, so left as it was.
    EXPECT_EQ(written["qParams"]["gridsnap"], true);
    EXPECT_FALSE(written["nodes"][0].contains("influence"));
}

TEST(GraphFile, EditsReachTheFileAndComeBack)
{
    auto graph = parseGraph(kSmall, "small.json");
    ASSERT_TRUE(graph);
    graph->nodes[2].isPinned = false;
    graph->nodes[4].isPinned = true;
    graph->nodes[2].label = "a new name";
    graph->supernodes.push_back({"more", {4}});
    const auto again = parseGraph(graphJson(*graph, "s"), "again.json");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_FALSE(again->nodes[2].isPinned);
    EXPECT_TRUE(again->nodes[4].isPinned);
    EXPECT_EQ(again->nodes[2].label, "a new name");
    ASSERT_EQ(again->supernodes.size(), 2u);
    EXPECT_EQ(again->supernodes[1].label, "more");
    EXPECT_EQ(again->supernodes[1].nodes, (std::vector<std::int32_t>{4}));
}

AttributionGraph ownGraph()
{
    GraphMatrix matrix;
    matrix.n_layers = 2;
    matrix.dictionaries = {"transcoders/layer_0", "transcoders/layer_1"};
    matrix.tokens = {TokenId(0), TokenId(7)};
    matrix.features = {{Layer(0), Position(1), FeatureId(3), 1.25f},
        {Layer(1), Position(1), FeatureId(50000), 2.0f}};
    matrix.logits = {{TokenId(9), 0.625}, {TokenId(11), 0.125}};
    const auto n = static_cast<std::size_t>(matrix.size());
    matrix.adjacency.assign(n * n, 0.0f);
    matrix.adjacency[0 * n + 7] = 2.0f;
    matrix.adjacency[1 * n + 0] = -3.1f;
    matrix.adjacency[1 * n + 3] = 1.0f;
    matrix.adjacency[8 * n + 1] = 4.0f;
    matrix.adjacency[9 * n + 1] = 0.3f;
    auto traced = analyzeGraph(std::move(matrix));
    traced->model = "tiny";
    traced->prompt = "x y";
    traced->promptTokens = {"<s>", " y"};
    AttributionGraph graph = buildGraph(*traced, 1.0, 1.0, [](const GraphNode& node) {
        return node.kind == NodeKind::Feature ? std::string("label")
                                              : fmt::format(" t{}", node.token.value);
    });
    for (GraphNode& node : graph.nodes)
        if (node.kind == NodeKind::Token)
            node.label = graph.promptTokens[static_cast<std::size_t>(node.position.value)];
    graph.nodes[1].isPinned = true;
    graph.supernodes = {{"pair", {0, 1}}};
    return graph;
}

TEST(GraphFile, OwnGraphsComeBackWhole)
{
    const AttributionGraph graph = ownGraph();
    const auto path = std::filesystem::path(testing::TempDir()) / "own-graph.json";
    ASSERT_TRUE(writeGraphFile(graph, path));
    const auto again = readGraphFile(path);
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(again->nodes.size(), graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const GraphNode &a = graph.nodes[i], &b = again->nodes[i];
        SCOPED_TRACE(i);
        EXPECT_EQ(a.kind, b.kind);
        EXPECT_EQ(a.layer, b.layer);
        EXPECT_EQ(a.position, b.position);
        EXPECT_EQ(a.feature, b.feature);
        EXPECT_EQ(a.token, b.token);
        EXPECT_EQ(a.dictionary, b.dictionary);
        EXPECT_EQ(a.label, b.label);
        EXPECT_EQ(a.activation, b.activation);
        EXPECT_EQ(a.influence, b.influence);
        EXPECT_EQ(a.rawInfluence, b.rawInfluence);
        EXPECT_EQ(a.probability, b.probability);
        EXPECT_EQ(a.x, b.x);
        EXPECT_EQ(a.y, b.y);
        EXPECT_EQ(a.isPinned, b.isPinned);
    }
    ASSERT_EQ(again->edges.size(), graph.edges.size());
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
        EXPECT_EQ(again->edges[i].source, graph.edges[i].source);
        EXPECT_EQ(again->edges[i].target, graph.edges[i].target);
        EXPECT_EQ(again->edges[i].weight, graph.edges[i].weight);
    }
    EXPECT_EQ(again->promptTokens, graph.promptTokens);
    EXPECT_EQ(again->dictionaries, graph.dictionaries);
    EXPECT_EQ(again->nLayers, graph.nLayers);
    EXPECT_EQ(again->unprunedNodes, graph.unprunedNodes);
    EXPECT_EQ(again->unprunedEdges, graph.unprunedEdges);
    EXPECT_EQ(again->replacementScore, graph.replacementScore);
    EXPECT_EQ(again->completenessScore, graph.completenessScore);
    EXPECT_EQ(again->errorShare, graph.errorShare);
    ASSERT_EQ(again->supernodes.size(), 1u);
    EXPECT_EQ(again->supernodes[0].nodes, graph.supernodes[0].nodes);
    EXPECT_EQ(graphJson(*again, "own-graph"),
        graphJson(graph, "own-graph")); // Save, load, save: the same bytes.
    std::filesystem::remove(path);
}

TEST(GraphFile, HostileFilesGiveClearErrors)
{
    const std::pair<const char*, const char*> cases[] = {
        {"", "not valid JSON"},
        {"[]", "`nodes` and `links`"},
        {"{\"nodes\": 3, \"links\": []}", "must be lists"},
        {"{\"nodes\": [], \n \"links\": [", "line 2"},
        {"{\"nodes\": [7], \"links\": []}", "nodes[0] is not an object"},
        {R"({"nodes": [{"feature_type": "logit"}], "links": []})", "nodes[0] has no `node_id`"},
        {R"({"nodes": [{"node_id": "0_1_2", "layer": 0, "ctx_idx": -4}], "links": []})",
            "`ctx_idx`"},
        {R"({"nodes": [{"node_id": "0_1_2", "layer": 0, "ctx_idx": 1e300}], "links": []})",
            "`ctx_idx`"},
        {R"({"nodes": [{"node_id": "0_1_2", "layer": "x", "ctx_idx": 1}], "links": []})",
            "`layer`"},
        {R"({"nodes": [{"node_id": "0_1_2", "layer": 2.5, "ctx_idx": 1}], "links": []})",
            "`layer`"},
        {R"({"nodes": [], "links": [{"source": 4, "target": "a"}]})", "links[0]"},
        {R"({"nodes": [], "links": [[]]})", "links[0]"},
    };
    for (const auto& [text, expected] : cases) {
        const auto graph = parseGraph(text, "bad.json");
        ASSERT_FALSE(graph) << text;
        EXPECT_EQ(graph.error().code, Error::Code::InvalidFile);
        EXPECT_NE(graph.error().message.find(expected), std::string::npos) << graph.error().message;
        EXPECT_EQ(graph.error().message.find("bad.json"), 0u) << graph.error().message;
    }
}

TEST(GraphFile, OddButReadableFilesDoNotBreakAnything)
{
    for (const char* text :
        {
            R"({"nodes": [], "links": []})",
            R"({"nodes": [], "links": [], "metadata": 3, "qParams": [1]})",
            R"({"nodes": [{"node_id": "a", "layer": 9999, "ctx_idx": 999999}], "links": []})",
            R"({"nodes": [{"node_id": "99999999999999999999_1_1", "layer": "3", "ctx_idx": 0, "feature": 18446744073709551615}], "links": []})",
            R"({"nodes": [{"node_id": "E_1_0", "ctx_idx": 0, "feature_type": "embedding"}], "links": [{"source": "E_1_0", "target": "E_1_0", "weight": 1}]})",
            R"({"nodes": [{"node_id": "i_1", "layer": "-1", "ctx_idx": 0, "feature_type": "logit"}], "links": [], "metadata": {"prompt_tokens": [1, null], "featurescope": {"n_layers": 1e99, "raw_influence": "x"}}})",
        }) {
        const auto graph = parseGraph(text, "odd.json");
        ASSERT_TRUE(graph) << text << ": " << graph.error().message;
        const auto again = parseGraph(graphJson(*graph, "odd"), "again.json");
        EXPECT_TRUE(again) << again.error().message;
    }
}

TEST(GraphFile, EveryCutOfAFileIsRefusedOrRead)
{
    const std::string whole = kSmall;
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_FALSE(parseGraph(whole.substr(0, length), "cut.json")) << length;
}

TEST(CantorPairing, IsItsOwnInverseAlsoBeyond32Bits)
{
    EXPECT_EQ(cantorPair(0, 12284), 75466754u);
    for (const std::uint64_t layer : {0ull, 1ull, 25ull, 79ull})
        for (const std::uint64_t feature :
            {0ull, 1ull, 98303ull, 1048575ull, 33554431ull, 2147483646ull})
            EXPECT_EQ(cantorUnpair(cantorPair(layer, feature)), (std::pair{layer, feature}));
}

TEST(GraphFile, LabelsOfTheViewerAreReadAndNotLeftStale)
{
    // cantor(1, 4) = (1 + 4)(1 + 4 + 1) / 2 + 4 = 19, so 1_19 is layer 1, feature 4.
    const std::string text
        = R"({"metadata": {"slug": "s", "scan": "m", "prompt_tokens": ["a", "b"]},
 "qParams": {"clerps": [["0_4", "by index"], ["1_19", "by pair"], ["9_9", "nobody's"]]},
 "nodes": [
  {"node_id": "0_4_1", "feature": 14, "layer": "0", "ctx_idx": 1, "feature_type": "cross layer transcoder", "clerp": "old"},
  {"node_id": "1_4_1", "feature": 19, "layer": "1", "ctx_idx": 1, "feature_type": "cross layer transcoder", "clerp": ""}],
 "links": []})";
    auto graph = parseGraph(text, "g.json");
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_EQ(graph->nodes[0].label, "by index");
    EXPECT_EQ(graph->nodes[1].label, "by pair");
    auto written = nlohmann::json::parse(graphJson(*graph, "s"));
    EXPECT_EQ(written["qParams"]["clerps"][0][1], "by index");
    EXPECT_EQ(written["nodes"][0]["clerp"], "by index");
    graph->nodes[0].label = "renamed";
    written = nlohmann::json::parse(graphJson(*graph, "s"));
    EXPECT_EQ(written["qParams"]["clerps"],
        nlohmann::json::parse(R"([["0_4", "renamed"], ["1_19", "by pair"], ["9_9", "nobody's"]])"));
    EXPECT_EQ(parseGraph(written.dump(), "g.json")->nodes[0].label, "renamed");
}

} // namespace
