#include "ui/models/self_check_view.h"

#include "ui/shared/notice.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <cmath>

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

SelfCheckView::SelfCheckView(QWidget* parent)
    : QWidget(parent)
    , m_verdict(new Notice(this))
    , m_figures(new QLabel(this))
    , m_progress(new QProgressBar(this))
    , m_button(new QPushButton(this))
{
    m_verdict->setObjectName(QStringLiteral("selfCheckVerdict"));
    m_figures->setObjectName(QStringLiteral("selfCheckFigures"));
    m_figures->setWordWrap(true);
    m_figures->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    makeSubtle(m_figures);
    m_figures->setToolTip(
        tr("Logits are compared position by position with a pass over the same files in float32 on "
           "the processor; KL divergence in nats"));
    m_progress->setFixedHeight(pad(this));
    m_progress->setTextVisible(false);
    m_progress->setAccessibleName(tr("Self-check progress"));
    m_button->setObjectName(QStringLiteral("selfCheckButton"));
    auto* title = new QLabel(tr("Self-check"), this);
    makeHeading(title, 2);
    auto* top = new QHBoxLayout;
    top->addWidget(title, 1);
    top->addWidget(m_button);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addLayout(top);
    layout->addWidget(m_verdict);
    layout->addWidget(m_figures);
    layout->addWidget(m_progress);
    layout->addStretch(1);
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_isRunning)
            Q_EMIT stopRequested();
        else
            Q_EMIT checkRequested();
    });
    showNothing();
}

void SelfCheckView::setRunning(bool isRunning)
{
    m_isRunning = isRunning;
    m_progress->setVisible(isRunning);
    m_figures->setVisible(!isRunning && !m_figures->text().isEmpty());
    m_button->setText(isRunning ? tr("Stop") : tr("Check &again"));
    m_button->setIcon(icon(isRunning ? Icon::Stop : Icon::Reset));
    m_button->setToolTip(isRunning
            ? tr("Stop the self-check; the model stays open")
            : tr("Compare the open model with its files in float32 on the processor"));
}

void SelfCheckView::showNothing()
{
    m_verdict->say(Notice::Kind::Info, tr("Not checked yet."));
    m_figures->clear();
    setRunning(false);
    m_button->setText(tr("Check &now"));
}

void SelfCheckView::showRunning(double share)
{
    m_verdict->say(
        Notice::Kind::Info, tr("Comparing with a float32 pass on the processor; go on working."));
    m_figures->clear();
    m_progress->setRange(0, share >= 0.0 ? 1000 : 0);
    m_progress->setValue(share >= 0.0 ? static_cast<int>(1000.0 * share) : 0);
    setRunning(true);
}

void SelfCheckView::showCheck(const core::SelfCheck& check)
{
    m_verdict->say(check.isGood ? Notice::Kind::Good : Notice::Kind::Warning,
        check.isGood ? tr("Good: %1").arg(toQString(check.verdict))
                     : tr("Doubtful: %1").arg(toQString(check.verdict)));
    const auto agreeing
        = static_cast<std::int64_t>(std::llround(check.topAgreement * check.tokens));
    m_figures->setText(
        tr("%1 in %2 against a float32 CPU pass: at most %3 apart, token by token %4; logit spread "
           "%5. KL %6 on average, at most %7 nats. Same top token at %8 of %9 positions. %10 s.")
            .arg(toQString(check.device), toQString(check.dtype),
                formatNumber(check.maxLogitDifference), formatNumber(check.maxDecodeDifference),
                formatNumber(check.logitSpread), formatNumber(check.meanKl),
                formatNumber(check.maxKl), formatCount(agreeing), formatCount(check.tokens))
            .arg(formatNumber(check.seconds, 2)));
    setRunning(false);
}

void SelfCheckView::showStopped()
{
    m_verdict->say(Notice::Kind::Info, tr("Stopped before it was done."));
    m_figures->clear();
    setRunning(false);
}

void SelfCheckView::showFailed(const QString& message)
{
    m_verdict->say(Notice::Kind::Warning, tr("Could not be done: %1").arg(message));
    m_figures->clear();
    setRunning(false);
}

QString SelfCheckView::toText() const
{
    return m_verdict->text() + QLatin1Char('\n') + m_figures->text();
}

} // namespace ui
