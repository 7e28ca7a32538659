#pragma once

#include "core/api/train.h"
#include "core/api/training_runs.h"
#include "ui/session/session.h"
#include "ui/train/training_plan.h"

#include <cstdint>
#include <optional>
#include <vector>

#include <QObject>
#include <QString>

namespace ui {

/// The training at hand: begun, paused, gone on with, kept. One at a time; the engine does the
/// work and lets everything else in between.
class TrainingJob : public QObject {
    Q_OBJECT
public:
    enum class State : std::uint8_t {
        Idle,
        Running,
        Pausing, ///< Asked to stop; the step it is at ends first.
        Paused,
        Keeping, ///< Dictionaries are made of a paused one.
        Done, ///< At its end: dictionaries are made.
        Failed ///< Some of it may be in its folder.
    };

    explicit TrainingJob(Session* session, QObject* parent = nullptr);

    State state() const { return m_state; }
    bool isBusy() const;
    bool canGoOn() const { return m_state == State::Paused; }
    bool isKept() const { return m_run.isKept; }
    const QString& folder() const { return m_run.folder; }
    QString name() const; ///< The folder's.
    const TrainingPlan& plan() const { return m_run.plan; }
    /// Of the last step that was told.
    const core::TrainMetrics& latest() const { return m_run.latest; }
    /// All that were told.
    const std::vector<core::TrainMetrics>& rows() const { return m_run.rows; }
    /// Folders to open; empty while none was made.
    const std::vector<std::string>& dictionaries() const { return m_run.dictionaries; }

    void start(const TrainingPlan& plan, const QString& folder);
    void pause();
    /// With other values from here on, where they are given.
    void goOn(const std::optional<core::TrainingChanges>& changes = {});
    void keep(); ///< Pauses first when it runs.
    /// One of the runs in the folder, to go on with or to open; not while one runs.
    void take(const core::TrainingRunInfo& run);
    void forget(); ///< None is at hand any more: another model is open. The folder stays.

Q_SIGNALS:
    void stateChanged();
    void begun(); ///< Another is at hand, with rows() so far.
    void rowsArrived(const std::vector<core::TrainMetrics>& rows);
    void failed(const QString& message);

private:
    struct Run {
        TrainingPlan plan;
        QString folder;
        core::TrainMetrics latest;
        std::vector<core::TrainMetrics> rows;
        std::vector<std::string> dictionaries;
        bool isKept = false; ///< The dictionaries are those of the step it stands at.
    };

    void setState(State state);
    void ask(bool isResuming, const std::optional<core::TrainingChanges>& changes = {});
    void askToKeep();
    void receive(const core::TrainingOutcome& outcome);
    void busyEnded();
    void fail(const core::Error& error);

    Session* m_session;
    State m_state = State::Idle;
    Run m_run;
    std::optional<Run> m_before; ///< At hand again where the one that was begun makes no step.
    State m_stateBefore = State::Idle;
    bool m_keepsNext = false; ///< As soon as it is paused.
};

} // namespace ui
