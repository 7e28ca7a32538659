#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/feature_row.h"
#include "core/api/intervene.h"
#include "core/api/label.h"

#include <memory>

#include <QWidget>

class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace ui {

class ConnectionModel;
class TokenChangeModel;

/// The chosen node of a circuit: what it is, its connections as a table, and what the model answers
/// when it is set to another value. Shows plain data and says what a person asks for; the page does
/// it.
class CircuitNodePanel : public QWidget {
    Q_OBJECT
public:
    explicit CircuitNodePanel(QWidget* parent = nullptr);

    void setNode(std::shared_ptr<const core::AttributionGraph> graph, int node); ///< -1 = none.
    void setRow(const core::FeatureRow& row); ///< Label of the node's feature, once it is known.
    /// Empty when the node can be changed, else why not.
    void setChangeProblem(const QString& why);
    void showChange(const core::InterveneResult& result, const QString& title);
    void clearChange();
    int node() const { return m_node; }

Q_SIGNALS:
    void pinRequested();
    void nodeChosen(int node); ///< From the table.
    void labelEdited(const core::Label& before, const core::Label& after);
    void valueRequested(double value); ///< 0 = ablate.

private:
    QWidget* makeFacts();
    QWidget* makeConnections();
    void updateFacts();
    void commitLabel();
    void copyConnections();

    std::shared_ptr<const core::AttributionGraph> m_graph;
    int m_node = -1;
    core::Label m_label;
    bool m_hasLabel = false;

    QLabel* m_title;
    QLabel* m_facts;
    QLineEdit* m_labelText;
    QPushButton* m_pin;
    QPushButton* m_ablate;
    QDoubleSpinBox* m_value;
    QPushButton* m_set;
    QLabel* m_changeTitle;
    TokenChangeModel* m_change;
    QTableView* m_changeTable;
    ConnectionModel* m_connections;
    QTableView* m_table;
    QLabel* m_tableTitle;
};

} // namespace ui
