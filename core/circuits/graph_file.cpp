#include "core/circuits/graph_file.h"

#include "core/circuits/graph_node_json.h"
#include "core/circuits/graph_qparams.h"
#include "core/files/atomic_write.h"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace core {

using nlohmann::json;

namespace {

json ownMetadata(const AttributionGraph& graph, const std::string& slug)
{
    json rawInfluence = json::array();
    for (const GraphNode& node : graph.nodes)
        rawInfluence.push_back(node.rawInfluence);
    return {{"slug", slug}, {"scan", graph.model}, {"transcoder_list", graph.dictionaries},
        {"prompt_tokens", graph.promptTokens}, {"prompt", graph.prompt},
        {"node_threshold", graph.settings.nodeThreshold}, {"schema_version", 1},
        {"generation_settings",
            {{"max_n_logits", graph.settings.maxLogits},
                {"desired_logit_prob", graph.settings.logitProbability},
                {"max_feature_nodes", graph.settings.maxFeatures}}},
        {"pruning_settings",
            {{"node_threshold", graph.settings.nodeThreshold},
                {"edge_threshold", graph.settings.edgeThreshold}}},
        {"featurescope",
            {{"n_layers", graph.nLayers}, {"unpruned_nodes", graph.unprunedNodes},
                {"unpruned_edges", graph.unprunedEdges},
                {"replacement_score", graph.replacementScore},
                {"completeness_score", graph.completenessScore}, {"error_share", graph.errorShare},
                {"error_share_by_layer", graph.errorShareByLayer},
                {"active_features", graph.activeFeatures},
                {"traced_features", graph.tracedFeatures}, {"method", graph.method},
                {"seconds", graph.seconds}, {"raw_influence", rawInfluence}}}};
}

/// Fields in which a node of a file differs from what this program would write.
void applyNodeExtras(json& node, const json& extras, bool hasOwnLabel)
{
    if (!extras.is_object())
        return;
    const json set = extras.value("set", json::object()),
               drop = extras.value("drop", json::array());
    for (const auto& [key, value] : set.items())
        if (key != "clerp" || !hasOwnLabel)
            node[key] = value;
    for (const json& key : drop)
        if (key != "clerp" || !hasOwnLabel)
            node.erase(key.get<std::string>());
}

} // namespace

std::string graphJson(const AttributionGraph& graph, const std::string& slug)
{
    json extras = json::parse(graph.fileExtras.empty() ? "{}" : graph.fileExtras, nullptr, false);
    if (!extras.is_object())
        extras = json::object();
    json out = extras.value("top", json::object());
    out["metadata"] = extras.contains("metadata") ? extras["metadata"] : ownMetadata(graph, slug);

    const json nodeExtras = extras.value("nodes", json::array());
    const bool hasNodeExtras = nodeExtras.size() == graph.nodes.size();
    json nodes = json::array();
    std::vector<std::string> ids;
    bool isFirstLogit = true;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const GraphNode& node = graph.nodes[i];
        const bool isTarget = node.kind == NodeKind::Logit && isFirstLogit;
        isFirstLogit = isFirstLogit && node.kind != NodeKind::Logit;
        json written = nodeToJson(node, graph.nLayers, isTarget);
        if (hasNodeExtras)
            applyNodeExtras(
                written, nodeExtras[i], node.kind == NodeKind::Feature && !node.label.empty());
        ids.push_back(written["node_id"].get<std::string>());
        nodes.push_back(std::move(written));
    }
    out["qParams"] = writeQParams(graph, ids, extras.value("qParams", json()));
    json links = json::array();
    for (const GraphEdge& edge : graph.edges)
        links.push_back({{"source", ids[static_cast<std::size_t>(edge.source)]},
            {"target", ids[static_cast<std::size_t>(edge.target)]}, {"weight", edge.weight}});
    out["nodes"] = std::move(nodes);
    out["links"] = std::move(links);
    return out.dump(1, ' ', false, json::error_handler_t::replace);
}

Result<void> writeGraphFile(const AttributionGraph& graph, const std::filesystem::path& path)
{
    return writeAtomically(path, graphJson(graph, path.stem().string()));
}

} // namespace core
