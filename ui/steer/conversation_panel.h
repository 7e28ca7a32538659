#pragma once

#include "core/api/generate.h"

#include <vector>

#include <QWidget>

class QScrollArea;
class QVBoxLayout;

namespace ui {

class TurnRow;

/// What was said before the prompt, turn by turn: each can be edited or taken out. Hidden while
/// nothing was. Edits are only announced: whoever takes one sets the new turns.
class ConversationPanel : public QWidget {
    Q_OBJECT
public:
    explicit ConversationPanel(QWidget* parent = nullptr);

    void setTurns(const std::vector<core::ChatTurn>& turns); ///< Without a signal.
    const std::vector<core::ChatTurn>& turns() const { return m_turns; }

Q_SIGNALS:
    /// What is typed into one `turn` (its number, or -1) is one step of undo.
    void edited(const QString& what, const std::vector<core::ChatTurn>& after, int turn);
    void startOverWanted();

private:
    void rebuild();

    std::vector<core::ChatTurn> m_turns;
    std::vector<TurnRow*> m_rows;
    QScrollArea* m_scroll;
    QVBoxLayout* m_column;
};

} // namespace ui
