#pragma once

#include "core/circuits/explain/box_graph.h"

#include <cstdint>
#include <stop_token>
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
/// Exact by branch and bound within `searches` flows (fewer in large graphs: some seconds' work),
/// and until `stop`; beyond that the best found, beginning with
/// taking away the box that carries least, again and again.
ChosenBoxes chooseBoxes(const BoxGraph& graph, double share, int most,
    std::int64_t searches = 200'000, std::stop_token stop = {});

} // namespace core
