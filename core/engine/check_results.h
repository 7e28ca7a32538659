#pragma once

#include "core/engine/results.h"

#include <cstdint>
#include <string>
#include <vector>

/// What can be asked about an attribution graph before and after it is traced. Plain values.
namespace core {

/// What tracing a prompt will cost, measured from one forward pass.
struct TraceEstimate {
    TraceRequest request;
    int tokens = 0;
    std::int64_t activeFeatures = 0; ///< On this prompt, position 0 left out.
    std::int64_t tracedFeatures = 0; ///< Those that will get a row; fewer when memory is short.
    std::int64_t nodes = 0; ///< Of the unpruned matrix.
    std::int64_t matrixBytes = 0, workBytes = 0; ///< Kept; needed in passing.
    std::int64_t limitBytes = 0; ///< What the request, or the machine, allows.
    double seconds = 0; ///< From this machine's matrix-product speed.
    std::string note; ///< What is left out, and why; empty when nothing.
};

/// How well the pinned features of a (pruned) graph explain its logits alone.
struct SubgraphScore {
    int pinnedFeatures = 0;
    double replacement = 0, completeness = 0, errorShare = 0;
};

/// Does what the graph says happen in the model? Features are changed one at a time.
struct CheckRequest {
    std::uint64_t graph = 0; ///< `AttributionGraph::id`.
    int features = 24; ///< How many of the most influential features are changed.
    double factor = 0.0; ///< Each is set to this multiple of its activation; 0 = ablated.
};

struct PerturbationCheck {
    CheckRequest request;
    /// The change that the graph's direct effects predict for later features' pre-activations
    /// against the one observed, by how many layers later.
    struct Distance {
        int layers = 0;
        int features = 0; ///< Changed features that count here.
        double cosine = 0; ///< Mean over them.
        double normRatio = 0; ///< Mean of ||observed|| / ||predicted||.
    };
    std::vector<Distance> byDistance;
    double meanCosine = 0;
    struct Point {
        Layer layer;
        Position position;
        FeatureId feature;
        std::string label;
        float influence = 0; ///< On the logits, by the graph.
        float effect = 0; ///< KL(unchanged || ablated) of the next token, nats.
    };
    std::vector<Point> points; ///< One for each changed feature.
    double spearman = 0; ///< Of influence against effect.
    double seconds = 0;
    std::string note;
};

/// Two graphs as one: columns are aligned tokens, nodes and edges of either.
struct GraphComparison {
    /// `GraphNode::side` says where a node stands; an edge's weight is second - first.
    AttributionGraph graph;
    struct Node {
        float firstActivation = 0, secondActivation = 0;
        float firstInfluence = 0, secondInfluence = 0; ///< Raw influence; 0 where it is absent.
    };
    std::vector<Node> nodes; ///< One for each of `graph.nodes`.
    struct Edge {
        float first = 0, second = 0;
    };
    std::vector<Edge> edges; ///< One for each of `graph.edges`.
    std::string firstPrompt, secondPrompt;
    int nodesInBoth = 0, nodesInFirst = 0, nodesInSecond = 0;
};

} // namespace core
