#include "core/circuits/explain/merge_boxes.h"

#include <algorithm>
#include <set>
#include <utility>

namespace core {

namespace {

/// Likeness between boxes, kept while boxes merge.
class BoxLikeness {
public:
    BoxLikeness(const std::vector<BoxNodes>& boxes, const LikenessFn& likeness)
        : m_size(boxes.size())
        , m_sums(m_size * m_size, 0.0)
        , m_pairs(m_size * m_size, 0)
    {
        for (std::size_t a = 0; a < m_size; ++a)
            for (std::size_t b = a + 1; b < m_size; ++b) {
                double sum = 0;
                int pairs = 0;
                for (const std::int64_t one : boxes[a])
                    for (const std::int64_t other : boxes[b])
                        if (const double value = likeness(one, other); value >= 0.0) {
                            sum += value;
                            ++pairs;
                        }
                m_sums[a * m_size + b] = m_sums[b * m_size + a] = sum;
                m_pairs[a * m_size + b] = m_pairs[b * m_size + a] = pairs;
            }
    }

    /// Below 0 where no two members may stand together.
    double of(std::size_t a, std::size_t b) const
    {
        const int pairs = m_pairs[a * m_size + b];
        return pairs > 0 ? m_sums[a * m_size + b] / pairs : -1.0;
    }

    void merge(std::size_t into, std::size_t from)
    {
        for (std::size_t other = 0; other < m_size; ++other) {
            m_sums[into * m_size + other] += m_sums[from * m_size + other];
            m_pairs[into * m_size + other] += m_pairs[from * m_size + other];
            m_sums[other * m_size + into] = m_sums[into * m_size + other];
            m_pairs[other * m_size + into] = m_pairs[into * m_size + other];
        }
    }

private:
    std::size_t m_size;
    std::vector<double> m_sums;
    std::vector<int> m_pairs;
};

} // namespace

MergedBoxes mergeBoxes(const GraphMatrix& matrix, std::int64_t logit,
    const std::vector<std::int64_t>& features, const std::vector<std::int64_t>& tokens,
    const LikenessFn& likeness, double leastLikeness, double mostLost, std::stop_token stop)
{
    std::vector<BoxNodes> boxes;
    for (const std::int64_t node : features)
        boxes.push_back({node});
    return mergeBoxes(matrix, logit, std::move(boxes), tokens, likeness, leastLikeness, mostLost,
        std::move(stop));
}

MergedBoxes mergeBoxes(const GraphMatrix& matrix, std::int64_t logit, std::vector<BoxNodes> groups,
    const std::vector<std::int64_t>& tokens, const LikenessFn& likeness, double leastLikeness,
    double mostLost, std::stop_token stop)
{
    std::vector<std::int64_t> features; // an empty group went into another
    for (const BoxNodes& group : groups)
        features.insert(features.end(), group.begin(), group.end());
    const auto whole = [&] {
        std::vector<BoxNodes> boxes;
        for (const BoxNodes& group : groups)
            if (!group.empty())
                boxes.push_back(group);
        for (const std::int64_t token : tokens)
            boxes.push_back({token});
        return boxes;
    };
    MergedBoxes merged;
    merged.scoreBefore = merged.scoreAfter = BoxGraph(matrix, logit, whole()).flow().carried;

    BoxLikeness alike(groups, likeness);
    std::set<std::pair<std::size_t, std::size_t>> refused;
    while (!stop.stop_requested()) {
        std::pair<std::size_t, std::size_t> best{0, 0};
        double most = -1.0;
        for (std::size_t a = 0; a < groups.size(); ++a)
            for (std::size_t b = a + 1; b < groups.size(); ++b)
                if (!groups[a].empty() && !groups[b].empty() && alike.of(a, b) > most
                    && alike.of(a, b) >= leastLikeness && !refused.contains({a, b})) {
                    most = alike.of(a, b);
                    best = {a, b};
                }
        if (most < 0.0)
            break;
        const auto [into, from] = best;
        const BoxNodes before = groups[into], moved = std::exchange(groups[from], {});
        groups[into].insert(groups[into].end(), moved.begin(), moved.end());
        const BoxGraph graph(matrix, logit, whole());
        const double score = graph.hasCycle() ? -1.0 : graph.flow().carried;
        if (score < merged.scoreBefore - mostLost) {
            groups[into] = before;
            groups[from] = moved;
            refused.insert(best);
            continue;
        }
        merged.scoreAfter = score;
        alike.merge(into, from);
        // What was refused for the smaller box may hold for the larger one.
        std::erase_if(refused, [&, into = into](const auto& pair) {
            return pair.first == into || pair.second == into;
        });
    }
    merged.boxes = whole();
    merged.boxes.resize(merged.boxes.size() - tokens.size());
    std::vector<std::size_t> rank(static_cast<std::size_t>(matrix.size()), 0);
    for (std::size_t i = 0; i < features.size(); ++i)
        rank[static_cast<std::size_t>(features[i])] = i;
    for (BoxNodes& box : merged.boxes)
        std::sort(box.begin(), box.end(), [&](std::int64_t a, std::int64_t b) {
            return rank[static_cast<std::size_t>(a)] < rank[static_cast<std::size_t>(b)];
        });
    return merged;
}

} // namespace core
