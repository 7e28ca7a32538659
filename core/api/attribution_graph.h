#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <vector>

namespace core {

enum class NodeKind : std::uint8_t { Feature, Error, Token, Logit };

/// In which of two compared graphs a node stands.
enum class GraphSide : std::uint8_t { Both, First, Second };

/// One node of an attribution graph: a feature, an error vector, a token embedding or a logit.
struct GraphNode {
    NodeKind kind = NodeKind::Feature;
    Layer layer; ///< Feature and Error; none for Token; n_layers for Logit.
    Position position;
    FeatureId feature; ///< Feature only.
    TokenId token; ///< Token and Logit.
    TokenId minusToken; ///< Logit only: valid when the node is the difference token - minusToken.
    std::string dictionary; ///< Feature only: `DictionaryInfo::name`.
    std::string
        label; ///< `clerp` in circuit-tracer's files; for tokens and logits the token's text.
    float activation = 0.0f; ///< Feature only.
    /// Share of all influence covered by the nodes at least as strong (circuit-tracer's exported
    /// `influence`): 0 to 1, small is important. Negative means not known.
    float influence = -1.0f;
    float rawInfluence = 0.0f; ///< Total effect on the chosen logits through all paths, normalised.
    float probability = 0.0f; ///< Logit only; of a difference the larger of both.
    float logitDifference = 0.0f; ///< Logit only, of a difference: logit of token - of minusToken.
    float x = 0.0f; ///< Layout: column units, position + spread inside the cell.
    float y = 0.0f; ///< Layout: row units, 0 = embeddings, layer + 1, logits on top.
    bool isPinned = false;
    GraphSide side = GraphSide::Both; ///< Of a comparison of two graphs.
};

/// A direct effect: how much `source` adds to `target` with attention and norm scales frozen.
struct GraphEdge {
    std::int32_t source = 0; ///< Index into `nodes`.
    std::int32_t target = 0;
    float weight = 0.0f;
};

/// Nodes that a person put together under one name.
struct Supernode {
    std::string label;
    std::vector<std::int32_t> nodes; ///< Indices into `AttributionGraph::nodes`.
};

struct TraceSettings {
    int maxLogits = 10;
    double logitProbability = 0.95; ///< Logits are taken until their probabilities sum to this.
    int maxFeatures = 0; ///< 0 = all active features.
    double nodeThreshold = 0.8; ///< Share of influence that the kept nodes cover.
    double edgeThreshold = 0.98; ///< Share of influence that the kept edges cover.

    bool operator==(const TraceSettings&) const = default;
};

/// Nodes and direct effects for one prompt by circuit-tracer's definition, pruned and laid out.
/// What was pruned is counted here, so that a picture can say what it hides.
struct AttributionGraph {
    std::uint64_t id
        = 0; ///< Names the unpruned matrix the engine keeps; 0 for a graph read from a file.
    std::string model;
    std::vector<std::string> dictionaries; ///< One per layer.
    std::string prompt;
    std::vector<std::string> promptTokens;
    TraceSettings settings;
    int nLayers = 0;
    std::vector<GraphNode> nodes;
    std::vector<GraphEdge> edges; ///< By |weight|, strongest first.
    std::vector<Supernode> supernodes;
    std::int64_t unprunedNodes = 0;
    std::int64_t unprunedEdges = 0;
    double replacementScore = 0.0;
    double completenessScore = 0.0;
    double errorShare = 0.0; ///< Share of the influence on the logits that comes from error nodes.
    std::vector<float> errorShareByLayer; ///< The same by layer; sums to `errorShare`.
    std::int64_t activeFeatures = 0; ///< That fired on the prompt; 0 = not known.
    std::int64_t tracedFeatures = 0; ///< Those that have a row in the unpruned matrix.
    /// What the direct effects are measured through, where it is not circuit-tracer's definition.
    std::string method;
    double seconds = 0.0;
    /// What a person must know about it: what was put before its prompt; of one read from a file,
    /// "3 links point at nodes that are not in the file".
    std::string note;
    /// Read from a file: what this struct has no field for, as JSON text, so that saving loses
    /// nothing.
    std::string fileExtras;
};

} // namespace core
