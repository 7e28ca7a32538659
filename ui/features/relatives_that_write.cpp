#include "ui/features/relatives_that_write.h"

#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>

namespace ui {

RelativesThatWrite::RelativesThatWrite(Session* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_sentence(new QLabel(this))
    , m_button(new QPushButton(tr("Relatives that &write …"), this))
    , m_menu(new QMenu(this))
{
    m_sentence->setObjectName(QStringLiteral("onlyReads"));
    m_sentence->setWordWrap(true);
    m_button->setObjectName(QStringLiteral("relativesThatWrite"));
    m_button->setToolTip(tr("Features of the open dictionaries that push the model in a like "
                            "direction and do change what it says"));
    m_menu->setObjectName(QStringLiteral("relativesMenu"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(pad(this));
    layout->addWidget(m_sentence, 1);
    layout->addWidget(m_button);
    connect(m_button, &QPushButton::clicked, this, &RelativesThatWrite::look);
    hide();
}

void RelativesThatWrite::setFeature(const core::FeatureRow& row)
{
    m_feature = row.feature;
    if (row.onlyReads())
        m_sentence->setText(tr("It reads more than it writes (output score %1): steering with it "
                               "may change little.")
                                .arg(formatNumber(*row.outputScore, 2)));
    setVisible(row.onlyReads());
}

void RelativesThatWrite::look()
{
    m_session->ask(this, core::WritingRelativesRequest{m_feature},
        [this](const Shared<core::WritingRelatives>& found) {
            if (found->feature == m_feature && isVisible())
                showRelatives(*found);
        });
}

void RelativesThatWrite::showRelatives(const core::WritingRelatives& found)
{
    m_menu->clear();
    for (const core::WritingRelative& one : found.relatives) {
        QString title
            = tr("Steer %1: %2 · cosine %3 · %4")
                  .arg(featureInDictionary(
                           one.row.feature, one.row.layer, m_session->state().dictionaries),
                      featureTitle(one.row), formatNumber(static_cast<double>(one.cosine), 2),
                      outputScoreText(one.row));
        // What a feature is called may hold the mark of a shortcut.
        m_menu->addAction(icon(Icon::Steer), title.replace(QLatin1Char('&'), QLatin1String("&&")),
            this, [this, feature = one.row.feature] { Q_EMIT steerRequested(feature); });
    }
    if (found.relatives.empty())
        m_menu->addAction(tr("No open dictionary has a feature like it that writes"))
            ->setEnabled(false);
    m_menu->popup(m_button->mapToGlobal(QPoint(0, m_button->height())));
}

} // namespace ui
