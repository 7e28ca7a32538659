#pragma once

#include "ui/train/curve.h"

#include <vector>

#include <QChartView>

class QLineSeries;
class QLogValueAxis;
class QValueAxis;

namespace ui {

/// One metric of one or several dictionaries over the tokens they have seen. Drawn anew when it is
/// told to; hovering says the values, the context menu copies them.
class MetricChart : public QChartView {
    Q_OBJECT
public:
    explicit MetricChart(Metric metric, QWidget* parent = nullptr);

    Metric metric() const { return m_metric; }
    void setCurves(const std::vector<Curve>* curves);
    /// Each curve's value there, the nearest to `value` first; empty without curves.
    QString describeAt(double tokens, double value = 0.0) const;
    bool isLog() const { return m_range.isLog; }
    /// What lies outside of the picture, as the picture says it; often empty.
    QString outsideText() const { return m_outside; }
    QString waitingText() const { return m_waiting; } ///< When its next point comes; often empty.
    QString note() const; ///< What it shows, and what of it lies outside of the picture.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void copyRequested(); ///< All rows of all metrics, as a table.
    void saveRequested(); ///< This chart.

protected:
    void changeEvent(QEvent* event) override;
    void drawForeground(QPainter* painter, const QRectF& rect) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void redraw();
    void recolor();
    void setValueAxis(bool isLog);
    void setRanges(double tokens);
    void findOutside();

    Metric m_metric;
    const std::vector<Curve>* m_curves = nullptr; ///< Of the panel that shows this.
    std::vector<QLineSeries*> m_series;
    ValueRange m_range; ///< Of the values, as drawn last.
    double m_divisor = 1.0; ///< Values are drawn divided by it: thousands, millions.
    QString m_outside; ///< Of the picture.
    bool m_isOutsideAbove = false;
    QString m_waiting; ///< When the next of its few points comes.
    QValueAxis* m_tokens;
    QValueAxis* m_values;
    QLogValueAxis* m_logValues;
    bool m_hasLogAxis = false; ///< In place of the other.
};

} // namespace ui
