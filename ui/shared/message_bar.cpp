#include "ui/shared/message_bar.h"

#include "ui/session/session.h"
#include "ui/shared/message_row.h"
#include "ui/style/metrics.h"

#include <algorithm>

#include <QAccessible>
#include <QEvent>
#include <QKeyEvent>
#include <QScrollBar>
#include <QShortcut>
#include <QVBoxLayout>

namespace ui {

namespace {

/// What of a widget is on the screen: it may lie in a scrolled page.
QRect visiblePart(const QWidget* widget)
{
    QRect visible = widget->rect();
    for (const QWidget* above = widget; !above->isWindow() && above->parentWidget();) {
        above = above->parentWidget();
        visible &= QRect(widget->mapFrom(above, QPoint(0, 0)), above->size());
    }
    return visible;
}

} // namespace

MessageBar::MessageBar(QWidget* parent)
    : QScrollArea(parent)
{
    auto* rows = new QWidget(this);
    m_column = new QVBoxLayout(rows);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(1); // a line between two messages
    setWidget(rows);
    setWidgetResizable(true);
    setFrameShape(QFrame::Box); // told from what it lies over
    setFrameShadow(QFrame::Plain);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::StrongFocus);
    hide();
    if (!parent)
        return;
    parent->installEventFilter(this);
    m_escape = new QShortcut(QKeySequence(Qt::Key_Escape), parent);
    m_escape->setContext(Qt::WidgetWithChildrenShortcut);
    m_escape->setEnabled(false);
    connect(m_escape, &QShortcut::activated, this, &MessageBar::closeNewest);
    // A page within a page has one too.
    connect(m_escape, &QShortcut::activatedAmbiguously, this, &MessageBar::closeNewest);
}

void MessageBar::lieOver(QWidget* part)
{
    m_part = part;
    part->installEventFilter(this);
    place();
}

void MessageBar::showMessage(Kind kind, const QString& text, const QString& cause)
{
    dismiss(cause);
    auto* row = new MessageRow(kind, text, cause, widget());
    connect(row, &MessageRow::closed, this, [this, row] { remove(row); });
    m_rows.push_back(row);
    m_column->addWidget(row);
    row->show();
    showRows();
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    QAccessibleEvent said(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&said);
}

void MessageBar::showErrorsOf(Session* session, const QList<QLatin1String>& tags)
{
    const auto isOne = [tags](const QString& tag) {
        return std::any_of(tags.begin(), tags.end(), [&](QLatin1String own) { return own == tag; });
    };
    connect(session, &Session::errorOccurred, this,
        [this, isOne](const QString& tag, const QString& message) {
            if (isOne(tag))
                showMessage(Kind::Error, message, tag);
        });
    connect(session, &Session::busyChanged, this, [this, isOne](const QString& tag, bool isBusy) {
        if (isBusy && isOne(tag))
            dismiss(tag);
    });
}

void MessageBar::dismiss(const QString& cause)
{
    const auto found = std::find_if(
        m_rows.begin(), m_rows.end(), [&](MessageRow* row) { return row->cause() == cause; });
    if (found != m_rows.end())
        remove(*found);
}

void MessageBar::clear()
{
    while (!m_rows.empty())
        remove(m_rows.back());
}

void MessageBar::closeNewest()
{
    if (!m_rows.empty())
        remove(m_rows.back());
}

void MessageBar::remove(MessageRow* row)
{
    std::erase(m_rows, row);
    m_column->removeWidget(row);
    row->hide();
    row->deleteLater(); // its button may have been pressed
    showRows();
}

QString MessageBar::text() const
{
    QStringList lines;
    for (const MessageRow* row : m_rows)
        lines << row->text();
    return lines.join(QLatin1Char('\n'));
}

MessageBar::Kind MessageBar::kind() const
{
    return m_rows.empty() ? Kind::Info : m_rows.back()->kind();
}

void MessageBar::showRows()
{
    const QString all = text();
    setAccessibleName(kind() == Kind::Error ? tr("Error: %1").arg(all) : all);
    if (m_escape)
        m_escape->setEnabled(!m_rows.empty());
    setVisible(!m_rows.empty());
    place();
}

void MessageBar::place()
{
    QWidget* const page = parentWidget();
    if (!page || m_rows.empty())
        return;
    QRect area = visiblePart(page);
    if (m_part && m_part->isVisibleTo(page))
        area &= QRect(m_part->mapTo(page, QPoint(0, 0)), m_part->size());
    const int edge = gap(this), frame = 2 * frameWidth(), width = area.width() - 2 * edge;
    const int text = m_column->hasHeightForWidth() ? m_column->heightForWidth(width - frame)
                                                   : m_column->sizeHint().height();
    const int needed = text + frame;
    const int height = std::min(needed, std::max(area.height() / 2, 4 * em(this)));
    setGeometry(area.left() + edge, area.bottom() - edge - height + 1, width, height);
    raise();
}

bool MessageBar::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
    case QEvent::Resize:
    case QEvent::Move: // also when the page is scrolled
    case QEvent::Show:
    case QEvent::Hide:
    case QEvent::FontChange:
        if (watched == parentWidget() || watched == m_part)
            place();
        break;
    default:
        break;
    }
    return QScrollArea::eventFilter(watched, event);
}

void MessageBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        closeNewest();
    else
        QScrollArea::keyPressEvent(event);
}

} // namespace ui
