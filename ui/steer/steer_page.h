#pragma once

#include "core/api/generate.h"
#include "core/api/session.h"
#include "core/api/sweet_spot.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <QWidget>

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QSpinBox;
class QVBoxLayout;

namespace ui {

class EmptyState;
class InterventionRow;
class KlChart;
class MessageBar;
class PromptLine;
class SteeringStudies;
class StreamPane;

/// Change features while the model writes: a list of interventions, and the normal and the steered
/// text side by side, streaming from the same prompt with the same random numbers. A moved slider
/// acts on the next token.
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
    const std::vector<core::Intervention>& interventions() const { return m_interventions; }
    /// The sweep and *What steers?*.
    SteeringStudies* studies() const { return m_studies; }
    InterventionRow* row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }
    const Shared<core::Generation>& generation() const
    {
        return m_generation;
    } ///< The last whole one.

Q_SIGNALS:
    void changed(); ///< Something that save() writes.

protected:
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    QWidget* makePrompt();
    QWidget* makeSettings(QWidget* parent);
    QWidget* makeControls();
    QWidget* makeTexts();
    void applyInterventions(const std::vector<core::Intervention>& interventions);
    void change(const QString& what, std::vector<core::Intervention> after, int slider = -1);
    void settingChanged(int control);
    void changeSettings(const core::GenerateSettings& after, int control); ///< Undoably.
    void applySettings(const core::GenerateSettings& settings);
    void rebuildRows();
    void fitRows(); ///< As wide as the rows need: they scroll up and down alone.
    void askRows(std::vector<core::FeatureRef> features);
    void askSweetSpot(const core::FeatureRef& feature);
    void updateTitles();
    void showSteps(const std::vector<core::GenerateStep>& steps);
    void showGeneration(const Shared<core::Generation>& generation);
    void useSweetSpot(const Shared<core::SweetSpot>& spot);
    void updateButtons();
    void take(const QString& what, const std::vector<core::Intervention>& interventions,
        const core::GenerateSettings& settings); ///< From a study; undoably.
    void updateStale();
    void updateChat(); ///< Of the open model: whether it can chat, and whether it last did.
    void copyResult();
    void saveResult();
    void openRecipe();
    QString settingsText() const;
    core::GenerateSettings settings() const;

    Session* m_session;
    Selection* m_selection;
    Settings* m_settings;
    std::vector<core::Intervention> m_interventions;
    std::vector<InterventionRow*> m_rows;
    std::map<core::FeatureRef, core::FeatureRow> m_known; ///< Labels and maxima of listed features.
    /// Of the newest generation, which reads them before each token.
    std::shared_ptr<core::SharedInterventions> m_live;
    Shared<core::Generation> m_generation;
    std::vector<float> m_kl;
    std::optional<core::SavedStep> m_step; ///< The newest generation that can be run again.
    core::GenerateSettings m_shownSettings; ///< Before the edit that is going on.
    std::optional<core::FluencyGuard> m_guard;
    bool m_isApplying = false;

    SteeringStudies* m_studies;
    MessageBar* m_messages;
    QString m_shownPrompt; ///< Of the texts that are shown.
    bool m_hasTexts = false;
    QPlainTextEdit* m_prompt;
    PromptLine* m_line;
    QCheckBox* m_chat;
    QPushButton* m_generate;
    QPushButton* m_stop;
    QPushButton* m_addSelected;
    QSpinBox* m_maxTokens;
    QDoubleSpinBox* m_temperature;
    QDoubleSpinBox* m_topP;
    QSpinBox* m_topK;
    QDoubleSpinBox* m_repetitionPenalty;
    QDoubleSpinBox* m_frequencyPenalty;
    QSpinBox* m_seed;
    QCheckBox* m_freeze;
    EmptyState* m_empty;
    QVBoxLayout* m_list;
    QScrollArea* m_changes; ///< Around the list.
    QWidget* m_texts; ///< Both, side by side.
    StreamPane* m_normal;
    StreamPane* m_steered;
    KlChart* m_chart;
    QLabel* m_figures;
};

} // namespace ui
