#pragma once

#include "ui/session/session.h"

#include <QUndoCommand>

namespace ui {

/// Names a feature or rewrites its notes. Typing within one edit is one step of undo.
class SetLabelCommand : public QUndoCommand {
public:
    /// `edit` numbers the stretch of typing; commands with the same number and feature merge.
    SetLabelCommand(Session* session, core::FeatureRef feature, core::Label before,
        core::Label after, int edit);

    void redo() override;
    void undo() override;
    int id() const override;
    bool mergeWith(const QUndoCommand* other) override;

private:
    Session* m_session;
    core::FeatureRef m_feature;
    core::Label m_before, m_after;
    int m_edit;
};

} // namespace ui
