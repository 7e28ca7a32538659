#pragma once

#include "core/api/explain.h"
#include "core/circuits/explain/box_graph.h"
#include "core/circuits/explain/merge_boxes.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace core {

/// The boxes of a story and the arrows that it tells of, before they have names.
struct StoryPlan {
    struct Box {
        BoxNodes nodes; ///< Of the matrix, the strongest first.
        double share = 0; ///< As `ExplainedBox::share`.
        bool isToken = false;
    };
    struct Arrow {
        std::size_t from = 0, to = 0; ///< Boxes; boxes.size() is the answer.
        double share = 0; ///< As `ExplainedArrow::share`.
        double effect = 0; ///< By the matrix.
    };

    std::vector<Box> boxes; ///< Words by position, then features from the bottom up.
    std::vector<Arrow> arrows; ///< By source, then by target.
    BoxFlow flow; ///< Of the choice; `through` is of no use outside.
    double scoreBefore = 0, scoreAfter = 0;
    bool isFewest = false;
};

/// Whether a box has a label that tells it from others at its place.
using IsTellingFn = std::function<bool(const BoxNodes& box)>;

/// Merges and chooses (docs/definitions.md section 6.6): first what means the same, then what no
/// label tells apart. `features` and `tokens` are nodes of the
/// matrix, the strongest first. Of the arrows between the chosen boxes those are told that lead
/// the most influence into and out of each box, and further ones, the strongest first, until
/// together they lead nine tenths of it. After `stop` the plan is of no use.
StoryPlan planStory(const GraphMatrix& matrix, std::int64_t logit,
    const std::vector<std::int64_t>& features, const std::vector<std::int64_t>& tokens,
    const LikenessFn& likeness, const IsTellingFn& isTelling, const ExplainRequest& request,
    std::stop_token stop = {});

} // namespace core
