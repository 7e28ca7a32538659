#pragma once

#include <vector>

#include <QAbstractScrollArea>
#include <QString>

namespace ui {

struct HeatMapRow {
    QString title;
    QString detail; ///< Second line of the tooltip.
    std::vector<float> values; ///< One per column; 0 is not painted.
    double scale = 0.0; ///< Gets the strongest colour; 0 = the largest value of the whole map.
};

/// Features x tokens, mostly empty. Only what is visible is painted, so thousands of rows cost
/// nothing. Hovering tells row, column and value; click and arrow keys choose a cell.
class HeatMap : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit HeatMap(QWidget* parent = nullptr);

    void setData(std::vector<QString> columns, std::vector<HeatMapRow> rows);
    int rowCount() const;
    int columnCount() const;
    void setCurrent(int row, int column); ///< -1 = none. Emits nothing.
    int currentRow() const { return m_row; }
    int currentColumn() const { return m_column; }
    /// What hovering a cell says.
    QString describe(int row, int column) const;
    QString toTable() const; ///< Tab-separated, for the clipboard.
    QRect cellRect(int row, int column) const; ///< In viewport coordinates.

Q_SIGNALS:
    void currentChanged(int row, int column);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int headerWidth() const;
    int headerHeight() const;
    QSize cellSize() const;
    void cellAt(const QPoint& point, int& row, int& column) const;
    void choose(int row, int column);
    void updateScrollBars();
    void paintRowTitles(QPainter& painter, int first, int last) const;
    void paintColumnTitles(QPainter& painter, int first, int last) const;

    std::vector<QString> m_columns;
    std::vector<HeatMapRow> m_rows;
    double m_maximum = 0.0;
    int m_row = -1, m_column = -1;
    int m_hoverRow = -1, m_hoverColumn = -1;
};

} // namespace ui
