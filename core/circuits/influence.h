#pragma once

#include "core/base/result.h"
#include "core/circuits/graph_matrix.h"

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace core {

/// How much each node of an unpruned graph acts on the chosen logits, through all paths. Computed
/// once per matrix and reused by every pruning. Sums are taken in double precision
/// (docs/definitions.md section 6.3).
struct Influence {
    std::vector<std::int32_t> order; ///< Every node, each before its sources.
    std::vector<double> rowSums; ///< Sum of |A[t, s]| over the sources of each target.
    /// I = sum_{k >= 1} w A^k with A the row-normalised |adjacency| and w the logit probabilities;
    /// a logit's own w is not included.
    std::vector<double> influence;
    /// Share of all influence held by the nodes at least as strong, in order of strength: small is
    /// important.
    std::vector<double> cumulative;
    std::int64_t edges = 0; ///< Non-zero entries.
};

/// One pass over the matrix. InvalidFile when the graph has a cycle.
Result<Influence> computeInfluence(const GraphMatrix& matrix);

/// Influence on the logits when only some rows are known: `rows` [rowNodes.size(), columns]. Each
/// row's node must have its known sources at smaller node numbers, as in circuit-tracer's order.
std::vector<double> partialInfluence(std::span<const float> rows,
    std::span<const std::int64_t> rowNodes, std::int64_t columns, std::span<const double> weights);

/// Finds the value at which the largest of many positive values first hold a share of their sum,
/// without keeping or sorting them: all are shown twice. Values at least as large as the answer are
/// to be kept.
class ShareThreshold {
public:
    explicit ShareThreshold(double share)
        : m_share(share)
        , m_sums(kBuckets, 0.0)
    {
    }

    void countFirst(double value) ///< First every value once; those not above 0 do not count.
    {
        if (value > 0.0)
            m_sums[bucketOf(value)] += value;
    }
    void choose(); ///< Then this,
    void countAgain(double value) ///< then every value again.
    {
        if (value > 0.0 && bucketOf(value) == m_bucket)
            m_inBucket.push_back(value);
    }
    double threshold(); ///< Infinity when there was no value; with a share of 1 or more, the
                        ///< smallest positive number.

private:
    static constexpr std::size_t kBuckets = 1 << 15; // Exponent and four bits of a positive double.

    static std::size_t bucketOf(double value) { return std::bit_cast<std::uint64_t>(value) >> 48; }

    double m_share;
    std::vector<double> m_sums;
    std::size_t m_bucket = kBuckets;
    double m_missing = 0.0; // What the bucket must still hold.
    std::vector<double> m_inBucket;
};

double shareThreshold(std::span<const double> values, double share);

} // namespace core
