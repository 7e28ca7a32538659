#include "core/circuits/pruning.h"

#include <algorithm>
#include <cmath>

namespace core {

namespace {

/// The kept part of the matrix with its influence computed anew, row-normalised over kept sources
/// only.
class KeptPart {
public:
    KeptPart(const GraphMatrix& matrix, const Influence& influence, const std::vector<char>& isKept)
        : m_matrix(matrix)
        , m_factor(isKept.size(), 0.0)
    {
        for (std::size_t i = 0; i < isKept.size(); ++i)
            if (isKept[i])
                m_columns.push_back(static_cast<std::int32_t>(i));
        const std::vector<double> weights = matrix.logitWeights();
        std::vector<double> effect(isKept.size(), 0.0);
        for (const std::int32_t node : influence.order) {
            const auto t = static_cast<std::size_t>(node);
            const double share = effect[t] + weights[t];
            if (!isKept[t] || share == 0.0 || influence.rowSums[t] == 0.0)
                continue;
            const float* row = matrix.row(node).data();
            double sum = 0.0;
            for (const std::int32_t s : m_columns)
                sum += std::fabs(static_cast<double>(row[s]));
            if (sum == 0.0)
                continue;
            m_factor[t] = share / std::max(sum, 1e-10);
            for (const std::int32_t s : m_columns)
                effect[static_cast<std::size_t>(s)]
                    += m_factor[t] * std::fabs(static_cast<double>(row[s]));
        }
    }

    /// Calls visit(target, source, weight, score) for every edge that carries influence.
    template <typename Visit> void forEachEdge(Visit visit) const
    {
        for (const std::int32_t t : m_columns) {
            const double factor = m_factor[static_cast<std::size_t>(t)];
            if (factor == 0.0)
                continue;
            const float* row = m_matrix.row(t).data();
            for (const std::int32_t s : m_columns)
                if (row[s] != 0.0f)
                    visit(t, s, row[s], factor * std::fabs(static_cast<double>(row[s])));
        }
    }

private:
    const GraphMatrix& m_matrix;
    std::vector<std::int32_t> m_columns;
    std::vector<double> m_factor; // Influence of each target over the sum of its row.
};

/// Drops features without a way in or out and errors without a way out, until nothing changes.
void dropLooseEnds(const GraphMatrix& matrix, Pruned& pruned)
{
    const std::size_t n = pruned.isKept.size();
    for (bool isStable = false; !isStable;) {
        isStable = true;
        std::vector<char> hasIn(n, 0), hasOut(n, 0);
        for (const GraphEdge& edge : pruned.edges) {
            hasIn[static_cast<std::size_t>(edge.target)] = 1;
            hasOut[static_cast<std::size_t>(edge.source)] = 1;
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(matrix.firstToken()); ++i) {
            const bool isFeature = i < matrix.features.size();
            if (pruned.isKept[i] && (!hasOut[i] || (isFeature && !hasIn[i]))) {
                pruned.isKept[i] = 0;
                isStable = false;
            }
        }
        if (!isStable)
            std::erase_if(pruned.edges, [&](const GraphEdge& edge) {
                return !pruned.isKept[static_cast<std::size_t>(edge.source)]
                    || !pruned.isKept[static_cast<std::size_t>(edge.target)];
            });
    }
}

} // namespace

Pruned pruneGraph(const GraphMatrix& matrix, const Influence& influence, double nodeThreshold,
    double edgeThreshold)
{
    const double nodeLimit = shareThreshold(influence.influence, nodeThreshold);
    const std::size_t n = influence.influence.size();
    Pruned pruned;
    pruned.isKept.assign(n, 0);
    for (std::size_t i = 0; i < n; ++i)
        pruned.isKept[i] = influence.influence[i] >= nodeLimit
            || i >= static_cast<std::size_t>(matrix.firstToken());

    const KeptPart part(matrix, influence, pruned.isKept);
    ShareThreshold threshold(edgeThreshold);
    part.forEachEdge(
        [&](std::int32_t, std::int32_t, float, double score) { threshold.countFirst(score); });
    threshold.choose();
    part.forEachEdge(
        [&](std::int32_t, std::int32_t, float, double score) { threshold.countAgain(score); });
    const double edgeLimit = threshold.threshold();
    part.forEachEdge([&](std::int32_t target, std::int32_t source, float weight, double score) {
        if (score >= edgeLimit)
            pruned.edges.push_back({source, target, weight});
    });
    dropLooseEnds(matrix, pruned);
    return pruned;
}

} // namespace core
