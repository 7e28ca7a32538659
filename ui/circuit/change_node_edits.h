#pragma once

#include "ui/circuit/node_edit_model.h"

#include <functional>
#include <utility>
#include <vector>

#include <QUndoCommand>

namespace ui {

/// Replaces the list of edits of a circuit. Steps of one number field merge.
class ChangeNodeEditsCommand : public QUndoCommand {
public:
    using Edits = std::vector<NodeEdit>;

    /// `field` numbers what is being typed in; commands with the same non-negative number merge.
    ChangeNodeEditsCommand(const QString& text, Edits before, Edits after, int field,
        std::function<void(const Edits&)> apply)
        : QUndoCommand(text)
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_field(field)
        , m_apply(std::move(apply))
    {
    }

    void redo() override { m_apply(m_after); }
    void undo() override { m_apply(m_before); }
    int id() const override { return m_field < 0 ? -1 : kId; }
    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* next = static_cast<const ChangeNodeEditsCommand*>(other);
        if (next->m_field != m_field)
            return false;
        m_after = next->m_after;
        return true;
    }

private:
    static constexpr int kId = 3;

    Edits m_before, m_after;
    int m_field;
    std::function<void(const Edits&)> m_apply;
};

} // namespace ui
