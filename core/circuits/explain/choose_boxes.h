#pragma once

#include "core/circuits/explain/box_graph.h"

#include <cstdint>
#include <vector>

namespace core {

struct ChosenBoxes {
    std::vector<char> isKept; ///< [boxes]
    bool isFewest
        = false; ///< Proven: no smaller choice would do, and none of its size carries more.
};

/// The fewest boxes that carry `share` of the influence on the logit, at most `most` of them, and
/// of those the ones that carry most. Where so few cannot carry it, the fewest that carry nine
/// tenths of what `most` can.
///
/// Exact by branch and bound within `searches` flows; beyond that the best found, beginning with
/// taking away the box that carries least, again and again.
ChosenBoxes chooseBoxes(
    const BoxGraph& graph, double share, int most, std::int64_t searches = 200'000);

} // namespace core
