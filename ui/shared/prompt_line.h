#pragma once

#include "core/api/tokenize.h"
#include "ui/session/session.h"

#include <functional>

#include <QTimer>
#include <QWidget>

class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QToolButton;

namespace ui {

class JobProgress;

/// The line below a prompt's field: how many tokens the prompt has ("37 of 512 tokens"), what will
/// happen where it is too long and two buttons that cut it (undone in the field), whether what is
/// shown is of an earlier prompt, and how far the work on it is. Always there, so that nothing
/// moves when it has something to say.
///
/// Counts while one types, one question at a time and the newest text next; a count never disturbs
/// the work on the prompt.
class PromptLine : public QWidget {
    Q_OBJECT
public:
    PromptLine(Session* session, QPlainTextEdit* field, QWidget* parent);
    PromptLine(Session* session, QLineEdit* field, QWidget* parent);

    void setForm(core::PromptForm form); ///< As which the model will read it.
    void setEarlier(std::vector<core::ChatTurn> turns); ///< Of a conversation, before the text.
    void setToWrite(int tokens); ///< To be written after the prompt, in the same context.
    void setStale(bool isStale); ///< What is shown below is of an earlier prompt.
    /// Shows how far the work with this tag is, and what it waits for.
    void follow(QLatin1String tag, const QString& accessibleName);
    int count() const { return m_count; } ///< Of the text as it is; -1 while it is not known.

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Field {
        std::function<QString()> text;
        std::function<void(const QString&)> replace; ///< As one step that can be undone.
    };
    /// A text on its way to the length that fits.
    struct Cut {
        QString original, text;
        bool keepsEnd;
        int tries;
    };

    PromptLine(Session* session, Field field, QWidget* parent);
    void changed();
    void ask();
    void show();
    int room() const; ///< The tokens that a cut prompt may have.
    void cut(const Cut& cut);
    void drop(const Cut& cut, int surplus);

    Session* m_session;
    Field m_field;
    core::PromptForm m_form = core::PromptForm::Text;
    std::vector<core::ChatTurn> m_earlier;
    int m_toWrite = 0;
    int m_count = -1;
    bool m_isAsking = false;
    bool m_isOutdated = false; ///< What is asked is of another model or form than now.
    QTimer m_delay;
    QLabel* m_words;
    QToolButton* m_last;
    QToolButton* m_first;
    QLabel* m_stale;
    JobProgress* m_progress = nullptr;
};

} // namespace ui
