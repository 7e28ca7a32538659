#pragma once

#include "core/api/feature_row.h"
#include "core/api/generate.h"
#include "core/api/sweep.h"
#include "core/base/result.h"
#include "ui/session/session.h"

#include <map>
#include <vector>

#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableView;

namespace ui {

class EmptyState;
class MessageBar;
class Notice;
class Settings;
class SweepForm;
class SweepGridModel;
class SweepLegend;
class WrittenTextView;

/// Ways of steering by strengths: what each writes, how far it goes from the unsteered model, how
/// whole and how much on topic it is. Starts from what the Steer page would generate; a result
/// stays what it is when that changes, and says so.
class SweepPanel : public QWidget {
    Q_OBJECT
public:
    SweepPanel(Session* session, Settings* settings, QWidget* parent = nullptr);

    /// What the Steer page would generate now.
    void setSource(const core::GenerateRequest& source);
    void run(); ///< As if the button was pressed.
    const Shared<core::Sweep>& sweep() const; ///< Null before the first.
    void chooseCell(int row, int column);
    /// By the ending of `path` (.png, .svg, .csv), in colours for paper.
    core::Result<void> save(const QString& path) const;

Q_SIGNALS:
    /// A cell goes to the Steer page: its changes at its strength, and how it was sampled, with its
    /// row's guard.
    void cellChosen(const std::vector<core::Intervention>& interventions,
        const core::GenerateSettings& settings);
    void whatSteersRequested();

private:
    QWidget* makeResult();
    void makeGrid(QWidget* parent);
    QWidget* makeTexts(QWidget* parent);
    QLayout* makeButtons(QWidget* parent);
    void receive(const Shared<core::Sweep>& sweep, const core::GenerateRequest& source);
    void clear(); ///< Another model: nothing here belongs to it.
    void askNames();
    QString nameOf(const core::FeatureRef& feature) const;
    QString namesOf(const core::GenerateRequest& source) const; ///< Of the changes that are on.
    void updateSource(); ///< What the page has to offer, and whether the result is of that.
    void showCell();
    void take();
    void copy();
    void saveAs();

    Session* m_session;
    core::GenerateRequest m_source;
    core::GenerateRequest m_swept; ///< The source of the result.
    std::map<core::FeatureRef, core::FeatureRow> m_known;

    MessageBar* m_messages;
    QLabel* m_what;
    SweepForm* m_form;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QPushButton* m_whatSteers;
    Notice* m_stale;
    Notice* m_summary;
    SweepGridModel* m_model;
    QTableView* m_grid;
    SweepLegend* m_legend;
    WrittenTextView* m_cell;
    WrittenTextView* m_normal;
    QPushButton* m_take;
};

} // namespace ui
