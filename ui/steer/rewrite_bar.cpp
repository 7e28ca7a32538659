#include "ui/steer/rewrite_bar.h"

#include "ui/shared/notice.h"
#include "ui/style/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace ui {

namespace {

QHBoxLayout* tightRow(QWidget* box)
{
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(box));
    return row;
}

} // namespace

RewriteBar::RewriteBar(QWidget* parent)
    : QWidget(parent)
    , m_oldRow(new QWidget(this))
    , m_token(new QLabel(this))
    , m_writeOn(new QPushButton(tr("&Write on after it"), this))
    , m_instead(new QLineEdit(this))
    , m_givenRow(new QWidget(this))
{
    m_old = new Notice(m_oldRow);
    m_old->setObjectName(QStringLiteral("oldMark"));
    m_regenerate = new QPushButton(tr("&Regenerate"), m_oldRow);
    m_regenerate->setObjectName(QStringLiteral("regenerateButton"));
    m_regenerate->setToolTip(
        tr("Write both texts anew from their start, with everything as it is set now"));
    auto* oldRow = tightRow(m_oldRow);
    oldRow->addWidget(m_old, 1);
    oldRow->addWidget(m_regenerate);

    m_token->setObjectName(QStringLiteral("chosenToken"));
    wrapLines(m_token);
    makeSubtle(m_token);
    m_writeOn->setObjectName(QStringLiteral("writeOnButton"));
    m_writeOn->setToolTip(
        tr("Keep the texts up to and including this token and write the rest anew, with everything "
           "as it is set now"));
    m_instead->setObjectName(QStringLiteral("insteadText"));
    m_instead->setPlaceholderText(tr("or other text instead"));
    m_instead->setAccessibleName(tr("Text instead of the chosen token"));
    m_instead->setToolTip(tr("Text to stand in the token's place, with its leading space; Enter "
                             "writes on after it"));
    auto* tokenRow = new QHBoxLayout;
    tokenRow->setSpacing(gap(this));
    tokenRow->addWidget(m_writeOn);
    tokenRow->addWidget(m_instead, 1);

    m_given = new QLabel(m_givenRow);
    m_given->setObjectName(QStringLiteral("givenTokens"));
    wrapLines(m_given);
    auto* forget = new QToolButton(m_givenRow);
    forget->setObjectName(QStringLiteral("forgetGiven"));
    forget->setText(tr("Forget them"));
    forget->setToolTip(tr("The next texts are written from their start"));
    forget->setFocusPolicy(Qt::StrongFocus);
    auto* givenRow = tightRow(m_givenRow);
    givenRow->addWidget(m_given, 1);
    givenRow->addWidget(forget);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addWidget(m_oldRow);
    column->addWidget(m_token);
    column->addLayout(tokenRow);
    column->addWidget(m_givenRow);
    connect(m_regenerate, &QPushButton::clicked, this, &RewriteBar::regenerateWanted);
    connect(m_writeOn, &QPushButton::clicked, this, &RewriteBar::writeOnWanted);
    connect(m_instead, &QLineEdit::returnPressed, this, [this] {
        const QString text = m_instead->text();
        if (text.isEmpty())
            return;
        m_instead->clear();
        Q_EMIT replaceWanted(text);
    });
    connect(forget, &QToolButton::clicked, this, &RewriteBar::forgetGivenWanted);
    setOld(false);
    setToken({});
    setGiven(0, 0);
}

void RewriteBar::setOld(bool isOld)
{
    m_oldRow->setVisible(isOld);
    m_old->say(Notice::Kind::Warning,
        isOld ? tr("Old: made with another prompt, other changes or other settings. "
                   "Write them anew, or click a token to write on after it.")
              : QString());
}

bool RewriteBar::isOld() const
{
    return !m_old->text().isEmpty();
}

void RewriteBar::setToken(const QString& what)
{
    m_hasToken = !what.isEmpty();
    m_token->setText(m_hasToken ? what : tr("Click a token of a text to write on from there."));
    updateButtons();
}

void RewriteBar::setGiven(std::size_t normal, std::size_t steered)
{
    m_givenRow->setVisible(normal + steered > 0);
    m_given->setText(
        tr("The texts begin with given tokens: %1 of the normal, %2 of the steered one.")
            .arg(normal)
            .arg(steered));
}

void RewriteBar::updateButtons()
{
    m_writeOn->setEnabled(m_hasToken);
    m_instead->setEnabled(m_hasToken);
}

} // namespace ui
