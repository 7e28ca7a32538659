#pragma once

#include "ui/circuit/graph_marks.h"

#include <memory>
#include <vector>

#include <QUndoCommand>

namespace ui {

/// Makes, renames or dissolves groups of nodes: any change of the list.
class GroupNodesCommand : public QUndoCommand {
public:
    GroupNodesCommand(
        const QString& text, std::shared_ptr<GraphMarks> marks, std::vector<NodeGroup> after);

    void redo() override { m_marks->setGroups(m_after); }
    void undo() override { m_marks->setGroups(m_before); }

private:
    std::shared_ptr<GraphMarks> m_marks;
    std::vector<NodeGroup> m_before, m_after;
};

} // namespace ui
