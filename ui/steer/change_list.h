#pragma once

#include "core/api/feature_row.h"
#include "core/api/intervention.h"
#include "ui/session/selection.h"
#include "ui/session/session.h"
#include "ui/shared/token_strip.h"
#include "ui/steer/condition_line.h"

#include <map>
#include <vector>

#include <QWidget>

class QPushButton;
class QVBoxLayout;

namespace ui {

class EmptyState;
class InterventionRow;

/// The changes that are made, a row each, with the names and maxima of their features. Edits are
/// only announced: whoever takes one sets the new list.
class ChangeList : public QWidget {
    Q_OBJECT
public:
    /// Of what it asks about the listed features.
    static constexpr QLatin1String kTag{"steer-rows"};

    ChangeList(Session* session, Selection* selection, QWidget* parent);

    const std::vector<core::Intervention>& list() const { return m_list; }
    void setList(const std::vector<core::Intervention>& list); ///< Without a signal.
    InterventionRow* row(int index) const { return m_rows[static_cast<std::size_t>(index)]; }
    /// Announces a clamp at the feature's own maximum, unless the feature is in the list already.
    void addFeature(const core::FeatureRef& feature);
    bool showsPromptTokens() const; ///< Some change acts on chosen tokens.
    void setPromptTokens(const std::vector<StripToken>& tokens);

Q_SIGNALS:
    /// Moves of one `slider` (a row's number, or -1) are one step of undo.
    void edited(const QString& what, const std::vector<core::Intervention>& after, int slider);
    void sweetSpotRequested(const core::FeatureRef& feature);
    void whatSteersWanted();

private:
    void rebuild();
    void askRows();
    void showNames();
    QString nameOf(const core::FeatureRef& feature) const;
    bool hasMaximum(const core::FeatureRef& feature) const;
    std::vector<ConditionLine::Choice> conditionChoices(const core::Intervention& change) const;
    void updateButtons();

    Session* m_session;
    Selection* m_selection;
    std::vector<core::Intervention> m_list;
    std::vector<InterventionRow*> m_rows;
    std::map<core::FeatureRef, core::FeatureRow> m_known; ///< Labels and maxima.
    std::vector<StripToken> m_promptTokens;
    QPushButton* m_addChosen;
    EmptyState* m_empty;
    QVBoxLayout* m_column;
};

} // namespace ui
