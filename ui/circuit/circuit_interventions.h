#pragma once

#include "ui/circuit/node_edit_model.h"

#include <vector>

#include <QWidget>

class QPushButton;

namespace ui {

class CircuitDocument;
class InterventionOptions;
class InterventionResult;
class NodeEditList;

/// Changes nodes and supernodes of a circuit together and reads what the model then says: the next
/// tokens and the text before and after, with attention frozen, free, or both side by side.
class CircuitInterventions : public QWidget {
    Q_OBJECT
public:
    explicit CircuitInterventions(CircuitDocument* document, QWidget* parent = nullptr);

    NodeEditList* list() const { return m_list; }
    void run(); ///< As if the button was pressed; `shown` follows.
    QString toText() const; ///< The list, how it was run, and what came of it.

Q_SIGNALS:
    void shown(); ///< What came of a run.

private:
    void runOrStop();
    void updateButtons();

    CircuitDocument* m_document;
    std::vector<NodeEdit> m_ran; ///< What the shown result was made by; empty without one.
    NodeEditList* m_list;
    InterventionOptions* m_options;
    QPushButton* m_run;
    InterventionResult* m_result;
};

} // namespace ui
