#include "core/circuits/explain/choose_boxes.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace core {

namespace {

constexpr double kWorthHaving = 0.9; // of what the most boxes carry
constexpr std::size_t kSearched = 60; // boxes that are looked at, those with the largest flow
constexpr double kRounding = 1e-12;
constexpr std::int64_t kMostWork = 1'000'000'000; // effects that a search looks at

class BoxSearch {
public:
    BoxSearch(const BoxGraph& graph, std::int64_t searches, std::stop_token stop)
        : m_graph(graph)
        , m_left(searches)
        , m_stop(std::move(stop))
    {
        const BoxFlow all = graph.flow();
        for (std::size_t box = 0; box < graph.size(); ++box)
            if (all.through[box] > 0.0)
                m_order.push_back(box);
        std::stable_sort(m_order.begin(), m_order.end(),
            [&](std::size_t a, std::size_t b) { return all.through[a] > all.through[b]; });
        m_isCut = m_order.size() > kSearched;
        if (m_isCut)
            m_order.resize(kSearched);
        takeAway();
    }

    std::size_t candidates() const { return m_order.size(); }
    /// The best choice of exactly so many boxes, or of all there are.
    const std::vector<char>& best(std::size_t count) const
    {
        return m_best[std::min(count, m_order.size())];
    }
    double carried(std::size_t count) const { return m_carried[std::min(count, m_order.size())]; }

    /// Improves best(count); true when it is proven to be the best.
    bool search(std::size_t count)
    {
        if (count >= m_order.size())
            return !m_isCut;
        m_count = count;
        m_isWhole = true;
        std::vector<char> isChosen(m_graph.size(), 0), isOpen(m_graph.size(), 0);
        for (const std::size_t box : m_order)
            isOpen[box] = 1;
        descend(0, 0, isChosen, isOpen);
        return m_isWhole && !m_isCut;
    }

private:
    /// A choice of every size, each without the box of the larger one whose loss costs least.
    void takeAway()
    {
        m_best.resize(m_order.size() + 1);
        m_carried.assign(m_order.size() + 1, 0.0);
        std::vector<char> kept(m_graph.size(), 0);
        for (const std::size_t box : m_order)
            kept[box] = 1;
        for (std::size_t count = m_order.size();; --count) {
            m_best[count] = kept;
            m_carried[count] = m_graph.flow(kept).carried;
            if (count == 0)
                return;
            std::size_t least = m_graph.size();
            double most = -1.0;
            for (auto at = m_order.rbegin(); at != m_order.rend(); ++at) {
                if (!kept[*at])
                    continue;
                kept[*at] = 0;
                if (const double carried = m_graph.flow(kept).carried; carried > most + kRounding) {
                    most = carried;
                    least = *at;
                }
                kept[*at] = 1;
            }
            kept[least] = 0;
        }
    }

    /// Boxes from `next` on are open: with all of them a choice carries at least as much as with
    /// any of them, so a branch that cannot do better then is cut off.
    void descend(std::size_t next, std::size_t chosen, std::vector<char>& isChosen,
        std::vector<char>& isOpen)
    {
        if (m_left <= 0 || m_stop.stop_requested()) {
            m_isWhole = false;
            return;
        }
        if (chosen == m_count || next == m_order.size()) {
            --m_left;
            const double carried = m_graph.flow(isChosen).carried;
            if (carried > m_carried[m_count] + kRounding) {
                m_carried[m_count] = carried;
                m_best[m_count] = isChosen;
            }
            return;
        }
        --m_left;
        if (m_graph.flow(isOpen).carried <= m_carried[m_count] + kRounding)
            return;
        const std::size_t box = m_order[next];
        isChosen[box] = 1;
        descend(next + 1, chosen + 1, isChosen, isOpen);
        isChosen[box] = 0;
        isOpen[box] = 0;
        descend(next + 1, chosen, isChosen, isOpen);
        isOpen[box] = 1;
    }

    const BoxGraph& m_graph;
    std::int64_t m_left;
    std::stop_token m_stop;
    std::vector<std::size_t> m_order;
    std::vector<std::vector<char>> m_best; // [candidates + 1]
    std::vector<double> m_carried;
    std::size_t m_count = 0;
    bool m_isCut = false, m_isWhole = true;
};

} // namespace

ChosenBoxes chooseBoxes(
    const BoxGraph& graph, double share, int most, std::int64_t searches, std::stop_token stop)
{
    // A flow looks at the inputs of every box that is kept or still open.
    const auto boxes = static_cast<std::int64_t>(graph.size()) + 1;
    const std::int64_t perFlow = boxes * std::min<std::int64_t>(boxes, kSearched);
    BoxSearch search(graph, std::min(searches, kMostWork / perFlow), std::move(stop));
    const std::size_t largest
        = std::min<std::size_t>(static_cast<std::size_t>(std::max(most, 0)), search.candidates());
    bool isProven = true;
    for (std::size_t count = 0; count <= largest; ++count) {
        isProven = search.search(count) && isProven;
        if (search.carried(count) >= share - kRounding)
            return {search.best(count), isProven};
    }
    std::size_t fewest = largest; // so few cannot carry the share
    while (fewest > 0
        && search.carried(fewest - 1) >= kWorthHaving * search.carried(largest) - kRounding)
        --fewest;
    return {search.best(fewest), isProven};
}

} // namespace core
