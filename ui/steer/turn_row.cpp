#include "ui/steer/turn_row.h"

#include "ui/style/metrics.h"
#include "ui/style/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QToolButton>

namespace ui {

TurnRow::TurnRow(const core::ChatTurn& turn, QWidget* parent)
    : QWidget(parent)
    , m_role(new QLabel(this))
    , m_text(new QPlainTextEdit(this))
{
    makeSubtle(m_role);
    m_role->setMinimumWidth(ex(this) * 9);
    m_text->setObjectName(QStringLiteral("turnText"));
    m_text->setTabChangesFocus(true);
    m_text->setFixedHeight(em(this) * 2 + pad(this) * 2);
    m_text->setToolTip(tr("What was said. It can be edited, also the model's own words: the next "
                          "answer goes on from what stands here."));
    auto* remove = new QToolButton(this);
    remove->setObjectName(QStringLiteral("removeTurn"));
    remove->setText(QStringLiteral("×"));
    remove->setToolTip(tr("Take this message out of the conversation"));
    remove->setAccessibleName(tr("Remove"));
    remove->setFocusPolicy(Qt::StrongFocus);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(gap(this));
    row->addWidget(m_role, 0, Qt::AlignTop);
    row->addWidget(m_text, 1);
    row->addWidget(remove, 0, Qt::AlignTop);
    setTurn(turn);
    connect(m_text, &QPlainTextEdit::textChanged, this,
        [this] { Q_EMIT edited(m_text->toPlainText()); });
    connect(remove, &QToolButton::clicked, this, &TurnRow::removed);
}

void TurnRow::setTurn(const core::ChatTurn& turn)
{
    const QString who = turn.role == "user" ? tr("You")
        : turn.role == "assistant"          ? tr("Model")
        : turn.role == "system"             ? tr("System")
                                            : toQString(turn.role);
    m_role->setText(who);
    m_text->setAccessibleName(tr("Message: %1").arg(who));
    const QString text = toQString(turn.text);
    if (m_text->toPlainText() == text)
        return; // the cursor of who types stays where it is
    const QSignalBlocker quiet(m_text);
    m_text->setPlainText(text);
}

} // namespace ui
