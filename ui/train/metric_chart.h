#pragma once

#include "ui/train/curve.h"

#include <vector>

#include <QChartView>

class QLineSeries;
class QValueAxis;

namespace ui {

/// One metric of one or several dictionaries over the tokens they have seen. Drawn anew when it is
/// told to; hovering says the values, the context menu copies them.
class MetricChart : public QChartView {
    Q_OBJECT
public:
    explicit MetricChart(Metric metric, QWidget* parent = nullptr);

    Metric metric() const { return m_metric; }
    /// Colours follow the order of the curves.
    void setCurves(const std::vector<Curve>* curves);
    QString describeAt(double tokens) const; ///< Each curve's value there; empty without curves.
    QString waitingText() const { return m_waiting; } ///< When its next point comes; often empty.
    QString note() const; ///< What it shows, and what of it lies outside of the picture.
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    void copyRequested(); ///< All rows of all metrics, as a table.
    void saveRequested();

protected:
    void changeEvent(QEvent* event) override;
    void drawForeground(QPainter* painter, const QRectF& rect) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void redraw();
    void recolor();

    Metric m_metric;
    const std::vector<Curve>* m_curves = nullptr; ///< Of the panel that shows this.
    std::vector<QLineSeries*> m_series;
    bool m_hidesBeginning = false;
    QString m_waiting; ///< When the next of its few points comes.
    QValueAxis* m_tokens;
    QValueAxis* m_values;
};

} // namespace ui
