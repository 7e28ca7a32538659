#pragma once

#include "core/engine/results.h"

#include <memory>
#include <vector>

#include <QPointF>
#include <QRectF>
#include <QString>

namespace ui {

/// Where everything of an attribution graph stands, in scene units (pixels at zoom 1): columns are
/// token positions, rows layers, embeddings at the bottom, logits on top. Rows and columns are as
/// large as their fullest cell, so that no two nodes meet; order inside a cell is the graph's own
/// layout. Immutable; linear in nodes and edges.
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

    /// Edges at a node, strongest first: indices into graph().edges.
    const std::vector<int>& incoming(int node) const
    {
        return m_incoming[static_cast<std::size_t>(node)];
    }
    const std::vector<int>& outgoing(int node) const
    {
        return m_outgoing[static_cast<std::size_t>(node)];
    }
    float strongestWeight() const { return m_strongest; } ///< Largest |weight|.

    /// The node under a point of the scene, -1 for none; `slack` widens the target.
    int nodeAt(QPointF point, double slack) const;

private:
    struct Band {
        double center = 0, size = 0;
    };
    void placeNodes();
    void indexEdges();

    std::shared_ptr<const core::AttributionGraph> m_graph;
    std::vector<Band> m_columns, m_rows;
    std::vector<QPointF> m_centers;
    std::vector<double> m_radii;
    std::vector<std::vector<int>> m_incoming, m_outgoing;
    QRectF m_bounds;
    float m_strongest = 0.0f;
};

/// What a node is called: its label, or layer and index; tokens and logits by their text.
QString nodeTitle(const core::GraphNode& node);
/// The title and where the node stands: "Texas (layer 2, position 7)".
QString nodeSentence(const core::GraphNode& node);

} // namespace ui
