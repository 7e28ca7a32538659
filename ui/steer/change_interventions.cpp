#include "ui/steer/change_interventions.h"

#include <utility>

namespace ui {

namespace {
constexpr int kChangeInterventionsId = 2;
}

ChangeInterventionsCommand::ChangeInterventionsCommand(const QString& text, List before, List after,
    int slider, std::function<void(const List&)> apply)
    : QUndoCommand(text)
    , m_before(std::move(before))
    , m_after(std::move(after))
    , m_slider(slider)
    , m_apply(std::move(apply))
{
}

int ChangeInterventionsCommand::id() const
{
    return m_slider < 0 ? -1 : kChangeInterventionsId;
}

bool ChangeInterventionsCommand::mergeWith(const QUndoCommand* other)
{
    const auto* next = static_cast<const ChangeInterventionsCommand*>(other);
    if (next->m_slider != m_slider)
        return false;
    m_after = next->m_after;
    return true;
}

} // namespace ui
