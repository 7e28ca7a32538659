#pragma once

#include <optional>
#include <vector>

#include <QPixmap>
#include <QString>
#include <QWidget>

namespace ui {

struct ScatterPoint {
    double x = 0, y = 0;
    QString name;
};

/// Two measures of the same things against each other: approximate against exact, influence against
/// effect. Custom-painted; ten thousand points stay quick. Points that are not numbers are left out
/// and counted.
///
/// Left and right walk the points by x, Home and End go to the ends, Enter or a click chooses.
class ScatterPlot : public QWidget {
    Q_OBJECT
public:
    explicit ScatterPlot(QWidget* parent = nullptr);

    /// `summary` stands above the plot: what the agreement is.
    void setData(std::vector<ScatterPoint> points, const QString& xTitle, const QString& yTitle,
        const QString& summary);
    const std::vector<ScatterPoint>& points() const { return m_points; }
    int current() const { return m_current; } ///< Index into points(), -1 for none.
    void setCurrent(int index);
    QPointF pointPosition(int index) const; ///< In the widget.
    int pointAt(QPointF position) const; ///< The nearest within a few pixels, -1 for none.
    QString toTable() const; ///< Tab-separated, with a line of titles.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void pointChosen(int index); ///< By mouse or keyboard; an index into points().

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Range {
        double from = 0, to = 1, step = 0.5;
    };
    static Range rangeOf(double least, double most, int ticks);
    QRectF plot() const;
    void renderLayer();
    void paintPoints(QPainter& painter) const;
    void invalidate();
    void describe();
    QString sentence(int index) const;

    std::vector<ScatterPoint> m_points;
    std::vector<int> m_byX; ///< Indices of the points that are numbers.
    QString m_xTitle, m_yTitle, m_summary;
    Range m_x, m_y;
    int m_current = -1, m_hovered = -1;
    mutable QRectF m_plot; ///< At the size `m_plotOf`.
    mutable QSize m_plotOf;
    QPixmap m_layer; ///< Axes and points; only the ring of the current one is drawn anew.
    bool m_isStale = true;
};

} // namespace ui
