#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace core {

/// An active feature of one prompt.
struct GraphFeature {
    FeatureAt at;
    float activation = 0.0f;
};

/// What a logit node stands for: a token, or the difference of two, after a position.
struct TraceTarget {
    TokenId token;
    TokenId minus; ///< Valid: logit(token) - logit(minus).
    Position position; ///< None = the last of the prompt.
};

/// A logit that the graph explains.
struct GraphLogit {
    TokenId token;
    double probability = 0.0; ///< Its weight among the logits; of a difference the larger of both.
    TokenId minus = {};
    Position position = {}; ///< None = the last of the prompt.
    double difference = 0.0; ///< Of the two logits, where it is one.
};

/// Every direct effect of one prompt, unpruned: a dense matrix whose rows are targets and whose
/// columns are sources, both in circuit-tracer's order: features by (layer, position, feature),
/// errors layer by layer, token embeddings, logits by falling probability. Takes 4 N^2 bytes.
struct GraphMatrix {
    int n_layers = 0;
    std::vector<std::string> dictionaries; ///< Name per layer; empty text where a layer has none.
    std::vector<TokenId> tokens; ///< The prompt.
    std::vector<GraphFeature> features;
    std::vector<GraphLogit> logits;
    std::int64_t activeFeatures = 0; ///< Before `TraceSettings::maxFeatures` cut them.
    std::string method; ///< What effects are measured through, where it is not circuit-tracer's
                        ///< definition.
    std::vector<float> adjacency; ///< [N, N] row-major: adjacency[target * N + source].

    std::int64_t n_positions() const { return static_cast<std::int64_t>(tokens.size()); }
    std::int64_t firstError() const { return static_cast<std::int64_t>(features.size()); }
    std::int64_t firstToken() const { return firstError() + n_layers * n_positions(); }
    std::int64_t firstLogit() const { return firstToken() + n_positions(); }
    std::int64_t size() const { return firstLogit() + static_cast<std::int64_t>(logits.size()); }

    NodeKind kind(std::int64_t node) const;
    GraphNode node(std::int64_t node) const; ///< Without label, influence and place.
    std::span<const float> row(std::int64_t target) const;
    std::vector<double>
    logitWeights() const; ///< [N]: the probabilities at logit nodes, 0 elsewhere.
};

} // namespace core
