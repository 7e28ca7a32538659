#pragma once

#include "ui/circuit/canvas/circuit_painter.h"

#include <functional>
#include <vector>

#include <QSizeF>
#include <QStringList>

namespace ui {

struct Subgraph;

/// What the marks of a graph mean, each drawn as the graph draws it: on the screen and in pictures.
/// Marks that are not in use are left out. Marks grow with the font.
class CircuitLegend {
public:
    CircuitLegend() = default; ///< Explains nothing.
    /// Of the graph as `paint` shows it: the part in view, with or without errors.
    CircuitLegend(const CircuitScene& scene, const CircuitPaint& paint);
    /// Of a subgraph, which has boxes and arrows.
    CircuitLegend(const CircuitScene& scene, const Subgraph& subgraph);

    bool isEmpty() const { return m_entries.empty(); }
    QStringList texts() const;
    /// Of the longest entry: what a legend with one entry in a line takes.
    double columnWidth(const QFont& font) const;
    /// With as many entries in a line as fit `width`, from the left.
    QSizeF size(const QFont& font, double width) const;
    /// The same, with its upper left corner at the origin.
    void paint(QPainter& painter, const QFont& font, const QPalette& palette, double width) const;

private:
    using Mark = std::function<void(QPainter&, const QPalette&, QPointF)>;
    struct Entry {
        double width; ///< Of the mark.
        Mark paint; ///< At the middle of its left end.
        QString text;
    };
    using Row = std::vector<const Entry*>;

    void add(double width, const QString& text, Mark paint)
    {
        m_entries.push_back({width, std::move(paint), text});
    }
    void addNodes(const std::vector<const core::GraphNode*>& nodes, bool isComparison);
    void addSides(const std::vector<const core::GraphNode*>& nodes, bool isComparison);
    void addMarks(const std::vector<const core::GraphNode*>& nodes, bool hasGroups);
    void addEdges(bool isComparison);
    void addArrows(const Subgraph& subgraph);
    std::vector<Row> rows(const QFont& font, double width) const;

    std::vector<Entry> m_entries;
};

} // namespace ui
