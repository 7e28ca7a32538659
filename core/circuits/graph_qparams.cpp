#include "core/circuits/graph_qparams.h"

#include "core/circuits/graph_node_json.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

namespace core {

using nlohmann::json;

namespace {

std::vector<std::string> pinnedIds(const json& value)
{
    std::vector<std::string> ids;
    if (value.is_string()) {
        std::stringstream joined(value.get<std::string>());
        for (std::string id; std::getline(joined, id, ',');)
            ids.push_back(id);
    } else if (value.is_array()) {
        for (const json& id : value)
            if (id.is_string())
                ids.push_back(id.get<std::string>());
    }
    return ids;
}

/// [label, id, id...] lists.
std::vector<std::vector<std::string>> supernodeLists(const json& value)
{
    if (value.is_string()) {
        const json inner = json::parse(value.get<std::string>(), nullptr, false);
        return inner.is_array() ? supernodeLists(inner) : std::vector<std::vector<std::string>>{};
    }
    std::vector<std::vector<std::string>> lists;
    if (!value.is_array())
        return lists;
    for (const json& group : value) {
        std::vector<std::string> list;
        if (group.is_array())
            for (const json& entry : group)
                if (entry.is_string())
                    list.push_back(entry.get<std::string>());
        if (list.size() >= 2)
            lists.push_back(std::move(list));
    }
    return lists;
}

/// [feature id, label] pairs.
json labelPairs(const json& value)
{
    if (value.is_string()) {
        const json inner = json::parse(value.get<std::string>(), nullptr, false);
        return inner.is_array() ? labelPairs(inner) : json::array();
    }
    json pairs = json::array();
    if (value.is_array())
        for (const json& pair : value)
            if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string())
                pairs.push_back(pair);
    return pairs;
}

/// The ids under which viewers keep a feature's own label: by layer and index, by layer and the
/// paired number, or one node's.
std::vector<std::string> labelIds(const GraphNode& node)
{
    if (node.kind != NodeKind::Feature || !node.layer.isValid() || !node.feature.isValid())
        return {};
    const auto layer = static_cast<std::uint64_t>(node.layer.value),
               feature = static_cast<std::uint64_t>(node.feature.value);
    const std::string byIndex = std::to_string(layer) + "_" + std::to_string(feature);
    const std::string paired = std::to_string(cantorPair(layer, feature));
    return {byIndex, byIndex + "-0", byIndex + "_" + std::to_string(node.position.value),
        std::to_string(layer) + "_" + paired, paired};
}

json member(const json& object, const char* key)
{
    return object.is_object() ? object.value(key, json()) : json();
}

} // namespace

void readQParams(const json& qParams, const std::map<std::string, std::int32_t>& nodeOfId,
    AttributionGraph& graph)
{
    for (const std::string& id : pinnedIds(member(qParams, "pinnedIds")))
        if (const auto found = nodeOfId.find(id); found != nodeOfId.end())
            graph.nodes[static_cast<std::size_t>(found->second)].isPinned = true;
    std::map<std::string, std::string> labels;
    for (const json& pair : labelPairs(member(qParams, "clerps")))
        labels[pair[0].get<std::string>()] = pair[1].get<std::string>();
    if (!labels.empty())
        for (GraphNode& node : graph.nodes)
            for (const std::string& id : labelIds(node))
                if (const auto found = labels.find(id);
                    found != labels.end() && !found->second.empty())
                    node.label = found->second;
    std::set<std::int32_t> grouped; // A node belongs to at most one supernode.
    for (const std::vector<std::string>& list : supernodeLists(member(qParams, "supernodes"))) {
        Supernode supernode;
        supernode.label = list.front();
        for (std::size_t i = 1; i < list.size(); ++i)
            if (const auto found = nodeOfId.find(list[i]);
                found != nodeOfId.end() && grouped.insert(found->second).second)
                supernode.nodes.push_back(found->second);
        if (!supernode.nodes.empty())
            graph.supernodes.push_back(std::move(supernode));
    }
}

json writeQParams(
    const AttributionGraph& graph, const std::vector<std::string>& ids, const json& original)
{
    json out = original.is_object()
        ? original
        : json{{"pinnedIds", json::array()}, {"supernodes", json::array()}, {"linkType", "both"},
            {"clickedId", ""}, {"sg_pos", ""}};
    const std::set<std::string> known(ids.begin(), ids.end());

    std::set<std::string> pinsBefore, pinsNow;
    json pins = json::array();
    for (const std::string& id : pinnedIds(member(original, "pinnedIds")))
        if (known.contains(id))
            pinsBefore.insert(id);
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (graph.nodes[i].isPinned && pinsNow.insert(ids[i]).second)
            pins.push_back(ids[i]);
    if (pinsNow != pinsBefore)
        out["pinnedIds"] = pins;

    AttributionGraph before;
    before.nodes.resize(graph.nodes.size());
    std::map<std::string, std::int32_t> nodeOfId;
    for (std::size_t i = 0; i < ids.size(); ++i)
        nodeOfId.emplace(ids[i], static_cast<std::int32_t>(i));
    readQParams(original, nodeOfId, before);
    const auto lists = [&](const std::vector<Supernode>& supernodes) {
        json all = json::array();
        for (const Supernode& supernode : supernodes) {
            json list = {supernode.label};
            for (const std::int32_t node : supernode.nodes)
                list.push_back(ids[static_cast<std::size_t>(node)]);
            all.push_back(std::move(list));
        }
        return all;
    };
    // A label given since then must not be hidden by the file's older one.
    json pairs = labelPairs(member(original, "clerps"));
    bool isRelabelled = false;
    for (json& pair : pairs)
        for (const GraphNode& node : graph.nodes) {
            const std::vector<std::string> own = labelIds(node);
            if (node.label.empty() || pair[1] == node.label
                || std::find(own.begin(), own.end(), pair[0].get<std::string>()) == own.end())
                continue;
            pair[1] = node.label;
            isRelabelled = true;
        }
    if (isRelabelled)
        out["clerps"] = std::move(pairs);
    if (json now = lists(graph.supernodes); now != lists(before.supernodes))
        out["supernodes"] = std::move(now);
    return out;
}

} // namespace core
