#pragma once

#include "core/api/intervention.h"

#include <functional>
#include <vector>

#include <QUndoCommand>

namespace ui {

/// Replaces the list of interventions. Moves of one slider merge into one step of undo.
class ChangeInterventionsCommand : public QUndoCommand {
public:
    using List = std::vector<core::Intervention>;

    /// `slider` numbers what is being dragged; commands with the same non-negative number merge.
    ChangeInterventionsCommand(const QString& text, List before, List after, int slider,
        std::function<void(const List&)> apply);

    void redo() override { m_apply(m_after); }
    void undo() override { m_apply(m_before); }
    int id() const override;
    bool mergeWith(const QUndoCommand* other) override;

private:
    List m_before, m_after;
    int m_slider;
    std::function<void(const List&)> m_apply;
};

} // namespace ui
