#pragma once

#include "core/api/session.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/node_edit_model.h"

#include <vector>

#include <QWidget>

class QComboBox;
class QDoubleSpinBox;
class QMenu;
class QPushButton;
class QTableView;
class QToolButton;

namespace ui {

/// The nodes and supernodes of a circuit that are to be changed together, and what becomes of each.
/// Can be undone. Stays while the graph is pruned and empties when another prompt is traced. What
/// was saved is there again with the graph that it belongs to.
class NodeEditList : public QWidget {
    Q_OBJECT
public:
    explicit NodeEditList(CircuitDocument* document, QWidget* parent = nullptr);

    const std::vector<NodeEdit>& edits() const { return m_model->rows(); }
    void addNode(int node);
    void addGroup(int group); ///< Index into the graph's supernodes.
    void save(core::SavedSession& session) const;
    void restore(const core::SavedSession& session);

Q_SIGNALS:
    void changed();
    void edited(); ///< By a person, or taken back.

private:
    QWidget* makeButtons();
    void makeTable();
    QWidget* makeChosen();
    void followGraph(CircuitDocument::Change change);
    bool takeWaiting(); ///< Into the list, when their graph is shown.
    void add(NodeEdit edit);
    void removeChosen();
    void push(const QString& what, std::vector<NodeEdit> after, int control = -1);
    void apply(const std::vector<NodeEdit>& edits);
    void fillGroupMenu();
    void editChosen(int control);
    void showChosen();
    void updateButtons();
    int chosen() const; ///< Row of the list, -1 for none.

    CircuitDocument* m_document;
    CircuitDocument::Graph m_graph; ///< Whose features are in the list.
    core::SavedEdits m_waiting; ///< For their graph, which is not shown again yet.
    std::string m_waitingModel; ///< That made it.
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
};

} // namespace ui
