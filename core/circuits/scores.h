#pragma once

#include "core/circuits/influence.h"

#include <vector>

namespace core {

/// How well an unpruned graph explains its logits; all between 0 and 1.
struct GraphScores {
    double replacement
        = 0.0; ///< Of the influence that enters at tokens and errors, the share from tokens.
    double completeness
        = 0.0; ///< Share of each node's inputs that are not errors, weighted by influence.
    double errorShare
        = 0.0; ///< Of the influence that enters at tokens and errors, the share from errors.
    std::vector<float> errorShareByLayer; ///< The same by layer; sums to `errorShare`.
};

GraphScores graphScores(const GraphMatrix& matrix, const Influence& influence);

} // namespace core
