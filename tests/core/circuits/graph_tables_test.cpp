#include "core/circuits/graph_tables.h"
#include "core/model/tensor_io.h"
#include "tests/core/files/temporary_folder.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using namespace core;

TEST(NodeTable, HasALineForEachNodeAndQuotesWhatNeedsIt)
{
    AttributionGraph graph;
    graph.promptTokens = {"a", "b,c"};
    graph.nodes.resize(3);
    graph.nodes[0].kind = NodeKind::Token;
    graph.nodes[0].position = Position(1);
    graph.nodes[0].label = "b,c";
    graph.nodes[0].rawInfluence = 0.5f;
    graph.nodes[1].kind = NodeKind::Feature;
    graph.nodes[1].layer = Layer(2);
    graph.nodes[1].position = Position(1);
    graph.nodes[1].feature = FeatureId(17);
    graph.nodes[1].dictionary = "t2";
    graph.nodes[1].label = "says \"hi\"";
    graph.nodes[1].activation = 1.5f;
    graph.nodes[1].influence = 0.25f;
    graph.nodes[1].isPinned = true;
    graph.nodes[2].kind = NodeKind::Logit;
    graph.nodes[2].layer = Layer(3);
    graph.nodes[2].position = Position(1);
    graph.nodes[2].label = "x";
    graph.nodes[2].probability = 0.75f;
    graph.edges = {{0, 1, 2.0f}, {1, 2, -0.5f}};
    graph.supernodes = {{"greeting", {1}}};
    EXPECT_EQ(nodeTable(graph),
        "kind,layer,position,token,feature,dictionary,label,activation,probability,influence,"
        "cumulative_influence,sum_of_inputs,sum_of_outputs,pinned,supernode\n"
        "token,,1,\"b,c\",,,\"b,c\",,,0.5,,0,2,0,\n"
        "feature,2,1,\"b,c\",17,t2,\"says \"\"hi\"\"\",1.5,,0,0.25,2,-0.5,1,greeting\n"
        "logit,3,1,\"b,c\",,,x,,0.75,0,,-0.5,0,0,\n");
}

TEST(GraphTensors, HoldTheMatrixInItsOrderWithMasks)
{
    GraphMatrix matrix;
    matrix.n_layers = 1;
    matrix.tokens = {TokenId(4), TokenId(6)};
    matrix.features = {{Layer(0), Position(1), FeatureId(9), 2.5f}};
    matrix.logits = {{TokenId(3), 0.9}};
    const auto n = static_cast<std::size_t>(matrix.size());
    ASSERT_EQ(n, 6u);
    matrix.adjacency.assign(n * n, 0.0f);
    matrix.adjacency[0 * n + 3] = 1.0f; // feature from token 0
    matrix.adjacency[5 * n + 0] = 0.5f; // logit from feature
    const tests::TemporaryFolder folder;
    const auto path = (folder / "graph.safetensors").string();
    const auto traced = analyzeGraph(std::move(matrix));
    ASSERT_TRUE(traced);
    ASSERT_TRUE(saveGraphTensors(path, *traced));
    const auto tensors = loadTensors(path);
    ASSERT_TRUE(tensors) << tensors.error().message;
    EXPECT_TRUE(
        at::equal(tensors->at("active_features"), at::tensor({0, 1, 9}, at::kLong).view({1, 3})));
    EXPECT_EQ(tensors->at("adjacency_matrix")[5][0].item<float>(), 0.5f);
    EXPECT_EQ(tensors->at("adjacency_matrix").count_nonzero().item<int>(), 2);
    EXPECT_EQ(tensors->at("edge_mask").sum().item<int>(), 2);
    EXPECT_EQ(tensors->at("node_mask")[0].item<int>(), 1);
    EXPECT_EQ(tensors->at("logit_token_ids")[0].item<int>(), 3);
    EXPECT_FALSE(saveGraphTensors((folder / "no" / "such" / "x.safetensors").string(), *traced));
}

} // namespace
