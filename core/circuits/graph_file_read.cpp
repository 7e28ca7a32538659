#include "core/circuits/graph_file.h"

#include "core/circuits/graph_layout.h"
#include "core/circuits/graph_node_json.h"
#include "core/circuits/graph_qparams.h"
#include "core/circuits/json_text.h"
#include "core/circuits/subgraph_scores.h"
#include "core/files/mapped_file.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace core {

using nlohmann::json;

namespace {

constexpr std::size_t kMostShownNodes = 2'000'000;

/// Builds a graph from a parsed file, remembering what it could not keep.
class Reader {
public:
    Reader(const json& root, std::string file)
        : m_root(root)
        , m_file(std::move(file))
    {
    }

    Result<AttributionGraph> read()
    {
        if (!m_root.is_object() || !m_root.contains("nodes") || !m_root.contains("links"))
            return wrong("is not an attribution graph: it needs the fields `nodes` and `links`. "
                         "Choose a graph made by "
                         "circuit-tracer or Neuronpedia.");
        if (!m_root["nodes"].is_array() || !m_root["links"].is_array())
            return wrong("`nodes` and `links` must be lists.");
        if (m_root["nodes"].size() > kMostShownNodes)
            return wrong(fmt::format("holds {} nodes; at most {} can be shown.",
                m_root["nodes"].size(), kMostShownNodes));
        if (auto nodes = readNodes(); !nodes)
            return fail(nodes.error());
        readMetadata();
        if (auto links = readLinks(); !links)
            return fail(links.error());
        readQParams(m_root.value("qParams", json()), m_anyNode, m_graph);
        keepExtras();
        score();
        layOutGraph(m_graph);
        return std::move(m_graph);
    }

private:
    tl::unexpected<Error> wrong(const std::string& problem) const
    {
        return fail(Error::Code::InvalidFile, m_file + ": " + problem);
    }

    void note(const std::string& sentence)
    {
        m_graph.note += (m_graph.note.empty() ? "" : " ") + sentence;
    }

    Result<void> readNodes()
    {
        int logitLayer = -1, layers = 0;
        const json& nodes = m_root["nodes"];
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            ReadNode read = nodeFromJson(nodes[i]);
            if (!read.problem.empty())
                return wrong(
                    fmt::format("nodes[{}] {}. The file is damaged or of a kind that is not known.",
                        i, read.problem));
            if (read.node.kind == NodeKind::Logit)
                logitLayer = std::max(logitLayer, read.node.layer.value);
            else
                layers = std::max(layers, read.node.layer.value + 1);
            const auto id = nodes[i]["node_id"].get<std::string>();
            const auto index = static_cast<std::int32_t>(i);
            if (read.node.kind == NodeKind::Error)
                m_errorNode.emplace(id, index);
            else
                m_otherNode.emplace(id, index);
            m_graph.nodes.push_back(std::move(read.node));
        }
        m_anyNode = m_otherNode;
        m_anyNode.insert(m_errorNode.begin(), m_errorNode.end());
        // circuit-tracer puts logits at n_layers + 1; other producers elsewhere.
        m_graph.nLayers = std::max(layers, logitLayer - 1);
        for (GraphNode& node : m_graph.nodes)
            if (node.kind == NodeKind::Logit)
                node.layer = Layer(m_graph.nLayers);
        return {};
    }

