#pragma once

#include <QWidget>

class QLabel;
class QScrollArea;
class QSplitter;
class QTableView;

namespace ui {

class CircuitDocument;
class ErrorShareModel;
class GraphCheck;
class Notice;

/// How far a graph can be trusted: its scores, what the errors of each layer carry, how well the
/// pinned nodes do alone, and, when asked for, whether what it says happens in the model. Side by
/// side where there is room for it, else one below the other and scrolled.
class CircuitScores : public QWidget {
    Q_OBJECT
public:
    explicit CircuitScores(CircuitDocument* document, QWidget* parent = nullptr);

    GraphCheck* check() const { return m_check; }
    QString toText() const;

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* makeFigures();
    void updateFigures();
    void arrange();

    CircuitDocument* m_document;
    QLabel* m_figures;
    Notice* m_notice;
    ErrorShareModel* m_shares;
    QTableView* m_shareTable;
    GraphCheck* m_check;
    QScrollArea* m_scroll;
    QSplitter* m_splitter;
};

} // namespace ui
