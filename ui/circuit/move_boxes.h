#pragma once

#include <functional>
#include <utility>
#include <vector>

#include <QCoreApplication>
#include <QPointF>
#include <QString>
#include <QUndoCommand>

namespace ui {

/// Puts boxes of a subgraph elsewhere, or all of them back to the tidy layout.
class MoveBoxesCommand : public QUndoCommand {
public:
    using Boxes = std::vector<std::pair<QString, QPointF>>;

    MoveBoxesCommand(Boxes before, Boxes after, std::function<void(const Boxes&)> apply)
        : QUndoCommand(QCoreApplication::translate("ui", "moving of a box"))
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_apply(std::move(apply))
    {
    }

    void redo() override { m_apply(m_after); }
    void undo() override { m_apply(m_before); }

private:
    Boxes m_before, m_after;
    std::function<void(const Boxes&)> m_apply;
};

} // namespace ui
