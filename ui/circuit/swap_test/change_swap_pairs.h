#pragma once

#include "core/api/swap_test.h"

#include <functional>
#include <utility>
#include <vector>

#include <QUndoCommand>

namespace ui {

/// Replaces the pairs of the swap test: added, removed, pasted, read or edited.
class ChangeSwapPairsCommand : public QUndoCommand {
public:
    using Pairs = std::vector<core::SwapPair>;

    ChangeSwapPairsCommand(
        const QString& text, Pairs before, Pairs after, std::function<void(const Pairs&)> apply)
        : QUndoCommand(text)
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_apply(std::move(apply))
    {
    }

    void redo() override { m_apply(m_after); }
    void undo() override { m_apply(m_before); }

private:
    Pairs m_before, m_after;
    std::function<void(const Pairs&)> m_apply;
};

} // namespace ui
