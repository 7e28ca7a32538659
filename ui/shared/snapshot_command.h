#pragma once

#include <functional>
#include <utility>

#include <QUndoCommand>

namespace ui {

/// Replaces one whole value by another: a list of interventions, of edits, of pairs. Steps of one
/// control (the moves of a slider, what is typed into a field) merge into one step of undo.
template <typename T> class SnapshotCommand : public QUndoCommand {
public:
    /// Commands with the same non-negative `control` merge.
    SnapshotCommand(
        const QString& text, T before, T after, int control, std::function<void(const T&)> apply)
        : QUndoCommand(text)
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_control(control)
        , m_apply(std::move(apply))
    {
    }

    void redo() override { m_apply(m_after); }
    void undo() override { m_apply(m_before); }
    int id() const override { return m_control < 0 ? -1 : kId; }
    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* next = dynamic_cast<const SnapshotCommand*>(other);
        if (!next || next->m_control != m_control)
            return false;
        m_after = next->m_after;
        return true;
    }

private:
    static constexpr int kId = 2; ///< One for values of every type; mergeWith tells them apart.

    T m_before, m_after;
    int m_control;
    std::function<void(const T&)> m_apply;
};

} // namespace ui
