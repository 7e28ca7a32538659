#include "core/circuits/explain/box_graph.h"

#include <cmath>

namespace core {

BoxGraph::BoxGraph(const GraphMatrix& matrix, std::int64_t logit, std::vector<BoxNodes> boxes)
    : m_boxes(std::move(boxes))
{
    const std::size_t n = m_boxes.size() + 1;
    m_effects.assign(n * n, 0.0);
    m_errors.assign(n, 0.0);
    m_others.assign(n, 0.0);
    m_totals.assign(n, 0.0);
    std::vector<std::int32_t> boxOf(static_cast<std::size_t>(matrix.size()), -1);
    for (std::size_t box = 0; box < m_boxes.size(); ++box) {
        m_isToken.push_back(matrix.kind(m_boxes[box].front()) == NodeKind::Token);
        for (const std::int64_t node : m_boxes[box])
            boxOf[static_cast<std::size_t>(node)] = static_cast<std::int32_t>(box);
    }
    std::vector<double> row(boxOf.size());
    for (std::size_t target = 0; target < n; ++target) {
        if (target + 1 < n && m_isToken[target])
            continue; // words have no inputs
        std::fill(row.begin(), row.end(), 0.0);
        const auto add = [&](std::int64_t node) {
            const auto values = matrix.row(node);
            for (std::size_t s = 0; s < row.size(); ++s)
                row[s] += static_cast<double>(values[s]);
        };
        if (target + 1 == n)
            add(logit);
        else
            for (const std::int64_t node : m_boxes[target])
                add(node);
        double* const effects = m_effects.data() + target * n;
        for (std::size_t s = 0; s < row.size(); ++s) {
            if (row[s] == 0.0)
                continue;
            if (boxOf[s] >= 0)
                effects[boxOf[s]] += row[s];
            else
                (matrix.kind(static_cast<std::int64_t>(s)) == NodeKind::Error ? m_errors
                                                                              : m_others)[target]
                    += std::fabs(row[s]);
        }
        effects[target] = 0.0;
        m_totals[target] = m_errors[target] + m_others[target];
        for (std::size_t from = 0; from + 1 < n; ++from)
            m_totals[target] += std::fabs(effects[from]);
    }
    orderTargetsFirst();
}

void BoxGraph::orderTargetsFirst()
{
    const std::size_t n = m_boxes.size() + 1;
    std::vector<std::size_t> left(n, 0); // targets that are not placed yet
    for (std::size_t target = 0; target < n; ++target)
        for (std::size_t from = 0; from < n; ++from)
            left[from] += m_effects[target * n + from] != 0.0;
    for (std::size_t box = n; box-- > 0;)
        if (left[box] == 0)
            m_order.push_back(box);
    for (std::size_t next = 0; next < m_order.size(); ++next)
        for (std::size_t from = 0; from < n; ++from)
            if (m_effects[m_order[next] * n + from] != 0.0 && --left[from] == 0)
                m_order.push_back(from);
}

BoxFlow BoxGraph::flow(const std::vector<char>& isKept) const
{
    const std::size_t n = m_boxes.size() + 1;
    BoxFlow flow;
    flow.through.assign(n, 0.0);
    flow.through[n - 1] = 1.0;
    for (const std::size_t target : m_order) {
        const double share = flow.through[target];
        if (share == 0.0)
            continue;
        const bool isLogit = target + 1 == n;
        if (!isLogit && m_isToken[target]) {
            flow.carried += share;
            continue;
        }
        if (m_totals[target] <= 0.0) { // nothing enters it: where it comes from is not known
            flow.leftOut += share;
            continue;
        }
        const double unit = share / m_totals[target];
        flow.errors += unit * m_errors[target];
        flow.leftOut += unit * m_others[target];
        for (std::size_t from = 0; from + 1 < n; ++from) {
            const double part = unit * std::fabs(m_effects[target * n + from]);
            if (part == 0.0)
                continue;
            if (isKept[from])
                flow.through[from] += part;
            else
                flow.leftOut += part;
        }
    }
    flow.through.pop_back();
    return flow;
}

double BoxGraph::along(const BoxFlow& flow, std::size_t from, std::size_t to) const
{
    const double share = to == size() ? 1.0 : flow.through[to];
    return m_totals[to] > 0.0 ? share * std::fabs(effect(from, to)) / m_totals[to] : 0.0;
}

} // namespace core
