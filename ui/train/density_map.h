#pragma once

#include "ui/train/curve.h"

#include <QRect>
#include <QWidget>

namespace ui {

/// How often the features of one dictionary fire, over the tokens it has seen: a column for each
/// measurement, a row for each half decade of the firing rate, the darker the more features.
class DensityMap : public QWidget {
    Q_OBJECT
public:
    explicit DensityMap(QWidget* parent = nullptr);

    void setCurve(const Curve* curve); ///< Null: nothing to show. Only read within the call.
    int columns() const { return static_cast<int>(m_rows.size()); }
    QString describeAt(const QPoint& point) const; ///< Empty outside of the map.
    QString title() const; ///< Whose rates these are.
    QString note() const; ///< What it shows, and what is healthy for this dictionary.
    /// Within `box`, in the colours of a palette; also for a picture that is saved.
    void paint(QPainter& painter, const QRect& box, const QPalette& colors) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    QRect plot(const QRect& box, const QFontMetrics& metrics) const;
    /// Where a measurement's column begins, 0 to 1.
    double edge(std::size_t column) const;

    QString m_name;
    std::vector<core::TrainMetrics> m_rows; ///< That were measured.
    double m_tokens = 0.0; ///< At the end of the run.
    double m_meanRate = 0.0; ///< Of its features; 0: not known.
};

} // namespace ui
