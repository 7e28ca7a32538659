#include "ui/shared/paste_guard.h"

#include <optional>

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QMouseEvent>
#include <QPlainTextEdit>
#include <QTextEdit>

namespace ui {

namespace {

bool isTextField(const QObject* object)
{
    return qobject_cast<const QPlainTextEdit*>(object) || qobject_cast<const QTextEdit*>(object)
        || qobject_cast<const QLineEdit*>(object);
}

/// From where a text field would paste on this event; nothing where it would not.
std::optional<QClipboard::Mode> pastedFrom(const QEvent& event)
{
    const bool hasSelection = QGuiApplication::clipboard()->supportsSelection();
    if (event.type() == QEvent::KeyPress) {
        const auto& key = static_cast<const QKeyEvent&>(event);
        if (!key.matches(QKeySequence::Paste))
            return std::nullopt;
        const bool isOfSelection = hasSelection && key.key() == Qt::Key_Insert
            && key.modifiers() == (Qt::ControlModifier | Qt::ShiftModifier);
        return isOfSelection ? QClipboard::Selection : QClipboard::Clipboard;
    }
    if (event.type() == QEvent::MouseButtonRelease && hasSelection
        && static_cast<const QMouseEvent&>(event).button() == Qt::MiddleButton)
        return QClipboard::Selection;
    return std::nullopt;
}

} // namespace

PasteGuard::PasteGuard(QApplication& application)
{
    application.installEventFilter(this);
}

bool PasteGuard::eventFilter(QObject* object, QEvent* event)
{
    // Keys go to the field, buttons of the mouse to its viewport.
    if ((event->type() == QEvent::KeyPress || event->type() == QEvent::MouseButtonRelease)
        && (isTextField(object) || isTextField(object->parent())))
        if (const auto mode = pastedFrom(*event); mode && !hasText(*mode))
            return true;
    return QObject::eventFilter(object, event);
}

bool PasteGuard::hasText(QClipboard::Mode mode) const
{
    const QMimeData* data = QGuiApplication::clipboard()->mimeData(mode);
    return data && (data->hasText() || data->hasHtml());
}

} // namespace ui
