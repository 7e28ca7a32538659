#include "ui/train/unfinished_offer.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace ui {

UnfinishedOffer::UnfinishedOffer(QWidget* parent)
    : QWidget(parent)
    , m_text(new QLabel(this))
{
    m_text->setObjectName(QStringLiteral("trainOfferText"));
    wrapLines(m_text);
    auto* goOn = new QPushButton(icon(Icon::Play), tr("&Go on with it"), this);
    goOn->setObjectName(QStringLiteral("trainOfferAccept"));
    auto* later = new QPushButton(tr("Not now"), this);
    later->setObjectName(QStringLiteral("trainOfferLater"));
    later->setToolTip(tr("It stays in its folder; “Runs” takes it up at any time"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_text, 1);
    row->addWidget(goOn);
    row->addWidget(later);
    connect(goOn, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT accepted(m_run);
    });
    connect(later, &QPushButton::clicked, this, &QWidget::hide);
    hide();
}

void UnfinishedOffer::offer(const core::TrainingRunInfo& run, int others)
{
    m_run = run;
    QString text = tr("The training %1 was left at %2 %. It can go on from there, exactly.")
                       .arg(toQString(run.name))
                       .arg(100 * run.steps / std::max<std::int64_t>(run.totalSteps, 1));
    if (others > 0)
        text += QLatin1Char(' ')
            + (others == 1 ? tr("1 more waits under “Runs”.")
                           : tr("%1 more wait under “Runs”.").arg(others));
    m_text->setText(text);
    show();
}

QString UnfinishedOffer::sentence() const
{
    return m_text->text();
}

} // namespace ui
