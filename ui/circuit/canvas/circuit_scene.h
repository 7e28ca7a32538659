#pragma once

#include "core/api/attribution_graph.h"

#include <memory>
#include <span>
#include <vector>

#include <QPointF>
#include <QRectF>
#include <QString>

namespace ui {

/// Where everything of an attribution graph stands, in scene units (pixels at zoom 1): columns are
/// token positions, rows layers, embeddings at the bottom, logits on top. Rows and columns are as
/// large as their fullest cell, so that no two nodes meet; order inside a cell is the graph's own
/// layout. Immutable; linear in nodes and edges: a million edges take some tens of milliseconds.
class CircuitScene {
public:
    explicit CircuitScene(std::shared_ptr<const core::AttributionGraph> graph);

    const core::AttributionGraph& graph() const { return *m_graph; }
    const core::GraphNode& node(int index) const
    {
        return m_graph->nodes[static_cast<std::size_t>(index)];
    }
    int nodeCount() const { return static_cast<int>(m_centers.size()); }
    QPointF center(int node) const { return m_centers[static_cast<std::size_t>(node)]; }
    double radius(int node) const
    {
        return m_radii[static_cast<std::size_t>(node)];
    } ///< Grows with influence.
    QRectF bounds() const { return m_bounds; } ///< Without the axes.

    int columnCount() const { return static_cast<int>(m_columns.size()); }
    double columnCenter(int position) const
    {
        return m_columns[static_cast<std::size_t>(position)].center;
    }
    double columnWidth(int position) const
    {
        return m_columns[static_cast<std::size_t>(position)].size;
    }
    QString columnName(int position) const; ///< The token, white space visible.
    int rowCount() const { return static_cast<int>(m_rows.size()); }
    double rowCenter(int row) const
    {
        return m_rows[static_cast<std::size_t>(row)].center;
    } ///< 0 = embeddings, layer + 1, the last one logits.
    double rowHeight(int row) const { return m_rows[static_cast<std::size_t>(row)].size; }
    QString rowName(int row) const;
    int rowOf(int node) const;
    int columnOf(int node) const;

    /// Nodes that share a row and a column, and where they stand.
    struct Cell {
        int row = 0, column = 0;
        QRectF place; ///< Of its nodes' discs.
        std::vector<int> nodes; ///< The most influential first.
    };
    const std::vector<Cell>& cells() const { return m_cells; }

    /// Edges at a node, strongest first: indices into graph().edges.
    std::span<const int> incoming(int node) const { return m_incoming.at(node); }
    std::span<const int> outgoing(int node) const { return m_outgoing.at(node); }
    float strongestWeight() const { return m_strongest; } ///< Largest |weight|.
    /// How much of the influence on the outputs passes along an edge, over that of the edge with
    /// most, 0 to 1: the target's influence, shared out by |weight|. Where the graph does not know
    /// it, |weight| over the strongest.
    float edgeInfluence(int edge) const { return m_edgeInfluence[static_cast<std::size_t>(edge)]; }
    /// Sum of |weight| of what enters a node.
    double inputTotal(int node) const { return m_inputs[static_cast<std::size_t>(node)]; }

    /// The node under a point of the scene, -1 for none; `slack` widens the target. Looks at the
    /// neighbourhood only.
    int nodeAt(QPointF point, double slack) const;

private:
    struct Band {
        double center = 0, size = 0;
    };
    /// Lists of numbers, one after the other in one block.
    struct Lists {
        std::vector<int> starts, values;
        std::span<const int> at(int list) const
        {
            const auto first = static_cast<std::size_t>(starts[static_cast<std::size_t>(list)]),
                       last = static_cast<std::size_t>(starts[static_cast<std::size_t>(list) + 1]);
            return std::span(values).subspan(first, last - first);
        }
    };
    void placeNodes();
    void indexEdges();
    void weighEdges();
    void indexPlaces();
    int gridColumn(double x) const;
    int gridRow(double y) const;

    std::shared_ptr<const core::AttributionGraph> m_graph;
    std::vector<Band> m_columns, m_rows;
    std::vector<QPointF> m_centers;
    std::vector<double> m_radii;
    std::vector<Cell> m_cells;
    Lists m_incoming, m_outgoing;
    std::vector<double> m_inputs;
    std::vector<float> m_edgeInfluence;
    Lists m_grid; ///< Nodes by square of m_square scene units, row by row.
    double m_square = 64.0;
    int m_gridColumns = 1, m_gridRows = 1;
    QRectF m_bounds;
    float m_strongest = 0.0f;
};

/// What a node is called: its label, or layer and index; tokens and logits by their text.
QString nodeTitle(const core::GraphNode& node);
/// The title and where the node stands: "Texas (layer 2, position 7)".
QString nodeSentence(const core::GraphNode& node);

} // namespace ui
