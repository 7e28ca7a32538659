#pragma once

#include "core/api/compare_graphs.h"

#include "ui/session/session.h"

#include <QRectF>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedLayout;
class QTableView;

namespace ui {

class CircuitCanvas;
class CircuitDocument;
class ComparisonModel;

/// The graphs of two prompts as one, aligned by token, and where they differ most. The first is the
/// document's, the second is traced with the same settings.
class CircuitCompare : public QWidget {
    Q_OBJECT
public:
    explicit CircuitCompare(CircuitDocument* document, QWidget* parent = nullptr);

    /// As if the button was pressed; `shown` follows. Traces the document's prompt first where its
    /// graph is not there yet.
    void compare(const QString& second);
    const Shared<core::GraphComparison>& comparison() const { return m_comparison; }
    QRectF visibleScene() const;

Q_SIGNALS:
    void started();
    void shown();

private:
    QWidget* makeResult();
    bool isRunning() const;
    void traceSecond();
    void showComparison(const Shared<core::GraphComparison>& comparison);
    void chooseNode(int node);
    void updateButtons();

    CircuitDocument* m_document;
    Shared<core::GraphComparison> m_comparison;
    QLineEdit* m_second;
    QPushButton* m_run;
    QStackedLayout* m_stack;
    QLabel* m_summary;
    CircuitCanvas* m_canvas;
    ComparisonModel* m_model;
    QTableView* m_table;
};

} // namespace ui
