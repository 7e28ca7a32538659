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
    const QString& folder() const { return m_folder; }
    QString name() const; ///< The folder's.
    const TrainingPlan& plan() const { return m_plan; }
    /// Of the last step that was told.
    const core::TrainMetrics& latest() const { return m_latest; }
    const std::vector<core::TrainMetrics>& rows() const { return m_rows; } ///< All that were told.
    /// Folders to open; empty while none was made.
    const std::vector<std::string>& dictionaries() const { return m_dictionaries; }

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
    void setState(State state);
    void ask(bool isResuming, const std::optional<core::TrainingChanges>& changes = {});
    void askToKeep();
    void receive(const core::TrainingOutcome& outcome);
    void busyEnded();

    Session* m_session;
    State m_state = State::Idle;
    TrainingPlan m_plan;
    QString m_folder;
    core::TrainMetrics m_latest;
    std::vector<core::TrainMetrics> m_rows;
    std::vector<std::string> m_dictionaries;
    bool m_keepsNext = false; ///< As soon as it is paused.
};

} // namespace ui
