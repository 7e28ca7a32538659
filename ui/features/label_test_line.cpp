#include "ui/features/label_test_line.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <algorithm>

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>

namespace ui {

namespace {

QString whereText(const std::string& where)
{
    if (where == "at")
        return LabelTestLine::tr("on %1");
    if (where == "next")
        return LabelTestLine::tr("just before %1");
    if (where == "right-before")
        return LabelTestLine::tr("right after %1");
    return LabelTestLine::tr("after %1");
}

/// "on bay, fog; after bridge": where no rule passes, what comes nearest.
QString evidenceText(const core::LabelTest& test)
{
    QStringList parts;
    for (const char* where : {"at", "right-before", "before", "next"}) {
        QStringList words;
        for (const core::LabelEvidence& one : test.evidence)
            if (one.where == where)
                words << toQString(one.word);
        if (!words.isEmpty())
            parts << whereText(where).arg(words.join(QStringLiteral(", ")));
    }
    return parts.join(QStringLiteral("; "));
}

QString sentence(const core::FeatureCard& card, bool isTesting)
{
    if (card.harvestedTokens == 0)
        return {};
    const bool isPersons = card.row.label.source == core::LabelSource::Person;
    if (isPersons) {
        if (!card.personal)
            return isTesting ? LabelTestLine::tr("Testing how well its words predict firing …")
                             : LabelTestLine::tr("Not tested yet.");
        return card.personal->score
            ? LabelTestLine::tr("Its words predict firing: %1")
                  .arg(formatNumber(*card.personal->score, 2))
            : LabelTestLine::tr("Cannot be tested: none of its words is one of the harvested text, "
                                "or it fires on too few places.");
    }
    if (!card.suggestion)
        return LabelTestLine::tr(
            "This workspace's labels were never tested: Features > Labels > Suggest labels anew.");
    const core::LabelTest& test = *card.suggestion;
    if (!test.score)
        return card.row.maxActivation != 0
            ? LabelTestLine::tr("Not tested: it fires on too few places.")
            : QString();
    if (!test.input.empty())
        return LabelTestLine::tr("Predicts where it fires: %1").arg(formatNumber(*test.score, 2));
    QString text = test.output.empty()
        ? LabelTestLine::tr("No label: nothing separates its firing well enough (%1, bar %2).")
        : LabelTestLine::tr("Named by what it says alone: nothing separates where it fires well "
                            "enough (%1, bar %2).");
    text = text.arg(formatNumber(*test.score, 2), formatNumber(test.bar.value_or(1.0), 2));
    if (const QString evidence = evidenceText(test); !evidence.isEmpty())
        text += LabelTestLine::tr(" More often than elsewhere it fires %1.").arg(evidence);
    return text;
}

QString explained(const core::FeatureCard& card)
{
    const auto& test
        = card.row.label.source == core::LabelSource::Person ? card.personal : card.suggestion;
    if (!test || !test->score)
        return {};
    QString text = LabelTestLine::tr(
        "How well one would guess where the feature fires, knowing this alone: 0.5 is guessing, 1 "
        "is always right. The rule was found on one half of the harvested text and tried on the "
        "other, against places where the same tokens stand and the feature rests.");
    if (!test->rule.empty())
        text += LabelTestLine::tr("\nThe rule: fires %1").arg(toQString(test->rule));
    if (test->bar)
        text += LabelTestLine::tr("\nA suggestion must do better than %1: features whose firing "
                                  "was shuffled stay below, nineteen times in twenty.")
                    .arg(formatNumber(*test->bar, 2));
    return text;
}

} // namespace

LabelTestLine::LabelTestLine(Session* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_text(new QLabel(this))
    , m_history(new QToolButton(this))
    , m_menu(new QMenu(this))
{
    m_text->setObjectName(QStringLiteral("labelTest"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    makeSubtle(m_text);
    m_history->setObjectName(QStringLiteral("labelHistory"));
    m_history->setText(tr("Earlier labels"));
    m_history->setAutoRaise(true);
    m_history->setToolTip(
        tr("What this feature was called before, by you or by suggestions; choose "
           "one to take it back"));
    m_menu->setObjectName(QStringLiteral("labelHistoryMenu"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(pad(this));
    layout->addWidget(m_text, 1);
    layout->addWidget(m_history, 0, Qt::AlignTop);
    connect(m_history, &QToolButton::clicked, this, [this] {
        m_session->ask(this, core::LabelHistoryRequest{m_feature},
            [this](const Shared<core::LabelHistory>& history) {
                if (history->feature == m_feature)
                    showHistory(*history);
            });
    });
}

void LabelTestLine::setCard(const core::FeatureCard& card)
{
    m_feature = card.row.feature;
    m_text->setText(sentence(card, m_session->isBusy(kTag<core::TestLabelRequest>)));
    m_text->setToolTip(explained(card));
}

QString LabelTestLine::text() const
{
    return m_text->text();
}

void LabelTestLine::showHistory(const core::LabelHistory& history)
{
    m_menu->clear();
    if (history.versions.empty())
        m_menu->addAction(tr("No earlier labels"))->setEnabled(false);
    constexpr std::size_t kMostShown = 30;
    for (std::size_t i = 0; i < std::min(kMostShown, history.versions.size()); ++i) {
        const core::LabelVersion& version = history.versions[i];
        const QString text = toQString(version.text);
        const bool isPersons = version.source == core::LabelSource::Person;
        QString title = isPersons ? tr("%1  (yours, %2)") : tr("%1  (suggested until %2)");
        title = title.arg(text.simplified(), toQString(version.at.substr(0, 10)));
        if (version.score)
            title += tr(" · %1").arg(formatNumber(*version.score, 2));
        m_menu->addAction(title.replace(QLatin1Char('&'), QStringLiteral("&&")), this,
            [this, text] { Q_EMIT labelChosen(text); });
    }
    m_menu->popup(m_history->mapToGlobal(QPoint(0, m_history->height())));
}

} // namespace ui
