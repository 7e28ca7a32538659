#include "ui/start/start_page.h"

#include "ui/style/metrics.h"

#include <QEvent>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace ui {

namespace {

constexpr int kCardWidth = 34; // in characters

QLabel* sentence(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    label->setWordWrap(true);
    return label;
}

} // namespace

StartPage::StartPage(const std::vector<StartCard>& cards, QWidget* parent)
    : QWidget(parent)
    , m_cards(new QBoxLayout(QBoxLayout::LeftToRight))
{
    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget(scroll);
    auto* title = new QLabel(tr("Look inside a language model, and change what it does"), content);
    makeHeading(title, 1);
    title->setWordWrap(true);
    for (const StartCard& card : cards)
        m_cards->addWidget(makeCard(card, content), 1);
    m_cards->setSpacing(2 * pad(this));
    auto* words = new QPushButton(tr("&What the words mean"), content);
    words->setObjectName(QStringLiteral("startGlossary"));
    words->setToolTip(tr("The glossary: feature, dictionary, residual stream … (F1)"));
    connect(words, &QPushButton::clicked, this, &StartPage::glossaryRequested);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(3 * pad(this), 3 * pad(this), 3 * pad(this), 3 * pad(this));
    column->setSpacing(pad(this));
    column->addWidget(title);
    m_subtitle = sentence({}, content);
    m_subtitle->setObjectName(QStringLiteral("startSubtitle"));
    makeSubtle(m_subtitle);
    column->addWidget(m_subtitle);
    m_train = new QPushButton(icon(Icon::Train), {}, content);
    m_train->setObjectName(QStringLiteral("startTrain"));
    m_train->setToolTip(tr("The Train page: an SAE or transcoders from a text of yours, or from "
                           "text the model writes itself"));
    connect(m_train, &QPushButton::clicked, this, &StartPage::trainRequested);
    column->addWidget(m_train, 0, Qt::AlignLeft);
    showModel({}, false);
    column->addSpacing(pad(this));
    column->addLayout(m_cards);
    column->addSpacing(pad(this));
    column->addWidget(words, 0, Qt::AlignLeft);
    column->addStretch(1);
    scroll->setWidget(content);
    paintIcons();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
}

void StartPage::showModel(const QString& name, bool lacksDictionary)
{
    const QString walks = tr("Each walk goes through the real pages and points at the next "
                             "control.");
    m_subtitle->setText(name.isEmpty()
            ? tr("A small model is built in and already open: everything below works at once, on "
                 "this machine, without a network. %1")
                  .arg(walks)
            : tr("%1 is open. A small model is built in besides, which the first two walks open: "
                 "everything in them works at once, on this machine, without a network. %2")
                  .arg(name, walks));
    m_train->setText(tr("&Train a dictionary for %1")
                         .arg(QString(name).replace(QLatin1Char('&'), QLatin1String("&&"))));
    m_train->setVisible(lacksDictionary && !name.isEmpty());
}

QWidget* StartPage::makeCard(const StartCard& card, QWidget* parent)
{
    auto* box = new QFrame(parent);
    box->setFrameShape(QFrame::StyledPanel);
    box->setAutoFillBackground(true);
    box->setBackgroundRole(QPalette::Base);
    auto* picture = new QLabel(box);
    m_icons.emplace_back(picture, card.icon);
    auto* title = sentence(card.title, box);
    makeHeading(title, 1);
    auto* button = new QPushButton(card.button, box);
    button->setObjectName(QStringLiteral("start_") + card.name);
    button->setAccessibleDescription(card.sentence);
    connect(button, &QPushButton::clicked, this, [this, name = card.name] { Q_EMIT chosen(name); });
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(2 * pad(this), 2 * pad(this), 2 * pad(this), 2 * pad(this));
    column->setSpacing(pad(this));
    column->addWidget(picture);
    column->addWidget(title);
    column->addWidget(sentence(card.sentence, box));
    column->addStretch(1);
    column->addWidget(button, 0, Qt::AlignLeft);
    return box;
}

void StartPage::paintIcons()
{
    for (const auto& [label, which] : m_icons)
        label->setPixmap(icon(which).pixmap(2 * em(this), 2 * em(this)));
}

void StartPage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        paintIcons();
}

void StartPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const bool isWide = width() >= m_cards->count() * kCardWidth * ex(this);
    m_cards->setDirection(isWide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
}

} // namespace ui
