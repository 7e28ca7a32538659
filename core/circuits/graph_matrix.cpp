#include "core/circuits/graph_matrix.h"

namespace core {

NodeKind GraphMatrix::kind(std::int64_t node) const
{
    if (node < firstError())
        return NodeKind::Feature;
    if (node < firstToken())
        return NodeKind::Error;
    return node < firstLogit() ? NodeKind::Token : NodeKind::Logit;
}

GraphNode GraphMatrix::node(std::int64_t index) const
{
    GraphNode node;
    node.kind = kind(index);
    switch (node.kind) {
    case NodeKind::Feature: {
        const GraphFeature& feature = features[static_cast<std::size_t>(index)];
        node.layer = feature.at.layer;
        node.position = feature.at.position;
        node.feature = feature.at.feature;
        node.activation = feature.activation;
        const auto layer = feature.at.layer.index();
        if (layer < dictionaries.size())
            node.dictionary = dictionaries[layer];
        break;
    }
    case NodeKind::Error:
        node.layer = Layer((index - firstError()) / n_positions());
        node.position = Position((index - firstError()) % n_positions());
        break;
    case NodeKind::Token:
        node.position = Position(index - firstToken());
        node.token = tokens[static_cast<std::size_t>(index - firstToken())];
        break;
    case NodeKind::Logit: {
        const GraphLogit& logit = logits[static_cast<std::size_t>(index - firstLogit())];
        node.layer = Layer(n_layers);
        node.position = logit.position.isValid() ? logit.position : Position(n_positions() - 1);
        node.token = logit.token;
        node.minusToken = logit.minus;
        node.probability = static_cast<float>(logit.probability);
        node.logitDifference = static_cast<float>(logit.difference);
        break;
    }
    }
    return node;
}

std::span<const float> GraphMatrix::row(std::int64_t target) const
{
    const auto n = static_cast<std::size_t>(size());
    return {adjacency.data() + static_cast<std::size_t>(target) * n, n};
}

std::vector<double> GraphMatrix::logitWeights() const
{
    std::vector<double> weights(static_cast<std::size_t>(size()), 0.0);
    for (std::size_t i = 0; i < logits.size(); ++i)
        weights[static_cast<std::size_t>(firstLogit()) + i] = logits[i].probability;
    return weights;
}

} // namespace core
