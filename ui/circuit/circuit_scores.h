#pragma once

#include <QWidget>

class QLabel;
class QTableView;

namespace ui {

class CircuitDocument;
class ErrorShareModel;
class GraphCheck;
class Notice;

/// How far a graph can be trusted: its scores, what the errors of each layer carry, how well the
/// pinned nodes do alone, and, when asked for, whether what it says happens in the model.
class CircuitScores : public QWidget {
    Q_OBJECT
public:
    explicit CircuitScores(CircuitDocument* document, QWidget* parent = nullptr);

    GraphCheck* check() const { return m_check; }
    QString toText() const;

private:
    QWidget* makeFigures();
    void updateFigures();

    CircuitDocument* m_document;
    QLabel* m_figures;
    Notice* m_notice;
    ErrorShareModel* m_shares;
    QTableView* m_shareTable;
    GraphCheck* m_check;
};

} // namespace ui
