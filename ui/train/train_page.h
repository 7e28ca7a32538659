#pragma once

#include "ui/session/session.h"
#include "ui/session/settings.h"

#include <string>
#include <vector>

#include <QStringList>
#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTabWidget;

namespace ui {

class ChangesRow;
class EarlierRuns;
class EmptyState;
class JobProgress;
class MessageBar;
class Notice;
class TrainingCharts;
class TrainingForm;
class TrainingJob;
class UnfinishedOffer;

/// Make dictionaries for the open model and watch them learn: set up on the left, curves on the
/// right, advice below them; pause, go on, stop and keep, and open what was learned in the other
/// pages. A training that the window was closed on waits in its folder.
class TrainPage : public QWidget {
    Q_OBJECT
public:
    TrainPage(Session* session, Settings* settings, QWidget* parent = nullptr);

    TrainingForm* form() const { return m_form; }
    TrainingJob* job() const { return m_job; }
    TrainingCharts* charts() const { return m_charts; }
    EarlierRuns* runs() const { return m_runs; }
    QString advice() const;

Q_SIGNALS:
    void openRequested(const QStringList& paths); ///< As dictionaries of the open model.
    void featuresRequested(const std::string& dictionary); ///< It is open, and harvested if wanted.
    void unfinishedFound(
        const QString& sentence); ///< A training was left; the page offers to go on with it.

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeSetUp();
    QWidget* makeControls();
    QWidget* makeResult();
    void follow();
    void start();
    void pauseOrGoOn();
    void openDictionaries();
    void dictionariesAdded(const QString& path);
    void showOpened();
    void modelOpened();
    void chooseFolder();
    void proposeName();
    void offerUnfinished();
    void showRun();
    void showRows();
    void showOverlays();
    void updateButtons();
    void showState();
    void showEmptyState();

    Session* m_session;
    Settings* m_settings;
    TrainingJob* m_job;
    MessageBar* m_messages;
    QTabWidget* m_tabs;
    TrainingForm* m_form;
    EarlierRuns* m_runs;
    UnfinishedOffer* m_offer;
    QLineEdit* m_name;
    QPushButton* m_start;
    QPushButton* m_pause;
    QPushButton* m_keep;
    QPushButton* m_open;
    QCheckBox* m_harvests;
    QPushButton* m_save;
    JobProgress* m_progress;
    ChangesRow* m_changes; ///< While it is paused.
    QLabel* m_formNote;
    QLabel* m_which; ///< Of the trainings the charts show, and how it is set up.
    QLabel* m_figures;
    Notice* m_state;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    TrainingCharts* m_charts;
    Notice* m_advice;
    QString m_proposed; ///< The name that was filled in, unless a person changed it.
    QStringList m_opening; ///< Not added yet.
    std::vector<std::string> m_opened; ///< Names of those that were, while they are harvested.
};

} // namespace ui
