#pragma once

#include "ui/circuit/canvas/circuit_labels.h"
#include "ui/circuit/canvas/circuit_legend.h"
#include "ui/circuit/canvas/circuit_painter.h"
#include "ui/circuit/canvas/graph_export.h"
#include "ui/circuit/canvas/subgraph_painter.h"

#include <memory>
#include <optional>

#include <QSizeF>
#include <QStringList>

namespace ui {

/// A graph as a picture that can be read without the program: title, the graph, a legend of every
/// mark in use, and in words the prompt, model, dictionaries, thresholds, scores and what is
/// hidden. Sizes are in scene units, a pixel at 96 dots per inch.
class GraphSheet {
public:
    GraphSheet(
        std::shared_ptr<const core::AttributionGraph> graph, const GraphExportOptions& options);

    QSizeF size() const { return m_size; }
    /// A subgraph of a graph in which nothing is pinned, or a part without nodes.
    bool isEmpty() const;
    void paint(QPainter& painter);
    QString title() const;

private:
    bool isSubgraph() const { return m_options.what == GraphExportOptions::What::Subgraph; }
    CircuitPaint axisPaint() const;
    void measure();
    QStringList notes() const;
    QString countText() const;
    int labelled() const; ///< Nodes with a label.
    QStringList sentences() const; ///< Of the story, in lines that fit.
    QStringList wrappedNotes() const;
    void paintHeader(QPainter& painter) const;
    void paintPlot(QPainter& painter);
    void paintFooter(QPainter& painter) const;
    double footerHeight() const; ///< At growth 1.
    double footerWidth() const;

    GraphExportOptions m_options;
    CircuitScene m_scene;
    CircuitPaint m_paint;
    EdgeChoice m_edges;
    std::optional<Subgraph> m_subgraph;
    QRectF m_part; ///< What is shown, in the units of the scene or subgraph.
    CircuitLegend m_legend;
    QSizeF m_size;
    double m_growth = 1.0; ///< Texts around the graph grow with it.
    CircuitLabels m_labels;
};

} // namespace ui
