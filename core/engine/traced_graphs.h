#pragma once

#include "core/base/result.h"
#include "core/circuits/build_graph.h"

#include <cstdint>
#include <list>
#include <memory>
#include <utility>

namespace core {

/// The last few unpruned graphs, so that a moved slider prunes again without tracing. The oldest
/// goes first: each takes 4 N^2 bytes, and together they stay within what one trace may take.
class TracedGraphs {
public:
    /// `mostBytes`: of all matrices; the newest is always kept.
    std::uint64_t keep(TracedGraph graph, std::int64_t mostBytes)
    {
        m_graphs.emplace_front(++m_lastId, std::make_shared<const TracedGraph>(std::move(graph)));
        while (m_graphs.size() > 1 && (m_graphs.size() > kKept || bytes() > mostBytes))
            m_graphs.pop_back();
        return m_lastId;
    }

    std::int64_t bytes() const
    {
        std::int64_t total = 0;
        for (const auto& [id, graph] : m_graphs)
            total += std::ssize(graph->matrix.adjacency) * static_cast<std::int64_t>(sizeof(float));
        return total;
    }

    Result<std::shared_ptr<const TracedGraph>> find(std::uint64_t id) const
    {
        for (const auto& [kept, graph] : m_graphs)
            if (kept == id)
                return graph;
        return fail(Error::Code::NotFound,
            "The matrix of this graph is gone (a few are kept). Trace the prompt again.");
    }

private:
    static constexpr std::size_t kKept = 4;
    std::uint64_t m_lastId = 0;
    std::list<std::pair<std::uint64_t, std::shared_ptr<const TracedGraph>>> m_graphs;
};

} // namespace core
