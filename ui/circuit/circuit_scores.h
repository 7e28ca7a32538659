#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/check_graph.h"
#include "core/api/score_subgraph.h"
#include "core/base/progress.h"

#include <memory>

#include <QWidget>

class QLabel;
class QPushButton;
class QSpinBox;
class QTableView;

namespace ui {

class CheckDistanceModel;
class ErrorShareModel;
class JobProgress;
class Notice;
class ScatterPlot;

/// How far a graph can be trusted: its scores, what the errors of each layer carry, how well the
/// pinned nodes do alone, and, when asked for, whether what it says happens in the model.
class CircuitScores : public QWidget {
    Q_OBJECT
public:
    explicit CircuitScores(QWidget* parent = nullptr);

    /// `prunedPins`: pinned nodes that are not in it.
    void setGraph(std::shared_ptr<const core::AttributionGraph> graph, int prunedPins);
    void setSubgraph(std::shared_ptr<const core::SubgraphScore> score); ///< Null: none is pinned.
    /// Empty when the graph can be checked, else why not.
    void setCheckProblem(const QString& why);
    void setChecking(bool isChecking);
    void setProgress(const core::Progress& progress);
    void showCheck(std::shared_ptr<const core::PerturbationCheck> check);
    int checkedFeatures() const; ///< How many to change.
    QString toText() const;

Q_SIGNALS:
    void checkRequested();
    void stopRequested();
    void pointChosen(int point); ///< Of the shown check.

private:
    QWidget* makeFigures();
    QWidget* makeCheck();
    void updateFigures();

    std::shared_ptr<const core::AttributionGraph> m_graph;
    std::shared_ptr<const core::SubgraphScore> m_subgraph;
    std::shared_ptr<const core::PerturbationCheck> m_check;
    int m_prunedPins = 0;
    bool m_isChecking = false;

    QLabel* m_figures;
    Notice* m_notice;
    ErrorShareModel* m_shares;
    QTableView* m_shareTable;
    QPushButton* m_run;
    QSpinBox* m_features;
    JobProgress* m_progress;
    QLabel* m_verdict;
    CheckDistanceModel* m_distances;
    QTableView* m_distanceTable;
    ScatterPlot* m_scatter;
};

} // namespace ui
