#pragma once

#include "core/api/logit_histogram.h"

#include <QWidget>

namespace ui {

/// How a feature moves the logits of the whole vocabulary: bars of tokens by effect, their heights
/// logarithmic, those that fall blue on the left of 0 and those that rise orange on the right; the
/// tokens at both ends named. Hovering tells a bar's range and count, the arrow keys walk through
/// the bars, the context menu copies them as a table.
class LogitHistogramChart : public QWidget {
    Q_OBJECT
public:
    explicit LogitHistogramChart(QWidget* parent = nullptr);

    void setHistogram(core::LogitHistogram histogram);
    const core::LogitHistogram& histogram() const { return m_histogram; }
    QString describeBin(int bin) const; ///< Empty out of range.
    int binAt(double x) const; ///< Of a place in the widget; -1 beside the bars.
    QString toTable() const;

    QSize sizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    QRectF plot() const; ///< Where bars stand.
    double placeOf(double effect) const;
    QString endText(const std::vector<core::LogitEffect>& effects) const;
    void setCurrent(int bin);

    core::LogitHistogram m_histogram;
    int m_current = -1; ///< The bar that is told about.
};

} // namespace ui
