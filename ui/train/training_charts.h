#pragma once

#include "core/base/result.h"
#include "ui/train/chart_group.h"
#include "ui/train/curve.h"

#include <array>
#include <map>
#include <optional>
#include <vector>

#include <QTimer>
#include <QWidget>

class QComboBox;
class QGridLayout;
class QLabel;
class QStackedWidget;
class QTabBar;

namespace ui {

class CurveLegend;
class DensityMap;
class FeaturePeekView;
class FrontChart;
class MetricChart;
class Notice;

/// The curves of a training and of those it is compared with, in groups of a few charts; the front
/// of all dictionaries; features as they form. New rows are drawn ten times a second at most, and
/// only in the charts that are seen. All of it goes out as a picture or a table.
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
    void showGroup(ChartGroup group);
    ChartGroup group() const;
    QString toCsv() const;
    QString toTable() const; ///< The same, with tabs.
    /// .png, .svg or .csv, of all that there is or of one chart.
    core::Result<void> save(const QString& path, std::optional<Metric> only = {}) const;
    void chooseAndSave();
    const Curve* chosenCurve() const; ///< Whose density and features are shown; null without any.
    void copy() const;

Q_SIGNALS:
    void failed(const QString& message);
    void filled(bool hasCurves); ///< There is something to save, or no longer.

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeFront();
    void redraw();
    void redrawGroup();
    void layOut();
    bool isMissing(Metric metric) const; ///< It is measured, and this architecture has none.
    void chooseCurve(const QString& name);
    void listCurves();
    QString rowsAsText(QChar between, std::optional<Metric> only) const;
    void chooseAndSaveAs(const QString& title, const QString& name, std::optional<Metric> only);

    QString m_run;
    std::vector<core::TrainMetrics> m_rows; ///< Of the training at hand.
    std::vector<Curve> m_overlays;
    std::map<QString, int> m_places; ///< Of earlier curves, by name, as long as they are ticked.
    std::vector<Curve> m_shown;
    QTabBar* m_groups;
    QComboBox* m_which; ///< Of several dictionaries.
    QString m_wanted; ///< The one that a person chose; empty: the first of the training at hand.
    QStackedWidget* m_pages;
    QWidget* m_gridPage;
    QGridLayout* m_grid;
    std::array<MetricChart*, kMetrics> m_charts{};
    DensityMap* m_density;
    FeaturePeekView* m_peek;
    std::array<FrontChart*, 2> m_fronts{};
    QLabel* m_frontText;
    CurveLegend* m_legend;
    Notice* m_saved; ///< Where the last file went, for a while.
    QTimer m_pace;
    int m_columns = 0;
    std::vector<QWidget*> m_laidOut; ///< What is in the grid.
};

} // namespace ui
