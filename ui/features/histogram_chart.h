#pragma once

#include <vector>

#include <QChartView>

QT_BEGIN_NAMESPACE
class QLineSeries;
class QLogValueAxis;
class QValueAxis;
QT_END_NAMESPACE

namespace ui {

/// Counts in equal bins from 0 to a maximum, on a logarithmic scale because activations have long
/// tails. Hovering tells a bin's range and count; the context menu copies the bins as a table.
class HistogramChart : public QChartView {
    Q_OBJECT
public:
    explicit HistogramChart(QWidget* parent = nullptr);

    void setHistogram(const std::vector<float>& counts, double maximum);
    QString toTable() const;
    QString describeBin(int bin) const;
    QSize sizeHint() const override;

protected:
    void changeEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    void recolor();

    QLineSeries* m_top;
    QLineSeries* m_floor;
    QValueAxis* m_activationAxis;
    QLogValueAxis* m_countAxis;
    std::vector<float> m_counts;
    double m_maximum = 0.0;
};

} // namespace ui
