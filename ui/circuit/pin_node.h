#pragma once

#include "ui/circuit/graph_marks.h"

#include <memory>

#include <QUndoCommand>

namespace ui {

/// Pins a node of an attribution graph, or takes its pin away.
class PinNodeCommand : public QUndoCommand {
public:
    PinNodeCommand(std::shared_ptr<GraphMarks> marks, NodeKey node, const QString& title);

    void redo() override { m_marks->setPinned(m_node, m_isPinned); }
    void undo() override { m_marks->setPinned(m_node, !m_isPinned); }

private:
    std::shared_ptr<GraphMarks> m_marks;
    NodeKey m_node;
    bool m_isPinned;
};

} // namespace ui
