#pragma once

#include "core/engine/results.h"

#include <memory>
#include <vector>

#include <QPointF>
#include <QRectF>
#include <QString>

namespace ui {

/// Where everything of an attribution graph stands, in scene units (pixels at zoom 1): columns are token positions,
/// rows layers, embeddings at the bottom, logits on top. Immutable; made once per graph.
class CircuitScene {
public:
    explicit CircuitScene(std::shared_ptr<const core::AttributionGraph> graph);

    const core::AttributionGraph& graph() const { return *m_graph; }
    int nodeCount() const { return static_cast<int>(m_centers.size()); }
    QPointF center(int node) const { return m_centers[static_cast<std::size_t>(node)]; }
    double radius(int node) const { return m_radii[static_cast<std::size_t>(node)]; } ///< Grows with influence.
    QRectF bounds() const { return m_bounds; } ///< With the axes.

    int columnCount() const { return static_cast<int>(m_columnCenters.size()); }
    double columnCenter(int position) const { return m_columnCenters[static_cast<std::size_t>(position)]; }
    double columnWidth(int position) const { return m_columnWidths[static_cast<std::size_t>(position)]; }
    int rowCount() const { return m_graph->nLayers + 2; }
    double rowCenter(int row) const; ///< 0 = embeddings, layer + 1, the last one logits.
    QString rowName(int row) const;

    /// Edges at a node, strongest first: indices into graph().edges.
    const std::vector<int>& incoming(int node) const { return m_incoming[static_cast<std::size_t>(node)]; }
    const std::vector<int>& outgoing(int node) const { return m_outgoing[static_cast<std::size_t>(node)]; }
    float strongestWeight() const { return m_strongest; } ///< Largest |weight|.

    /// The node under a point of the scene, -1 for none; `slack` widens the target.
    int nodeAt(QPointF point, double slack) const;

    static constexpr double kRowHeight = 104.0;
    static constexpr double kAxisWidth = 84.0;

private:
    void placeColumns();
    void placeNodes();
    void indexEdges();

    std::shared_ptr<const core::AttributionGraph> m_graph;
    std::vector<double> m_columnCenters, m_columnWidths;
    std::vector<QPointF> m_centers;
    std::vector<double> m_radii;
    std::vector<std::vector<int>> m_incoming, m_outgoing;
    QRectF m_bounds;
    float m_strongest = 0.0f;
};

/// What a node is called: its label, or layer and index.
QString nodeTitle(const core::GraphNode& node);

} // namespace ui
