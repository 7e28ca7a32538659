#pragma once

#include "core/api/attribution_graph.h"
#include "core/api/intervene.h"
#include "ui/circuit/node_edit_model.h"

#include <memory>
#include <vector>

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QMenu;
class QPushButton;
class QSpinBox;
class QTableView;
class QToolButton;
class QUndoStack;

namespace ui {

class TokenChangeModel;

/// Changes nodes and supernodes of a circuit together and reads what the model then says: the next
/// tokens and the text before and after, with attention frozen, free, or both side by side. The
/// list can be undone. Asks the page to run it.
class CircuitInterventions : public QWidget {
    Q_OBJECT
public:
    explicit CircuitInterventions(QUndoStack* undoStack, QWidget* parent = nullptr);

    /// Another graph of the same prompt keeps the list.
    void setGraph(std::shared_ptr<const core::AttributionGraph> graph);
    void setNode(int node); ///< The chosen one, -1 for none.
    void addNode(int node);
    void addGroup(int group); ///< Index into the graph's supernodes.
    /// Empty when it can run, else why not.
    void setProblem(const QString& why);
    void setRunning(bool isRunning);
    const std::vector<NodeEdit>& edits() const { return m_model->edits(); }
    core::InterveneRequest request() const;
    void showResult(const core::InterveneResult& result);
    QString toText() const; ///< The list, how it was run, and what came of it.

Q_SIGNALS:
    void runRequested();
    void stopRequested();

private:
    QWidget* makeList();
    QWidget* makeChosen();
    QWidget* makeOptions();
    QWidget* makeResult();
    void add(NodeEdit edit);
    void push(const QString& what, std::vector<NodeEdit> edits, int field = -1);
    void apply(const std::vector<NodeEdit>& edits);
    void fillGroupMenu();
    void editChosen(int field);
    void showChosen();
    void updateButtons();
    int chosen() const; ///< Row of the list, -1 for none.

    QUndoStack* m_undoStack;
    std::shared_ptr<const core::AttributionGraph> m_graph;
    int m_node = -1;
    QString m_problem;
    bool m_isRunning = false;
    std::vector<NodeEdit> m_ran; ///< What the shown result was made by.
    core::InterveneResult m_result;
    bool m_hasResult = false;

    NodeEditModel* m_model;
    QTableView* m_table;
    QPushButton* m_addNode;
    QToolButton* m_addGroup;
    QMenu* m_groupMenu;
    QPushButton* m_remove;
    QPushButton* m_clear;
    QComboBox* m_mode;
    QDoubleSpinBox* m_value;
    QComboBox* m_where;
    QComboBox* m_attention;
    QSpinBox* m_first;
    QSpinBox* m_last;
    QSpinBox* m_generate;
    QPushButton* m_run;
    QPushButton* m_copy;
    QLabel* m_summary;
    TokenChangeModel* m_tokens;
    QTableView* m_tokenTable;
    QLabel* m_texts;
};

} // namespace ui
