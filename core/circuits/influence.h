#pragma once

#include "core/base/result.h"
#include "core/circuits/graph_matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace core {

/// How much each node of an unpruned graph acts on the chosen logits, through all paths. Computed once per
/// matrix and reused by every pruning. Sums are taken in double precision (FORMATS.md section 6.3).
struct Influence {
    std::vector<std::int32_t> order; ///< Every node, each before its sources.
    std::vector<double> rowSums; ///< Sum of |A[t, s]| over the sources of each target.
    /// I = sum_{k >= 1} w A^k with A the row-normalised |adjacency| and w the logit probabilities; a logit's
    /// own w is not included.
    std::vector<double> influence;
    /// Share of all influence held by the nodes at least as strong, in order of strength: small is important.
    std::vector<double> cumulative;
    std::int64_t edges = 0; ///< Non-zero entries.
};

/// One pass over the matrix. InvalidFile when the graph has a cycle.
Result<Influence> computeInfluence(const GraphMatrix& matrix);

/// Influence on the logits when only some rows are known: `rows` [rowNodes.size(), columns]. Each row's node
/// must have its known sources at smaller node numbers, as in circuit-tracer's order.
std::vector<double> partialInfluence(std::span<const float> rows, std::span<const std::int64_t> rowNodes,
                                     std::int64_t columns, std::span<const double> weights);

/// The value at which the largest `values` first hold `share` of their sum; 0 < share. Values at least as
/// large are to be kept. A share of 1 answers the smallest positive value. Reorders `values`; linear time.
double shareThreshold(std::vector<double>& values, double share);

} // namespace core
