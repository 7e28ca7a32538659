#pragma once

#include "core/base/result.h"
#include "core/circuits/build_graph.h"

#include <cstdint>
#include <list>
#include <memory>
#include <utility>

namespace core {

/// The last few unpruned graphs, so that a moved slider prunes again without tracing. The oldest
/// goes first: each takes 4 N^2 bytes.
class TracedGraphs {
public:
    std::uint64_t keep(TracedGraph graph)
    {
        m_graphs.emplace_front(++m_lastId, std::make_shared<const TracedGraph>(std::move(graph)));
        if (m_graphs.size() > kKept)
            m_graphs.pop_back();
        return m_lastId;
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
