#pragma once

#include "core/base/result.h"
#include "ui/train/curve.h"

#include <array>
#include <vector>

#include <QTimer>
#include <QWidget>

class QLabel;

namespace ui {

class CurveLegend;
class MetricChart;

/// The curves of a training and of those it is compared with, a chart for each metric. New rows are
/// drawn ten times a second at most. All of it goes out as a picture or a table.
class TrainingCharts : public QWidget {
    Q_OBJECT
public:
    explicit TrainingCharts(QWidget* parent = nullptr);

    /// The training at hand, under its name; its rows so far.
    void setRun(const QString& name, const std::vector<core::TrainMetrics>& rows);
    void addRows(const std::vector<core::TrainMetrics>& rows);
    /// Earlier ones, behind it.
    void setOverlays(std::vector<Curve> curves);
    const std::vector<Curve>& curves() const { return m_shown; } ///< As drawn last.
    QString toCsv() const;
    QString toTable() const; ///< The same, with tabs.
    core::Result<void> save(const QString& path) const; ///< .png, .svg or .csv
    void chooseAndSave();
    void copy() const;

Q_SIGNALS:
    void failed(const QString& message);
    void filled(bool hasCurves); ///< There is something to save, or no longer.

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void redraw();
    void layOut();
    QString rowsAsText(QChar between) const;

    QString m_run;
    std::vector<core::TrainMetrics> m_rows; ///< Of the training at hand.
    std::vector<Curve> m_overlays;
    std::vector<Curve> m_shown;
    std::array<MetricChart*, kMetrics> m_charts{};
    CurveLegend* m_legend;
    QTimer m_pace;
    int m_columns = 0;
};

} // namespace ui
