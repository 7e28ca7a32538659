#include "core/circuits/graph_tables.h"

#include "core/circuits/pruning.h"
#include "core/files/atomic_write.h"
#include "core/model/tensor_io.h"

#include <cstring>

#include <ATen/ATen.h>
#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

/// Quoted where commas, quotes or line ends are in it (RFC 4180).
std::string csvField(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

const char* kindName(NodeKind kind)
{
    switch (kind) {
    case NodeKind::Feature:
        return "feature";
    case NodeKind::Error:
        return "error";
    case NodeKind::Token:
        return "token";
    case NodeKind::Logit:
        break;
    }
    return "logit";
}

} // namespace

/// The unpruned graph as tensors, in circuit-tracer's order.
Result<void> saveGraphTensors(const std::string& path, const TracedGraph& traced)
{
    const GraphMatrix& matrix = traced.matrix;
    const auto n = matrix.size();
    const auto count = static_cast<std::int64_t>(matrix.features.size());
    const at::Tensor active = at::empty({count, 3}, at::kLong);
    const at::Tensor values = at::empty({count});
    for (std::int64_t i = 0; i < count; ++i) {
        const GraphFeature& feature = matrix.features[static_cast<std::size_t>(i)];
        active[i][0] = feature.at.layer.value;
        active[i][1] = feature.at.position.value;
        active[i][2] = feature.at.feature.value;
        values[i] = feature.activation;
    }
    const auto logits = static_cast<std::int64_t>(matrix.logits.size());
    const at::Tensor ids = at::empty({logits}, at::kLong);
    const at::Tensor probabilities = at::empty({logits});
    for (std::int64_t i = 0; i < logits; ++i) {
        ids[i] = matrix.logits[static_cast<std::size_t>(i)].token.value;
        probabilities[i] = matrix.logits[static_cast<std::size_t>(i)].probability;
    }
    const at::Tensor adjacency = at::empty({n, n});
    std::memcpy(adjacency.data_ptr<float>(), matrix.adjacency.data(),
        matrix.adjacency.size() * sizeof(float));
    const at::Tensor influence = at::empty({n});
    for (std::int64_t i = 0; i < n; ++i)
        influence[i] = traced.influence.influence[static_cast<std::size_t>(i)];
    const Pruned pruned = pruneGraph(
        matrix, traced.influence, traced.settings.nodeThreshold, traced.settings.edgeThreshold);
    const at::Tensor nodeMask = at::zeros({n}, at::kByte);
    for (std::int64_t i = 0; i < n; ++i)
        nodeMask[i] = pruned.isKept[static_cast<std::size_t>(i)] ? 1 : 0;
    const at::Tensor edgeMask = at::zeros({n, n}, at::kByte);
    for (const GraphEdge& edge : pruned.edges)
        edgeMask[edge.target][edge.source] = 1;
    return saveTensors(path,
        {{"active_features", active}, {"activation_values", values},
            {"adjacency_matrix", adjacency}, {"logit_token_ids", ids},
            {"logit_probabilities", probabilities}, {"node_influence", influence},
            {"node_mask", nodeMask}, {"edge_mask", edgeMask}});
}

std::string nodeTable(const AttributionGraph& graph)
{
    std::vector<std::string> groupOf(graph.nodes.size());
    for (const Supernode& supernode : graph.supernodes)
        for (const std::int32_t node : supernode.nodes)
            groupOf[static_cast<std::size_t>(node)] = supernode.label;
    std::vector<double> in(graph.nodes.size(), 0.0), out(graph.nodes.size(), 0.0);
    for (const GraphEdge& edge : graph.edges) {
        in[static_cast<std::size_t>(edge.target)] += edge.weight;
        out[static_cast<std::size_t>(edge.source)] += edge.weight;
    }
    const auto number = [](bool isKnown, auto value) {
        return isKnown ? fmt::format("{}", value) : std::string();
    };
    std::string text = "kind,layer,position,token,feature,dictionary,label,activation,probability,"
                       "influence,cumulative_influence,sum_of_inputs,sum_of_outputs,pinned,"
                       "supernode\n";
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const GraphNode& node = graph.nodes[i];
        const bool isFeature = node.kind == NodeKind::Feature;
        const auto position = node.position.index();
        text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", kindName(node.kind),
            number(node.layer.isValid(), node.layer.value), node.position.value,
            position < graph.promptTokens.size() ? csvField(graph.promptTokens[position])
                                                 : std::string(),
            number(isFeature, node.feature.value), csvField(node.dictionary), csvField(node.label),
            number(isFeature, node.activation),
            number(node.kind == NodeKind::Logit, node.probability), node.rawInfluence,
            number(node.influence >= 0.0f, node.influence), in[i], out[i], node.isPinned ? 1 : 0,
            csvField(groupOf[i]));
    }
    return text;
}

Result<void> writeNodeTable(const AttributionGraph& graph, const std::filesystem::path& path)
{
    return writeAtomically(path, nodeTable(graph));
}

} // namespace core
