#include "ui/shared/set_label.h"

#include "ui/style/text.h"

#include <utility>

#include <QCoreApplication>

namespace ui {

namespace {
constexpr int kSetLabelId = 1;
}

SetLabelCommand::SetLabelCommand(
    Session* session, core::FeatureRef feature, core::Label before, core::Label after, int edit)
    : m_session(session)
    , m_feature(std::move(feature))
    , m_before(std::move(before))
    , m_after(std::move(after))
    , m_edit(edit)
{
    setText(QCoreApplication::translate("ui", "label of %1").arg(featureName(m_feature)));
}

void SetLabelCommand::redo()
{
    m_session->setLabel({m_feature, m_after});
}

void SetLabelCommand::undo()
{
    core::Label before = m_before;
    if (before.source != core::LabelSource::Person) {
        // What was there was a suggestion: taking the person's label away shows it again.
        before.text.clear();
        before.source = core::LabelSource::None;
    }
    m_session->setLabel({m_feature, before});
}

int SetLabelCommand::id() const
{
    return kSetLabelId;
}

bool SetLabelCommand::mergeWith(const QUndoCommand* other)
{
    const auto* next = static_cast<const SetLabelCommand*>(other);
    if (next->m_feature != m_feature || next->m_edit != m_edit)
        return false;
    m_after = next->m_after;
    return true;
}

} // namespace ui
