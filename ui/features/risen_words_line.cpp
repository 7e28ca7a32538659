#include "ui/features/risen_words_line.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

namespace {
QString sampling()
{
    return RisenWordsLine::tr("Sampling …");
}
} // namespace

RisenWordsLine::RisenWordsLine(Session* session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_button(new QPushButton(tr("&What does it make the model say?"), this))
    , m_words(new QLabel(this))
{
    m_button->setObjectName(QStringLiteral("askRisenWords"));
    m_button->setToolTip(
        tr("Samples short texts with the feature held at five times its maximum and as many "
           "without, and names the words that rise"));
    m_words->setObjectName(QStringLiteral("risenWords"));
    m_words->setWordWrap(true);
    m_words->setTextFormat(Qt::PlainText);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_words->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(gap(this));
    layout->addWidget(m_button, 0, Qt::AlignLeft);
    layout->addWidget(m_words);
    connect(m_button, &QPushButton::clicked, this, &RisenWordsLine::ask);
    connect(m_session, &Session::busyChanged, this, [this](const QString& tag, bool isBusy) {
        if (tag != kTag<core::RisenWordsRequest> || isBusy)
            return;
        m_button->setEnabled(true);
        if (m_words->text() == sampling()) // it was cancelled
            m_words->hide();
    });
    hide();
}

void RisenWordsLine::setFeature(const core::FeatureRow& row)
{
    if (row.feature != m_feature) {
        if (m_session->isBusy(kTag<core::RisenWordsRequest>))
            m_session->cancel(kTag<core::RisenWordsRequest>);
        m_words->hide();
    }
    m_feature = row.feature;
    setVisible(row.maxActivation != 0.0f);
}

void RisenWordsLine::ask()
{
    core::RisenWordsRequest request;
    request.feature = m_feature;
    m_button->setEnabled(false);
    m_words->setText(sampling());
    m_words->show();
    m_session->ask(
        this, request,
        [this](const Shared<core::RisenWords>& risen) {
            if (risen->request.feature == m_feature)
                showWords(*risen);
        },
        [this, feature = m_feature](const core::Error& error) {
            if (feature != m_feature)
                return;
            m_words->setText(toQString(error.message));
        });
}

void RisenWordsLine::showWords(const core::RisenWords& risen)
{
    QStringList words;
    for (const core::RisenWord& one : risen.words)
        //: a word; in how many texts it is said, with the feature held up and without
        words << tr("%1 (%2, else %3)")
                     .arg(toQString(one.word), QString::number(one.steered),
                         QString::number(one.normal));
    const QString strength
        = tr("Held at %1 times its maximum, of %2 texts more say: ")
              .arg(formatNumber(risen.request.multiple), QString::number(risen.request.texts));
    QString text = words.isEmpty()
        ? tr("Held at %1 times its maximum it makes no word clearly more frequent in %2 texts.")
              .arg(formatNumber(risen.request.multiple), QString::number(risen.request.texts))
        : strength + words.join(QStringLiteral(", "));
    text += tr("\nOne of them: \"%1%2\"")
                .arg(toQString(risen.request.prompt),
                    toQString(risen.steered).simplified().prepend(QLatin1Char(' ')));
    m_words->setText(text);
    m_words->show();
}

} // namespace ui
