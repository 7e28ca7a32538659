#pragma once

#include "core/api/analyze.h"
#include "core/api/architecture.h"
#include "core/api/session.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <optional>

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QStackedWidget;
class QTableView;
class QTabWidget;

namespace ui {

class ArchitectureDiagram;
class HeatMap;
class MessageBar;
class PromptLine;
class TokenEffectModel;
class TokenStrip;

/// What happens inside on one prompt: tokens coloured by the chosen feature (or by loss), features
/// x tokens, the dictionary at work on the chosen token, and the next tokens.
class PromptPage : public QWidget {
    Q_OBJECT
public:
    PromptPage(Session* session, Selection* selection, QWidget* parent = nullptr);

    void setPrompt(const QString& text); ///< As if typed; analyses at once.
    QString prompt() const;
    const Shared<core::PromptAnalysis>& analysis() const { return m_analysis; }
    void save(core::SavedSession& session) const;
    void restore(const core::SavedSession& session);
    void showArchitecture(bool isShown);
    std::string dictionaryName() const; ///< The one shown; empty without any.

Q_SIGNALS:
    void changed(); ///< Something that save() writes.
    void trainRequested(); ///< There is no dictionary: to make one.

private:
    QWidget* makeInput();
    QWidget* makeResult();
    void analyzeNow();
    void refreshDictionaries();
    void showAnalysis(Shared<core::PromptAnalysis> analysis);
    void showDictionary();
    void colorTokens();
    void showCaption(const QString& text);
    void showNext();
    void requestArchitecture();
    void showArchitectureView(const Shared<core::ArchitectureView>& view);
    void followFeature();
    void followPosition();
    void updateStale();
    const core::DictionaryAnalysis* currentAnalysis() const;

    Session* m_session;
    Selection* m_selection;
    Shared<core::PromptAnalysis> m_analysis;
    std::optional<core::SavedStep> m_step; ///< The newest analysis, or that of the saved session.
    std::vector<core::FeatureRef> m_rows; ///< Features of the heat map, by row.
    MessageBar* m_messages;
    QPlainTextEdit* m_text;
    PromptLine* m_line;
    QComboBox* m_dictionary;
    QComboBox* m_colorBy;
    QLabel* m_caption;
    TokenStrip* m_strip;
    QStackedWidget* m_stack;
    QTabWidget* m_tabs;
    HeatMap* m_heatMap;
    QLabel* m_heatNote;
    ArchitectureDiagram* m_diagram;
    QLabel* m_diagramNote;
    TokenEffectModel* m_next;
    QTableView* m_nextTable;
    QLabel* m_nextTitle;
    QTimer m_delay;
};

} // namespace ui
