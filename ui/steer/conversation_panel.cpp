#include "ui/steer/conversation_panel.h"

#include "ui/steer/turn_row.h"
#include "ui/style/metrics.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

namespace ui {

ConversationPanel::ConversationPanel(QWidget* parent)
    : QWidget(parent)
    , m_scroll(new QScrollArea(this))
{
    setObjectName(QStringLiteral("conversation"));
    auto* heading = new QLabel(tr("Conversation so far"), this);
    makeHeading(heading, 2);
    auto* startOver = new QPushButton(tr("Start over"), this);
    startOver->setObjectName(QStringLiteral("startOverButton"));
    startOver->setToolTip(tr("Forget what was said before the prompt; undo brings it back"));
    auto* top = new QHBoxLayout;
    top->addWidget(heading, 1);
    top->addWidget(startOver);
    auto* list = new QWidget(m_scroll);
    m_column = new QVBoxLayout(list);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(gap(this));
    m_column->addStretch();
    m_scroll->setWidget(list);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setMinimumHeight(em(this) * 3);
    m_scroll->setMaximumHeight(em(this) * 8);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(gap(this));
    column->addLayout(top);
    column->addWidget(m_scroll);
    // The newest message is the one that is answered; it comes last.
    connect(m_scroll->verticalScrollBar(), &QScrollBar::rangeChanged, this,
        [this](int, int most) { m_scroll->verticalScrollBar()->setValue(most); });
    connect(startOver, &QPushButton::clicked, this, &ConversationPanel::startOverWanted);
    hide();
}

void ConversationPanel::setTurns(const std::vector<core::ChatTurn>& turns)
{
    const bool isSameList = turns.size() == m_turns.size();
    m_turns = turns;
    if (!isSameList)
        return rebuild();
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        m_rows[i]->setTurn(m_turns[i]);
}

void ConversationPanel::rebuild()
{
    for (TurnRow* row : m_rows) {
        row->disconnect(this); // its number is another's now
        row->hide();
        row->deleteLater();
    }
    m_rows.clear();
    for (std::size_t i = 0; i < m_turns.size(); ++i) {
        const int index = static_cast<int>(i);
        auto* row = new TurnRow(m_turns[i], this);
        m_column->insertWidget(index, row);
        m_rows.push_back(row);
        connect(row, &TurnRow::edited, this, [this, index](const QString& text) {
            auto after = m_turns;
            after[static_cast<std::size_t>(index)].text = text.toStdString();
            Q_EMIT edited(tr("edit a message"), after, index);
        });
        connect(row, &TurnRow::removed, this, [this, index] {
            auto after = m_turns;
            after.erase(after.begin() + index);
            Q_EMIT edited(tr("remove a message"), after, -1);
        });
    }
    setVisible(!m_turns.empty());
}

} // namespace ui
