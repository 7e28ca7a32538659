#include "ui/shared/job_progress.h"

#include "ui/session/session.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QProgressBar>
#include <QRegularExpression>

namespace ui {

namespace {
constexpr int kSteps = 1000;
constexpr int kWaitDelayMs = 250; // a slice of what runs takes a tenth of a second

/// As the format of a bar: "%p" and the like would be taken for a place to fill in.
QString plainFormat(QString words)
{
    static const QRegularExpression place(QStringLiteral("%(?=[pvm])"));
    return words.remove(place);
}
} // namespace

QString progressText(const core::Progress& progress)
{
    if (progress.isWaiting)
        return progress.total > 0
            //: "Waits for: Harvesting features of saes/layer_1, 43 %"
            ? JobProgress::tr("Waits for: %1, %2 %")
                  .arg(toQString(progress.what))
                  .arg(100 * progress.done / progress.total)
            : JobProgress::tr("Waits for: %1").arg(toQString(progress.what));
    return progress.total > 0
        //: "Patching: 120 of 340 passes"
        ? JobProgress::tr("%1: %2 of %3 %4")
              .arg(toQString(progress.what), formatCount(progress.done),
                  formatCount(progress.total), toQString(progress.unit))
              .trimmed()
        : toQString(progress.what);
}

void showProgress(QProgressBar* bar, const core::Progress& progress)
{
    const bool hasEnd = progress.total > 0 || progress.isWaiting;
    bar->setRange(0, hasEnd ? kSteps : 0); // without an end no words are shown
    if (progress.isWaiting)
        bar->setValue(0);
    else if (hasEnd)
        bar->setValue(
            static_cast<int>(kSteps * std::min(progress.done, progress.total) / progress.total));
    const QString words = progress.isWaiting ? progressText(progress) : QString();
    bar->setFormat(words.isEmpty() ? QStringLiteral("%p%") : plainFormat(words));
    bar->setToolTip(words);
}

JobProgress::JobProgress(const QString& accessibleName, QWidget* parent)
    : QWidget(parent)
    , m_bar(new QProgressBar(this))
{
    m_bar->setAccessibleName(accessibleName);
    m_bar->setMinimumWidth(ex(this) * 10);
    m_bar->setMaximumWidth(ex(this) * 64);
    m_bar->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_bar, 1);
    m_waitDelay.setSingleShot(true);
    m_waitDelay.setInterval(kWaitDelayMs);
    connect(&m_waitDelay, &QTimer::timeout, this, [this] { show(m_wait); });
    QSizePolicy place = sizePolicy();
    place.setRetainSizeWhenHidden(true);
    setSizePolicy(place);
    hide();
}

void JobProgress::follow(Session* session, QLatin1String tag)
{
    m_followed.push_back(tag);
    connect(session, &Session::busyChanged, this, [this, session, tag](const QString& changed) {
        if (changed == tag)
            setRunning(std::any_of(m_followed.begin(), m_followed.end(),
                [session](QLatin1String each) { return session->isBusy(each); }));
    });
    connect(session, &Session::progressChanged, this,
        [this, session, tag](const QString& of, const core::Progress& progress) {
            if (of == tag && session->isBusy(tag))
                setProgress(progress);
        });
}

void JobProgress::setRunning(bool isRunning)
{
    if (isRunning && isHidden())
        setProgress({});
    if (!isRunning)
        m_waitDelay.stop();
    setVisible(isRunning);
}

void JobProgress::setProgress(const core::Progress& progress)
{
    m_wait = progress;
    if (!progress.isWaiting || m_isWaitShown) {
        m_waitDelay.stop();
        show(progress);
    } else if (!m_waitDelay.isActive()) {
        m_waitDelay.start();
    }
}

void JobProgress::show(const core::Progress& progress)
{
    m_isWaitShown = progress.isWaiting;
    ui::showProgress(m_bar, progress);
    m_text = progressText(progress);
    showWords();
    m_bar->setToolTip(m_text);
    m_bar->setAccessibleDescription(m_text);
}

void JobProgress::showWords()
{
    // Fusion would break words that are too long into lines, and show half of each.
    const QString words = m_text.isEmpty() ? QStringLiteral("…") : plainFormat(m_text);
    m_bar->setFormat(m_bar->fontMetrics().elidedText(
        words, Qt::ElideMiddle, m_bar->contentsRect().width() - 2 * gap(this)));
}

void JobProgress::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    layout()->activate(); // the bar has its new width
    showWords();
}

QString JobProgress::text() const
{
    return m_text;
}

} // namespace ui
