#pragma once

#include "core/api/check_graph.h"

#include <memory>

#include <QWidget>

class QLabel;
class QPushButton;
class QSpinBox;
class QTableView;

namespace ui {

class CheckDistanceModel;
class CircuitDocument;
class ScatterPlot;

/// Whether what a graph says happens in the model: its most influential features are ablated there,
/// one at a time.
class GraphCheck : public QWidget {
    Q_OBJECT
public:
    explicit GraphCheck(CircuitDocument* document, QWidget* parent = nullptr);

    void run(); ///< As if the button was pressed; `shown` follows.
    QString toText() const; ///< Empty without a result.

Q_SIGNALS:
    void shown(); ///< What a check said.

private:
    void layOut();
    void runOrStop();
    void showCheck(std::shared_ptr<const core::PerturbationCheck> check); ///< Null: none.
    void choosePoint(int point);
    void updateButtons();

    CircuitDocument* m_document;
    std::shared_ptr<const core::PerturbationCheck> m_check;
    QPushButton* m_run;
    QSpinBox* m_features;
    QLabel* m_verdict;
    CheckDistanceModel* m_distances;
    QTableView* m_distanceTable;
    ScatterPlot* m_scatter;
};

} // namespace ui
