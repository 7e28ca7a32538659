#pragma once

#include "core/api/intervention.h"
#include "ui/shared/token_strip.h"

#include <vector>

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace ui {

/// Where in the text a change acts: everywhere, on the prompt, on what is written, from a token on,
/// in a range, or on tokens of the prompt that are clicked in a strip.
class PositionChoice : public QWidget {
    Q_OBJECT
public:
    explicit PositionChoice(QWidget* parent = nullptr);

    const core::PositionRange& range() const { return m_range; }
    void setRange(const core::PositionRange& range); ///< Without a signal.
    void setPromptTokens(const std::vector<StripToken>& tokens); ///< Read where they are shown.
    bool showsPromptTokens() const { return m_range.kind == core::PositionRange::Kind::Chosen; }

Q_SIGNALS:
    void changed();

private:
    void kindChosen();
    void rangeTyped();
    void toggle(int position);
    void take(const core::PositionRange& range);
    void show();

    core::PositionRange m_range;
    std::vector<StripToken> m_tokens;
    QComboBox* m_kind;
    QSpinBox* m_from;
    QLineEdit* m_ends;
    TokenStrip* m_strip;
    QLabel* m_hint;
};

} // namespace ui
