#pragma once

#include "core/circuits/explain/box_graph.h"

#include <functional>
#include <stop_token>
#include <vector>

namespace core {

/// How alike two features are, 0 to 1; below 0: they may not stand in one box.
using LikenessFn = std::function<double(std::int64_t a, std::int64_t b)>;

struct MergedBoxes {
    std::vector<BoxNodes> boxes; ///< Members in the order of the features that were given.
    double scoreBefore = 0,
           scoreAfter = 0; ///< Replacement score, `BoxFlow::carried` with all kept.
};

/// Puts features that mean the same into boxes: always the two boxes that are most alike (the mean
/// over the pairs of their members that may stand together; there must be one that does), as long
/// as they are at least `leastLikeness`, the replacement score stays within `mostLost` of what it
/// was without boxes, and no box would feed itself through another. `tokens` stay alone. Ends early
/// at `stop`.
MergedBoxes mergeBoxes(const GraphMatrix& matrix, std::int64_t logit,
    const std::vector<std::int64_t>& features, const std::vector<std::int64_t>& tokens,
    const LikenessFn& likeness, double leastLikeness, double mostLost, std::stop_token stop = {});
/// The same, beginning with boxes of features; `scoreBefore` is of these.
MergedBoxes mergeBoxes(const GraphMatrix& matrix, std::int64_t logit, std::vector<BoxNodes> boxes,
    const std::vector<std::int64_t>& tokens, const LikenessFn& likeness, double leastLikeness,
    double mostLost, std::stop_token stop = {});

} // namespace core
