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
    return QFileInfo(m_run.folder).fileName();
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
    if (m_state == State::Paused || m_state == State::Done) {
        m_before = m_run;
        m_stateBefore = m_state;
    }
    m_run = {};
    m_run.plan = plan;
    m_run.folder = folder;
    Q_EMIT begun();
    ask(false);
}

void TrainingJob::ask(bool isResuming, const std::optional<core::TrainingChanges>& changes)
{
    m_keepsNext = false;
    m_run.isKept = false; // what was made of it lags behind from here on
    core::TrainDictionaryRequest request;
    request.settings = m_run.plan.settings;
    request.text = m_run.plan.text;
    request.out = m_run.folder.toStdString();
    request.isResuming = isResuming;
    request.changes = changes;
    m_session->ask(
        this, request,
        [this, folder = m_run.folder](const Shared<core::TrainingOutcome>& outcome) {
            if (folder == m_run.folder) // else it was forgotten meanwhile
                receive(*outcome);
        },
        [this, folder = m_run.folder](const core::Error& error) {
            if (folder == m_run.folder)
                fail(error);
            else
                Q_EMIT failed(toQString(error.message));
        },
        [this, folder = m_run.folder](const std::vector<core::TrainMetrics>& rows) {
            if (folder != m_run.folder)
                return;
            m_before.reset();
            m_run.latest = rows.back();
            m_run.rows.insert(m_run.rows.end(), rows.begin(), rows.end());
            Q_EMIT rowsArrived(rows);
        });
    setState(State::Running);
}

void TrainingJob::receive(const core::TrainingOutcome& outcome)
{
    m_before.reset();
    if (!outcome.dictionaries.empty())
        m_run.dictionaries = outcome.dictionaries;
    m_run.rows = outcome.metrics;
    if (!m_run.rows.empty())
        m_run.latest = m_run.rows.back();
    Q_EMIT begun();
    if (!outcome.isPaused)
        return setState(State::Done);
    setState(State::Paused);
    if (std::exchange(m_keepsNext, false))
        askToKeep();
}

void TrainingJob::fail(const core::Error& error)
{
    setState(State::Failed);
    if (m_before) {
        // It never began: what was shown before it is worth more than nothing.
        m_run = std::move(*m_before);
        m_before.reset();
        m_state = m_stateBefore;
        Q_EMIT begun();
        Q_EMIT stateChanged();
    }
    Q_EMIT failed(toQString(error.message));
}

void TrainingJob::busyEnded()
{
    // Stopped before it had learned anything: that has no answer.
    if (m_state == State::Running || m_state == State::Pausing) {
        m_keepsNext = false;
        m_before.reset();
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
        m_run.plan.settings.learningRate = changes->learningRate;
        if (!m_run.plan.settings.hasK())
            m_run.plan.settings.lambda = changes->lambda;
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
        this, core::KeepTrainingRequest{m_run.folder.toStdString()},
        [this](const Shared<core::TrainingOutcome>& outcome) {
            m_run.dictionaries = outcome->dictionaries;
            m_run.isKept = true;
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
    m_run = {};
    m_run.plan = {run.settings, run.text};
    m_run.folder = toQString(run.folder);
    m_run.rows = run.metrics;
    m_run.latest = m_run.rows.empty() ? core::TrainMetrics() : m_run.rows.back();
    m_run.dictionaries = run.dictionaries;
    setState(run.isDone ? State::Done : State::Paused);
    Q_EMIT begun();
    Q_EMIT stateChanged(); // another of the same state
}

void TrainingJob::forget()
{
    m_run = {};
    m_before.reset();
    m_state = State::Idle;
    Q_EMIT begun();
    Q_EMIT stateChanged();
}

} // namespace ui
