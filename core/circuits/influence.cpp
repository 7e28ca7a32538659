#include "core/circuits/influence.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace core {

namespace {

constexpr double kSmallestRowSum = 1e-10; // circuit-tracer's clamp in normalize_matrix.
constexpr double kSmallestPartialSum = 1e-8; // and in compute_partial_influences.

/// Kahn's algorithm from the sinks: a node is ready when every target it feeds has been placed.
std::vector<std::int32_t> orderTargetsFirst(
    const GraphMatrix& matrix, std::vector<std::int32_t>& outgoing)
{
    const std::int64_t n = matrix.size();
    std::vector<std::int32_t> order;
    order.reserve(static_cast<std::size_t>(n));
    for (std::int64_t node = n - 1; node >= 0; --node)
        if (outgoing[static_cast<std::size_t>(node)] == 0)
            order.push_back(static_cast<std::int32_t>(node));
    for (std::size_t next = 0; next < order.size(); ++next) {
        const std::span<const float> row = matrix.row(order[next]);
        for (std::size_t s = 0; s < row.size(); ++s)
            if (row[s] != 0.0f && --outgoing[s] == 0)
                order.push_back(static_cast<std::int32_t>(s));
    }
    return order;
}

std::vector<double> cumulativeShares(const std::vector<double>& influence)
{
    std::vector<std::int32_t> rank(influence.size());
    std::iota(rank.begin(), rank.end(), 0);
    std::stable_sort(rank.begin(), rank.end(), [&](std::int32_t a, std::int32_t b) {
        return influence[static_cast<std::size_t>(a)] > influence[static_cast<std::size_t>(b)];
    });
    const double total = std::accumulate(influence.begin(), influence.end(), 0.0);
    std::vector<double> cumulative(influence.size(), 0.0);
    double sum = 0.0;
    for (const std::int32_t node : rank) {
        sum += influence[static_cast<std::size_t>(node)];
        cumulative[static_cast<std::size_t>(node)] = total > 0.0 ? std::min(sum / total, 1.0) : 1.0;
    }
    return cumulative;
}

} // namespace

Result<Influence> computeInfluence(const GraphMatrix& matrix)
{
    const auto n = static_cast<std::size_t>(matrix.size());
    if (matrix.adjacency.size() != n * n)
        return fail(
            Error::Code::Internal, "The graph's matrix does not have one row and column per node.");
    Influence result;
    result.rowSums.assign(n, 0.0);
    std::vector<std::int32_t> outgoing(n, 0);
    for (std::size_t t = 0; t < n; ++t) {
        const std::span<const float> row = matrix.row(static_cast<std::int64_t>(t));
        double sum = 0.0;
        std::int32_t count = 0;
        for (std::size_t s = 0; s < n; ++s) {
            sum += std::fabs(static_cast<double>(row[s]));
            const std::int32_t isEdge = row[s] != 0.0f ? 1 : 0;
            outgoing[s] += isEdge;
            count += isEdge;
        }
        if (!std::isfinite(sum))
            return fail(Error::Code::InvalidFile,
                "The graph has an edge that is not a finite number. The model or a transcoder may "
                "hold "
                "NaN or infinite weights.");
        result.rowSums[t] = sum;
        result.edges += count;
    }
    result.order = orderTargetsFirst(matrix, outgoing);
    if (result.order.size() != n)
        return fail(Error::Code::InvalidFile,
            "The graph has a cycle, so influence is not defined. Edges must lead from earlier "
            "layers to later ones.");

    const std::vector<double> weights = matrix.logitWeights();
    result.influence.assign(n, 0.0);
    for (const std::int32_t node : result.order) {
        const auto t = static_cast<std::size_t>(node);
        const double share = result.influence[t] + weights[t];
        if (share == 0.0 || result.rowSums[t] == 0.0)
            continue;
        const double factor = share / std::max(result.rowSums[t], kSmallestRowSum);
        const std::span<const float> row = matrix.row(node);
        for (std::size_t s = 0; s < n; ++s)
            result.influence[s] += factor * std::fabs(static_cast<double>(row[s]));
    }
    result.cumulative = cumulativeShares(result.influence);
    return result;
}

std::vector<double> partialInfluence(std::span<const float> rows,
    std::span<const std::int64_t> rowNodes, std::int64_t columns, std::span<const double> weights)
{
    const auto n = static_cast<std::size_t>(columns);
    std::vector<std::size_t> order(rowNodes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
        [&](std::size_t a, std::size_t b) { return rowNodes[a] > rowNodes[b]; });
    std::vector<double> influence(n, 0.0);
    for (const std::size_t r : order) {
        const auto node = static_cast<std::size_t>(rowNodes[r]);
        const double share = influence[node] + weights[node];
        if (share == 0.0)
            continue;
        const float* row = rows.data() + r * n;
        double sum = 0.0;
        for (std::size_t s = 0; s < n; ++s)
            sum += std::fabs(static_cast<double>(row[s]));
        const double factor = share / std::max(sum, kSmallestPartialSum);
        for (std::size_t s = 0; s < n; ++s)
            influence[s] += factor * std::fabs(static_cast<double>(row[s]));
    }
    return influence;
}

void ShareThreshold::choose()
{
    const double goal = m_share * std::accumulate(m_sums.rbegin(), m_sums.rend(), 0.0);
    double above = 0.0;
    for (std::size_t bucket = kBuckets; bucket-- > 0;) {
        if (m_sums[bucket] == 0.0)
            continue;
        m_bucket = bucket; // The last one that holds anything, when rounding keeps the sum below
                           // the goal.
        m_missing = goal - above;
        above += m_sums[bucket];
        if (above >= goal)
            return;
    }
}

double ShareThreshold::threshold()
{
    if (m_bucket == kBuckets)
        return std::numeric_limits<double>::infinity();
    if (m_share >= 1.0)
        return std::numeric_limits<double>::denorm_min();
    std::sort(m_inBucket.begin(), m_inBucket.end(), std::greater<>());
    double sum = 0.0;
    for (const double value : m_inBucket)
        if ((sum += value) >= m_missing)
            return value;
    return m_inBucket.back();
}

double shareThreshold(std::span<const double> values, double share)
{
    ShareThreshold threshold(share);
    for (const double value : values)
        threshold.countFirst(value);
    threshold.choose();
    for (const double value : values)
        threshold.countAgain(value);
    return threshold.threshold();
}

} // namespace core