    void readMetadata()
    {
        const json metadata = m_root.value("metadata", json::object());
        if (!metadata.is_object())
            return;
        const auto text = [&](const char* field) {
            const auto found = metadata.find(field);
            return found != metadata.end() && found->is_string() ? found->get<std::string>()
                                                                 : std::string();
        };
        const auto texts = [&](const char* field) {
            std::vector<std::string> list;
            if (const auto found = metadata.find(field);
                found != metadata.end() && found->is_array())
                for (const json& entry : *found)
                    list.push_back(entry.is_string() ? entry.get<std::string>() : std::string());
            return list;
        };
        m_graph.model = text("scan");
        m_graph.prompt = text("prompt");
        m_graph.promptTokens = texts("prompt_tokens");
        m_graph.dictionaries = texts("transcoder_list");
        const auto number = [](const json& object, const char* field, double fallback) {
            const auto found = object.is_object() ? object.find(field) : object.end();
            return found != object.end() && found->is_number() ? found->get<double>() : fallback;
        };
        const json generation = metadata.value("generation_settings", json()),
                   pruning = metadata.value("pruning_settings", json());
        const auto whole = [&](const char* field, int fallback) {
            return static_cast<int>(std::clamp(number(generation, field, fallback), 0.0, 1e9));
        };
        TraceSettings& settings = m_graph.settings;
        settings.maxLogits = whole("max_n_logits", settings.maxLogits);
        settings.logitProbability
            = number(generation, "desired_logit_prob", settings.logitProbability);
        settings.maxFeatures = whole("max_feature_nodes", settings.maxFeatures);
        settings.nodeThreshold = number(
            pruning, "node_threshold", number(metadata, "node_threshold", settings.nodeThreshold));
        settings.edgeThreshold = number(pruning, "edge_threshold", settings.edgeThreshold);
        m_own = metadata.value("featurescope", json());
        m_graph.nLayers = std::max(m_graph.nLayers,
            static_cast<int>(std::clamp(number(m_own, "n_layers", 0.0), 0.0, 1e4)));
        m_graph.seconds = number(m_own, "seconds", 0.0);
        m_graph.unprunedNodes = static_cast<std::int64_t>(std::clamp(
            number(m_own, "unpruned_nodes", static_cast<double>(m_graph.nodes.size())), 0.0, 1e15));
        m_unprunedEdges = number(m_own, "unpruned_edges", -1.0);
        const json raw = m_own.is_object() ? m_own.value("raw_influence", json()) : json();
        for (std::size_t i = 0; i < m_graph.nodes.size(); ++i) {
            GraphNode& node = m_graph.nodes[i];
            const auto layer = static_cast<std::size_t>(std::max(node.layer.value, 0));
            const auto position = node.position.index();
            if (node.kind == NodeKind::Logit)
                node.layer = Layer(m_graph.nLayers);
            if (node.kind == NodeKind::Feature
                && static_cast<int>(m_graph.dictionaries.size()) == m_graph.nLayers)
                node.dictionary = m_graph.dictionaries[layer];
            if (node.kind == NodeKind::Token && position < m_graph.promptTokens.size())
                node.label = m_graph.promptTokens[position];
            if (raw.is_array() && raw.size() == m_graph.nodes.size() && raw[i].is_number())
                node.rawInfluence = raw[i].get<float>();
        }
    }

    Result<void> readLinks()
    {
        std::int64_t dangling = 0, unnumbered = 0, ambiguous = 0;
        std::map<std::pair<std::int32_t, std::int32_t>, int> seen;
        const json& links = m_root["links"];
        for (std::size_t i = 0; i < links.size(); ++i) {
            const json& link = links[i];
            const auto isText = [&](const char* field) {
                return link.is_object() && link.contains(field) && link[field].is_string();
            };
            if (!isText("source") || !isText("target"))
                return wrong(
                    fmt::format("links[{}] needs `source` and `target`, both node ids.", i));
            const auto sourceId = link["source"].get<std::string>(),
                       targetId = link["target"].get<std::string>();
            const auto target = m_anyNode.find(targetId);
            auto source = m_anyNode.find(sourceId);
            if (target == m_anyNode.end() || source == m_anyNode.end()) {
                ++dangling;
                continue;
            }
            if (!link.contains("weight") || !link["weight"].is_number()
                || !std::isfinite(link["weight"].get<float>())) {
                ++unnumbered;
                continue;
            }
            std::int32_t from = source->second;
            if (m_otherNode.contains(sourceId) && m_errorNode.contains(sourceId)) {
                // The exporter writes the feature's link before the error's.
                ++ambiguous;
                if (seen[{source->second, target->second}]++ > 0)
                    from = m_errorNode[sourceId];
            }
            m_graph.edges.push_back({from, target->second, link["weight"].get<float>()});
        }
        std::stable_sort(
            m_graph.edges.begin(), m_graph.edges.end(), [](const GraphEdge& a, const GraphEdge& b) {
                return std::fabs(a.weight) > std::fabs(b.weight);
            });
        m_graph.unprunedEdges = m_unprunedEdges >= 0.0
            ? static_cast<std::int64_t>(std::min(m_unprunedEdges, 1e15))
            : std::ssize(m_graph.edges);
        if (dangling > 0)
            note(fmt::format(
                "{} links point at nodes that are not in the file and were left out.", dangling));
        if (unnumbered > 0)
            note(fmt::format("{} links have no finite weight and were left out.", unnumbered));
        if (ambiguous > 0)
            note(fmt::format("{} links start at an id that names a feature and an error node; "
                             "which one is meant is a guess.",
                ambiguous));
        return {};
    }

