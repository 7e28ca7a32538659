#pragma once

#include "ui/circuit/patching/signed_map.h"
#include "ui/circuit/patching/signed_map_painter.h"

#include <QAbstractScrollArea>

class QAction;

namespace ui {

/// A SignedMap to look at and to choose from: hovering tells row, column and value; click and arrow
/// keys choose a cell, Enter asks for what is behind it. Ctrl+C copies the map as a table. Only
/// what is visible is painted.
class SignedHeatMap : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit SignedHeatMap(QWidget* parent = nullptr);

    void setMap(SignedMap map); ///< The chosen cell stays if the map is as large as before.
    const SignedMap& map() const { return m_map; }
    void setCurrent(int row, int column); ///< -1 = none. Emits nothing.
    int currentRow() const { return m_marks.row; }
    int currentColumn() const { return m_marks.column; }
    QRect cellRect(int row, int column) const; ///< In viewport coordinates.

Q_SIGNALS:
    void currentChanged(int row, int column);
    void cellActivated(int row, int column);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QRect mapArea() const; ///< The viewport without the legend.
    void cellAt(const QPoint& point, int& row, int& column) const;
    void choose(int row, int column);
    void scrollTo(int row, int column);
    void updateLayout();
    void describeCurrent();

    SignedMap m_map;
    SignedMapLayout m_layout;
    SignedMapMarks m_marks;
};

} // namespace ui
