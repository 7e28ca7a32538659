#pragma once

#include "core/api/generate.h"

#include <vector>

#include <QWidget>

namespace ui {

class StreamPane;

/// The texts of one prompt side by side: normal, steered and, where it was asked for, steered with
/// attention the other way. One token of one of them can be chosen.
class TextColumns : public QWidget {
    Q_OBJECT
public:
    enum class Stream { Normal, Steered, Other };
    struct Place {
        Stream stream = Stream::Steered;
        int token = -1; ///< -1 = none.

        bool operator==(const Place&) const = default;
    };

    /// First tokens that are given instead of written.
    struct Starts {
        std::vector<core::TokenId> normal, steered;
        double changeShare = 1; ///< Of the change, as the steered ones were written under.
    };

    explicit TextColumns(QWidget* parent = nullptr);

    void begin(const core::GenerateRequest& request);
    void append(const std::vector<core::GenerateStep>& steps);
    void finish(const core::Generation& generation);
    void setOld(bool isOld);
    void setClickable(bool isClickable); ///< Without it no token can be chosen.
    void showOther(const core::GenerateSettings& settings); ///< A third column, or none.

    const Place& chosen() const { return m_chosen; }
    /// "Token 5 of the steered text: “·bridge”"; empty when none is chosen.
    QString chosenInWords() const;
    /// Both texts as far as the chosen token; no more where none is.
    Starts startsAfterChosen() const;
    /// Before the chosen token, `ids` behind it in its text, and as much of the other text.
    Starts startsInsteadOfChosen(const std::vector<core::TokenId>& ids) const;
    StreamPane* pane(Stream stream) const;

Q_SIGNALS:
    void tokenChosen(); ///< Read chosen(); also when there is none any more.

private:
    void choose(Stream stream, int token);
    StreamPane* steeredChosen() const; ///< The one chosen in, or the first.

    Place m_chosen;
    double m_changeShare = 1;
    bool m_isClickable = true;
    StreamPane* m_normal;
    StreamPane* m_steered;
    StreamPane* m_other;
};

} // namespace ui
