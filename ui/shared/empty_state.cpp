#include "ui/shared/empty_state.h"

#include "ui/style/metrics.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace ui {

EmptyState::EmptyState(const QString& title, const QString& hint, QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel(title, this))
    , m_hint(new QLabel(hint, this))
{
    makeHeading(m_title, 1);
    makeSubtle(m_hint);
    m_title->setAlignment(Qt::AlignCenter);
    wrapLines(m_title);
    m_hint->setAlignment(Qt::AlignCenter);
    wrapLines(m_hint);
    auto* layout = new QVBoxLayout(this);
    layout->addStretch(1);
    layout->addWidget(m_title);
    layout->addWidget(m_hint);
    layout->addStretch(2);
}

void EmptyState::setTitle(const QString& title)
{
    m_title->setText(title);
}

void EmptyState::setHint(const QString& hint)
{
    m_hint->setText(hint);
}

QPushButton* EmptyState::addAction(const QString& text)
{
    auto* button = new QPushButton(text, this);
    auto* column = static_cast<QVBoxLayout*>(layout());
    column->insertWidget(column->count() - 1, button, 0, Qt::AlignCenter);
    return button;
}

} // namespace ui