    void keepExtras()
    {
        json nodes = json::array();
        bool isFirstLogit = true;
        for (std::size_t i = 0; i < m_graph.nodes.size(); ++i) {
            const GraphNode& node = m_graph.nodes[i];
            const bool isTarget = node.kind == NodeKind::Logit && isFirstLogit;
            isFirstLogit = isFirstLogit && node.kind != NodeKind::Logit;
            const json plain = nodeToJson(node, m_graph.nLayers, isTarget);
            const json& original = m_root["nodes"][i];
            json set = json::object(), drop = json::array();
            for (const auto& [key, value] : original.items())
                if (!plain.contains(key) || plain[key] != value)
                    set[key] = value;
            for (const auto& [key, value] : plain.items())
                if (!original.contains(key))
                    drop.push_back(key);
            nodes.push_back(
                set.empty() && drop.empty() ? json() : json{{"set", set}, {"drop", drop}});
        }
        json extras = {{"top", m_root}, {"nodes", std::move(nodes)}};
        for (const char* key : {"metadata", "qParams"})
            if (m_root.contains(key))
                extras[key] = m_root[key];
        for (const char* key : {"metadata", "qParams", "nodes", "links"})
            extras["top"].erase(key);
        m_graph.fileExtras = extras.dump(-1, ' ', false, json::error_handler_t::replace);
    }

    void score()
    {
        if (m_own.is_object() && m_own.contains("replacement_score")) {
            const auto number = [&](const char* field) {
                const json value = m_own.value(field, json());
                return value.is_number() ? value.get<double>() : 0.0;
            };
            m_graph.replacementScore = number("replacement_score");
            m_graph.completenessScore = number("completeness_score");
            m_graph.errorShare = number("error_share");
            const auto count = [&](const char* field) {
                return static_cast<std::int64_t>(std::clamp(number(field), 0.0, 1e15));
            };
            m_graph.activeFeatures = count("active_features");
            m_graph.tracedFeatures = count("traced_features");
            if (const json method = m_own.value("method", json()); method.is_string())
                m_graph.method = method.get<std::string>();
            if (const json shares = m_own.value("error_share_by_layer", json()); shares.is_array())
                for (const json& share : shares)
                    m_graph.errorShareByLayer.push_back(
                        share.is_number() ? share.get<float>() : 0.0f);
            return;
        }
        const Result<GraphScores> scores = subgraphScores(m_graph);
        if (!scores) {
            note("Scores are missing: " + scores.error().message);
            return;
        }
        m_graph.replacementScore = scores->replacement;
        m_graph.completenessScore = scores->completeness;
        m_graph.errorShare = scores->errorShare;
        m_graph.errorShareByLayer = scores->errorShareByLayer;
        note("Scores are of the pruned graph in the file, not of the whole one.");
    }

    const json& m_root;
    std::string m_file;
    AttributionGraph m_graph;
    json m_own;
    double m_unprunedEdges = -1.0;
    std::map<std::string, std::int32_t> m_errorNode, m_otherNode, m_anyNode;
};

} // namespace

Result<AttributionGraph> parseGraph(std::string_view text, const std::string& file)
{
    const Result<json> root = parsePythonJson(text, file);
    if (!root)
        return fail(root.error());
    return Reader(*root, file).read();
}

Result<AttributionGraph> readGraphFile(const std::filesystem::path& path)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return fail(file.error());
    const auto bytes = (*file)->bytes();
    return parseGraph(
        {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.filename().string());
}

} // namespace core
