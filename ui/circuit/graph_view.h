#pragma once

#include "ui/circuit/circuit_document.h"

#include <QRectF>
#include <QWidget>

class QLabel;

namespace ui {

class CircuitCanvas;
class CircuitTools;

/// The attribution graph of the prompt: thresholds and search above the canvas, scores and what is
/// hidden below it.
class GraphView : public QWidget {
    Q_OBJECT
public:
    explicit GraphView(CircuitDocument* document, QWidget* parent = nullptr);

    void focusFind();
    bool areErrorsShown() const;
    QRectF visibleScene() const;

Q_SIGNALS:
    void nodeActivated(); ///< Enter or double click on a node, which is chosen now.

private:
    void connectTools();
    void connectCanvas();
    void showGraph(CircuitDocument::Change change);
    void showSelection();
    void updateFound();
    void updateScores();

    CircuitDocument* m_document;
    CircuitTools* m_tools;
    CircuitCanvas* m_canvas;
    QLabel* m_scores;
};

} // namespace ui
