#pragma once

#include "core/api/generate.h"
#include "core/api/session.h"
#include "core/api/sweet_spot.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"
#include "ui/steer/text_columns.h"

#include <optional>
#include <vector>

#include <QWidget>

class QScrollArea;

namespace ui {

class ChangeList;
class ConversationPanel;
class ExperimentBar;
class GuardPanel;
class InterventionRow;
class MessageBar;
class PaceBar;
class PromptBox;
class PromptTokens;
class RewriteBar;
class SettingsPanel;
class SteeringStudies;
class TextWriter;

/// Change features while the model writes: a list of changes, and the normal and the steered text
/// side by side, streaming from the same prompt with the same random numbers. A moved slider acts
/// on the next token. The page joins its widgets: it knows what would be asked now, what the shown
/// texts were asked with, and undo.
class SteerPage : public QWidget {
    Q_OBJECT
public:
    SteerPage(
        Session* session, Selection* selection, Settings* settings, QWidget* parent = nullptr);

    /// Adds a clamp at the feature's own maximum, unless it is in the list already.
    void addFeature(const core::FeatureRef& feature);
    void setPrompt(const QString& text);
    QString prompt() const;
    void generate(); ///< As if the button was pressed.
    core::GenerateRequest request() const; ///< Everything as it is set now.
    void save(core::SavedSession& session) const;
    void restore(const core::SavedSession& session); ///< Not undone.
    void openExperiment(const QString& path);
    void saveExperiment(const QString& path);
    const std::vector<core::Intervention>& interventions() const;
    InterventionRow* row(int index) const;
    TextColumns* texts() const { return m_texts; }
    SteeringStudies* studies() const { return m_studies; } ///< The sweep and *What steers?*.
    const Shared<core::Generation>& generation() const; ///< The last whole one.

Q_SIGNALS:
    void changed(); ///< Something that save() writes.

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    /// The conversation, and the prompt where a step changes that too.
    struct Talk {
        std::vector<core::ChatTurn> earlier;
        std::optional<QString> prompt;
    };

    QWidget* makeControls();
    QWidget* makeTexts();
    void follow(); ///< Joins the widgets.
    void fitControls(); ///< As wide as they need: they scroll up and down alone.

    core::GenerateSettings settings() const;
    void change(const QString& what, std::vector<core::Intervention> after, int slider = -1);
    void applyInterventions(const std::vector<core::Intervention>& interventions);
    void settingChanged(int control);
    void changeSettings(const core::GenerateSettings& after, int control); ///< Undoably.
    void applySettings(const core::GenerateSettings& settings);
    void changeTalk(const QString& what, Talk after, int turn);
    void applyTalk(const Talk& talk);
    void promptChanged();

    void write(bool isPaused);
    void replaceToken(const QString& text);
    void give(const TextColumns::Starts& starts);
    void writeFrom(const TextColumns::Starts& starts);
    void reply();
    void showGeneration();
    void take(const QString& what, const std::vector<core::Intervention>& interventions,
        const core::GenerateSettings& settings); ///< From a study; undoably.
    void askSweetSpot(const core::FeatureRef& feature);
    void useSweetSpot(const Shared<core::SweetSpot>& spot);
    void updateState(); ///< What depends on all that is set: old texts, the tokens of the prompt.

    Session* m_session;
    Settings* m_settings;
    core::GenerateSettings m_shownSettings; ///< Before the edit that is going on.
    std::vector<core::FeatureRef>
        m_topic; ///< Of an opened experiment; empty: the changed features.
    TextColumns::Starts m_starts; ///< Shown by the rewrite bar.

    TextWriter* m_writer;
    SteeringStudies* m_studies;
    MessageBar* m_messages;
    PromptTokens* m_promptTokens;
    PromptBox* m_box;
    ConversationPanel* m_conversation;
    ChangeList* m_changes;
    GuardPanel* m_guard;
    SettingsPanel* m_panel;
    QScrollArea* m_controls; ///< Around changes, guard and settings.
    TextColumns* m_texts;
    RewriteBar* m_rewrite;
    PaceBar* m_pace;
    ExperimentBar* m_experiment;
};

} // namespace ui
