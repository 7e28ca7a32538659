#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace core {

struct PlanePoint {
    float x = 0.0f, y = 0.0f;
};

/// For each of n points the `count` most alike others, most alike first.
struct NeighbourGraph {
    int count = 0;
    std::vector<std::int32_t> neighbours; ///< [n, count]
    std::vector<float> distances; ///< [n, count], 0 or more, ascending in each row.

    std::size_t size() const
    {
        return count > 0 ? neighbours.size() / static_cast<std::size_t>(count) : 0;
    }
};

struct LayoutSettings {
    int epochs = 200;
    int negatives = 5; ///< Points that are pushed away for each pair that is drawn together.
    std::uint64_t seed = 1;
};

/// Moves points in the plane so that neighbours come to stand together and others apart: the fuzzy
/// neighbour graph and the stochastic gradient descent of UMAP (McInnes, Healy, Melville 2018,
/// min_dist 0.1), from given places. One thread and a counted random number, so the same input
/// gives the same map. False when it was stopped. `pause` is called between epochs.
bool layOutNeighbours(const NeighbourGraph& graph, std::vector<PlanePoint>& points,
    const LayoutSettings& settings = {}, std::stop_token stop = {},
    const std::function<void(int epoch)>& pause = {});

/// A pair of points and how surely they are neighbours, 0 to 1.
struct NeighbourPair {
    std::int32_t from = 0, to = 0;
    float weight = 0.0f;

    bool operator==(const NeighbourPair&) const = default;
};

/// The fuzzy union of every point's neighbourhood, both ways round, sorted by `from`, then `to`.
std::vector<NeighbourPair> neighbourPairs(const NeighbourGraph& graph);

} // namespace core
