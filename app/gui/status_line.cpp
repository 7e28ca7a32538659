#include "status_line.h"

#include "ui/shared/job_progress.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <unistd.h>

#include <QFile>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace app {

namespace {

constexpr int kShowDelayMs = 300, kMemoryIntervalMs = 1000;

qint64 residentBytes()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QList<QByteArray> pages = file.readLine().split(' ');
    return pages.size() > 1 ? pages[1].toLongLong() * sysconf(_SC_PAGESIZE) : 0;
}

} // namespace

StatusLine::StatusLine(ui::Session* session, QWidget* parent)
    : QStatusBar(parent)
    , m_session(session)
    , m_model(new QLabel(tr("Loading the engine …"), this))
    , m_memory(new QLabel(this))
    , m_what(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_cancel(new QToolButton(this))
{
    m_model->setObjectName(QStringLiteral("statusModel"));
    m_model->setToolTip(
        tr("The open model, where it runs, in which precision, on how many threads"));
    m_what->setObjectName(QStringLiteral("statusWhat"));
    m_memory->setToolTip(tr("Memory this program uses now"));
    m_progress->setFixedWidth(ui::ex(this) * 24);
    m_progress->setFixedHeight(ui::em(this));
    m_progress->setAccessibleName(tr("Progress"));
    m_cancel->setIcon(ui::icon(ui::Icon::Close));
    m_cancel->setAutoRaise(true);
    m_cancel->setToolTip(tr("Stop what runs now"));
    m_cancel->setAccessibleName(tr("Cancel"));
    addWidget(m_model);
    addWidget(m_memory);
    addPermanentWidget(m_what);
    addPermanentWidget(m_progress);
    addPermanentWidget(m_cancel);
    m_showDelay.setSingleShot(true);
    m_showDelay.setInterval(kShowDelayMs);
    m_memoryTimer.setInterval(kMemoryIntervalMs);
    connect(&m_memoryTimer, &QTimer::timeout, this, &StatusLine::refreshMemory);
    connect(&m_showDelay, &QTimer::timeout, this, &StatusLine::refresh);
    connect(m_cancel, &QToolButton::clicked, session, &ui::Session::cancelAll);
    connect(session, &ui::Session::busyChanged, this, &StatusLine::busyChanged);
    connect(session, &ui::Session::stateChanged, this, &StatusLine::refresh);
    connect(session, &ui::Session::engineAttached, this, &StatusLine::refresh);
    connect(session, &ui::Session::errorOccurred, this,
        [this](const QString& tag, const QString& message) {
            if (tag == ui::kEngineTag)
                m_model->setText(message);
        });
    connect(session, &ui::Session::progressChanged, this, &StatusLine::showProgress);
    refresh();
}

void StatusLine::busyChanged(const QString& tag, bool isBusy)
{
    if (isBusy) {
        m_running << tag;
        m_showDelay.start();
        m_memoryTimer.start();
        return;
    }
    m_running.removeAll(tag);
    if (m_waiting.removeAll(tag) > 0)
        showWhat();
    if (m_running.isEmpty()) {
        m_showDelay.stop();
        m_memoryTimer.stop();
        refresh();
    }
}

void StatusLine::showProgress(const QString& tag, const core::Progress& progress)
{
    m_waiting.removeAll(tag);
    if (progress.isWaiting) {
        if (m_running.contains(tag))
            m_waiting << tag;
    } else if (!progress.what.empty()) {
        m_said = progress;
        ui::showProgress(m_progress, progress);
    }
    showWhat();
}

void StatusLine::showWhat()
{
    const QString what = ui::progressText(m_said);
    const qsizetype waiting = m_waiting.size();
    //: "Harvesting features: 43 of 100 batches · waiting: 2"
    m_what->setText(waiting == 0 ? what : tr("%1 · waiting: %2").arg(what).arg(waiting));
}

void StatusLine::refresh()
{
    const bool isBusy = !m_running.isEmpty();
    m_progress->setVisible(isBusy);
    m_cancel->setVisible(isBusy);
    m_what->setVisible(isBusy);
    if (!isBusy) {
        m_said = {};
        m_waiting.clear();
        m_what->clear();
        m_progress->setRange(0, 0);
    }
    const core::ModelInfo& model = m_session->state().model;
    if (m_session->hasModel())
        m_model->setText(
            tr("%1 · %2 · %3 · threads: %4")
                .arg(ui::toQString(model.name), ui::toQString(model.device),
                    ui::toQString(model.computeDtype.empty() ? model.dtype : model.computeDtype))
                .arg(std::max(1, model.threads)));
    else if (m_session->hasEngine())
        m_model->setText(tr("No model is open"));
    refreshMemory();
}

void StatusLine::refreshMemory()
{
    m_memory->setText(ui::formatBytes(residentBytes()));
}

} // namespace app
