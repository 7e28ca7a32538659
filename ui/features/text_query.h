#pragma once

#include "core/api/features_on_text.h"
#include "core/api/list_features.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QLineEdit;

namespace ui {

class TokenStrip;

/// Finds the features that fire on a text, or more on one text than on another. Answers as a list
/// for the table, and shows on the texts where the chosen feature fires.
class TextQuery : public QWidget {
    Q_OBJECT
public:
    TextQuery(Session* session, Selection* selection, QWidget* parent = nullptr);

    bool hasText() const;
    /// Asks for the features of the present texts that pass `filter`, sorted as it says.
    void ask(const core::FeatureQuery& filter);
    void setTexts(const QString& text, const QString& against); ///< As if typed and Enter pressed.
    void focusText();

    /// Features that are asked for; more than a person looks through.
    static constexpr int kMost = 200;

Q_SIGNALS:
    void textsChanged(); ///< A person wrote something, and paused; ask again.
    void entered(); ///< Enter was pressed in one of the fields.
    void found(const ui::Shared<core::FeatureList>& list);

private:
    QLineEdit* makeField(const char* name, const QString& hint, const QString& accessible);
    void showAnswer(const Shared<core::FeaturesOnText>& answer);
    void color();

    Session* m_session;
    Selection* m_selection;
    QLineEdit* m_text;
    QLineEdit* m_against;
    TokenStrip* m_strip;
    TokenStrip* m_againstStrip;
    QLabel* m_note;
    QTimer m_delay;
    Shared<core::FeaturesOnText> m_answer;
};

} // namespace ui
