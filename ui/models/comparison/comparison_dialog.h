#pragma once

#include "core/api/compare_dictionaries.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTableView;

namespace ui {

class ComparisonFigureModel;
class JobProgress;
class MatchedFeatureModel;
class Notice;

/// Two open dictionaries: what of one is in the other, feature by feature, and with a text how
/// good each is and how often its features fire. Compares their directions at once; the text is
/// measured when it is asked for. Beside the window, so that a chosen row shows in the card.
class ComparisonDialog : public QDialog {
    Q_OBJECT
public:
    /// `text` is offered to measure on.
    ComparisonDialog(Session* session, Selection* selection, std::string left, std::string right,
        const QString& text, QWidget* parent = nullptr);
    ~ComparisonDialog() override; ///< Stops what still runs.

private:
    QWidget* makeText(const QString& text);
    QWidget* makeFeatures();
    void compare(bool isMeasuring);
    void showAnswer(const Shared<core::DictionaryComparison>& answer);
    void showFeatures();
    void choose(int row);
    void updateButtons();
    const core::ComparedDictionary* side() const; ///< Whose features are shown; null without any.

    Session* m_session;
    Selection* m_selection;
    const std::string m_left, m_right;
    Shared<core::DictionaryComparison> m_comparison;
    ComparisonFigureModel* m_figures;
    MatchedFeatureModel* m_matches;
    QTableView* m_figureTable;
    QTableView* m_matchTable;
    QLabel* m_summary;
    QPlainTextEdit* m_text;
    QPushButton* m_measure;
    JobProgress* m_progress;
    QComboBox* m_side;
    QComboBox* m_filter;
    QLabel* m_count;
    Notice* m_notice;
};

} // namespace ui
