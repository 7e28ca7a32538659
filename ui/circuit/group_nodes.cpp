#include "ui/circuit/group_nodes.h"

#include <utility>

namespace ui {

GroupNodesCommand::GroupNodesCommand(
    const QString& text, std::shared_ptr<GraphMarks> marks, std::vector<NodeGroup> after)
    : QUndoCommand(text)
    , m_marks(std::move(marks))
    , m_before(m_marks->groups())
    , m_after(std::move(after))
{
}

} // namespace ui
