#include "ui/train/training_job.h"

#include "core/api/keep_training.h"
#include "ui/style/text.h"

#include <utility>

#include <QFileInfo>

namespace ui {

TrainingJob::TrainingJob(Session* session, QObject* parent)
    : QObject(parent)
    , m_session(session)
{
    connect(
        session, &Session::busyChanged, this,
        [this](const QString& tag, bool isBusy) {
            if (tag == kTag<core::TrainDictionaryRequest> && !isBusy
                && !m_session->isBusy(kTag<core::TrainDictionaryRequest>))
                busyEnded();
        },
        Qt::QueuedConnection); // after the answer was handed out
}

bool TrainingJob::isBusy() const
{
    return m_state == State::Running || m_state == State::Pausing || m_state == State::Keeping;
}

QString TrainingJob::name() const
{
    return QFileInfo(m_folder).fileName();
}

void TrainingJob::setState(State state)
{
    if (m_state == state)
        return;
    m_state = state;
    Q_EMIT stateChanged();
}

void TrainingJob::start(const TrainingPlan& plan, const QString& folder)
{
    if (isBusy())
        return;
    m_plan = plan;
    m_folder = folder;
    m_rows.clear();
    m_latest = {};
    m_dictionaries.clear();
    Q_EMIT begun();
    ask(false);
}

void TrainingJob::ask(bool isResuming, const std::optional<core::TrainingChanges>& changes)
{
    m_keepsNext = false;
    core::TrainDictionaryRequest request;
    request.settings = m_plan.settings;
    request.text = m_plan.text;
    request.out = m_folder.toStdString();
    request.isResuming = isResuming;
    request.changes = changes;
    m_session->ask(
        this, request,
        [this, folder = m_folder](const Shared<core::TrainingOutcome>& outcome) {
            if (folder == m_folder) // else it was forgotten meanwhile
                receive(*outcome);
        },
        [this, folder = m_folder](const core::Error& error) {
            if (folder == m_folder)
                setState(State::Failed);
            Q_EMIT failed(toQString(error.message));
        },
        [this, folder = m_folder](const std::vector<core::TrainMetrics>& rows) {
            if (folder != m_folder)
                return;
            m_latest = rows.back();
            m_rows.insert(m_rows.end(), rows.begin(), rows.end());
            Q_EMIT rowsArrived(rows);
        });
    setState(State::Running);
}

void TrainingJob::receive(const core::TrainingOutcome& outcome)
{
    if (!outcome.dictionaries.empty())
        m_dictionaries = outcome.dictionaries;
    m_rows = outcome.metrics;
    if (!m_rows.empty())
        m_latest = m_rows.back();
    Q_EMIT begun();
    if (!outcome.isPaused)
        return setState(State::Done);
    setState(State::Paused);
    if (std::exchange(m_keepsNext, false))
        askToKeep();
}

void TrainingJob::busyEnded()
{
    // Stopped before it had learned anything: that has no answer.
    if (m_state == State::Running || m_state == State::Pausing) {
        m_keepsNext = false;
        setState(State::Paused);
    }
}

void TrainingJob::pause()
{
    if (m_state != State::Running)
        return;
    setState(State::Pausing);
    m_session->cancel(kTag<core::TrainDictionaryRequest>);
}

void TrainingJob::goOn(const std::optional<core::TrainingChanges>& changes)
{
    if (!canGoOn())
        return;
    if (changes) {
        m_plan.settings.learningRate = changes->learningRate;
        if (!m_plan.settings.hasK())
            m_plan.settings.lambda = changes->lambda;
    }
    ask(true, changes);
}

void TrainingJob::keep()
{
    if (m_state == State::Running) {
        m_keepsNext = true;
        pause();
    } else if (canGoOn()) {
        askToKeep();
    }
}

void TrainingJob::askToKeep()
{
    m_session->ask(
        this, core::KeepTrainingRequest{m_folder.toStdString()},
        [this](const Shared<core::TrainingOutcome>& outcome) {
            m_dictionaries = outcome->dictionaries;
            setState(State::Paused);
        },
        [this](const core::Error& error) {
            setState(State::Paused);
            Q_EMIT failed(toQString(error.message));
        });
    setState(State::Keeping);
}

void TrainingJob::take(const core::TrainingRunInfo& run)
{
    if (isBusy())
        return;
    m_plan = {run.settings, run.text};
    m_folder = toQString(run.folder);
    m_rows = run.metrics;
    m_latest = m_rows.empty() ? core::TrainMetrics() : m_rows.back();
    m_dictionaries = run.dictionaries;
    setState(run.isDone ? State::Done : State::Paused);
    Q_EMIT begun();
    Q_EMIT stateChanged(); // another of the same state
}

void TrainingJob::forget()
{
    m_folder.clear();
    m_rows.clear();
    m_latest = {};
    m_dictionaries.clear();
    m_state = State::Idle;
    Q_EMIT begun();
    Q_EMIT stateChanged();
}

} // namespace ui
