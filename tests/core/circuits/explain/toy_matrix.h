#pragma once

#include "core/circuits/graph_matrix.h"

#include <random>
#include <vector>

namespace tests {

/// A matrix to fill by hand: `layers` of the features, each at the position given.
inline core::GraphMatrix toyMatrix(
    int n_layers, int n_tokens, const std::vector<std::pair<int, int>>& layersAndPositions)
{
    core::GraphMatrix matrix;
    matrix.n_layers = n_layers;
    matrix.dictionaries.assign(static_cast<std::size_t>(n_layers), "layer");
    for (int t = 0; t < n_tokens; ++t)
        matrix.tokens.emplace_back(t);
    int id = 0;
    for (const auto& [layer, position] : layersAndPositions)
        matrix.features.push_back(
            {{core::Layer(layer), core::Position(position), core::FeatureId(id++)}, 1.0f});
    matrix.logits.push_back({core::TokenId(50), 1.0});
    matrix.adjacency.assign(static_cast<std::size_t>(matrix.size() * matrix.size()), 0.0f);
    return matrix;
}

inline float& effect(core::GraphMatrix& matrix, std::int64_t source, std::int64_t target)
{
    return matrix.adjacency[static_cast<std::size_t>(target * matrix.size() + source)];
}

/// Random effects from everything to every later feature and to the logit.
inline core::GraphMatrix randomMatrix(unsigned seed, int features)
{
    std::vector<std::pair<int, int>> places;
    for (int i = 0; i < features; ++i)
        places.emplace_back(i / 3, i % 2);
    core::GraphMatrix matrix = toyMatrix(features / 3 + 1, 2, places);
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    const std::int64_t logit = matrix.firstLogit();
    for (std::int64_t target = 0; target <= logit; ++target) {
        if (target >= matrix.firstError() && target != logit)
            continue;
        for (std::int64_t source = 0; source < logit; ++source) {
            const bool isEarlier = source >= matrix.firstError() || target == logit
                || matrix.features[static_cast<std::size_t>(source)].at.layer
                    < matrix.features[static_cast<std::size_t>(target)].at.layer;
            if (isEarlier)
                effect(matrix, source, target) = normal(random);
        }
    }
    return matrix;
}

} // namespace tests
