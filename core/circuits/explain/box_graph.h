#pragma once

#include "core/circuits/graph_matrix.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace core {

/// Nodes of a matrix that count as one: features, or one token.
using BoxNodes = std::vector<std::int64_t>;

/// Where the influence on one logit comes from when only some boxes may pass it on. The first three
/// sum to 1.
struct BoxFlow {
    double carried = 0; ///< Ends at words that were kept, on ways through kept boxes alone.
    double errors = 0; ///< Leaves the kept boxes for an error node.
    double leftOut = 0; ///< Leaves them for a feature or word that was not kept.
    std::vector<double> through; ///< [boxes]
};

/// A graph in which boxes of nodes stand for their members: effects between boxes are the signed
/// sums of those between the members, effects inside a box do not count. Each box's input is
/// shared out by |effect| as in `computeInfluence`; what is in no box stays a node of its own that
/// passes nothing on. With a box for each feature and word, `carried` is the replacement score
/// (docs/definitions.md section 6.6).
class BoxGraph {
public:
    /// `logit`: a node. Costs one pass over the rows of the boxes.
    BoxGraph(const GraphMatrix& matrix, std::int64_t logit, std::vector<BoxNodes> boxes);

    std::size_t size() const { return m_boxes.size(); }
    const std::vector<BoxNodes>& boxes() const { return m_boxes; }
    bool isToken(std::size_t box) const { return m_isToken[box]; }
    /// Some boxes feed each other: no order of them exists.
    bool hasCycle() const { return m_order.size() != m_boxes.size() + 1; }
    /// Of `from` on `to`; `to` = size() is the logit.
    double effect(std::size_t from, std::size_t to) const
    {
        return m_effects[to * (m_boxes.size() + 1) + from];
    }
    /// Not for a graph with a cycle. `isKept` [boxes].
    BoxFlow flow(const std::vector<char>& isKept) const;
    BoxFlow flow() const { return flow(std::vector<char>(size(), 1)); }
    /// The part of the influence on the logit that passes along an arrow in a flow.
    double along(const BoxFlow& flow, std::size_t from, std::size_t to) const;

private:
    void orderTargetsFirst();

    std::vector<BoxNodes> m_boxes;
    std::vector<char> m_isToken;
    std::vector<double> m_effects; // [boxes + 1, boxes + 1], rows are targets, the logit last
    std::vector<double> m_errors, m_others, m_totals; // [boxes + 1] sums of |effect|
    std::vector<std::size_t> m_order; // every box after all it feeds; the logit first
};

} // namespace core
