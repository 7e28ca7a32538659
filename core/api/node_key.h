#pragma once

#include "core/api/attribution_graph.h"

#include <compare>
#include <string>
#include <vector>

namespace core {

/// What a node of a graph stands for, the same before and after pruning (its index is not).
struct NodeKey {
    NodeKind kind = NodeKind::Feature;
    Layer layer;
    Position position;
    FeatureId feature;
    TokenId token;
    TokenId minusToken; ///< Of a logit difference.
    std::string label; ///< Tokens and logits of files that name no token ids.

    auto operator<=>(const NodeKey&) const = default;
};

/// Nodes put together by a person, under one name.
struct NodeGroup {
    std::string name;
    std::vector<NodeKey> nodes;

    bool operator==(const NodeGroup&) const = default;
};

} // namespace core
