#include "ui/circuit/pin_node.h"

#include <utility>

#include <QCoreApplication>

namespace ui {

PinNodeCommand::PinNodeCommand(
    std::shared_ptr<GraphMarks> marks, NodeKey node, const QString& title)
    : m_marks(std::move(marks))
    , m_node(std::move(node))
    , m_isPinned(!m_marks->isPinned(m_node))
{
    setText((m_isPinned ? QCoreApplication::translate("ui", "pin of %1")
                        : QCoreApplication::translate("ui", "unpinning of %1"))
                .arg(title));
}

} // namespace ui
