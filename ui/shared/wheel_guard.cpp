#include "ui/shared/wheel_guard.h"

#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QEvent>
#include <QScrollArea>
#include <QScrollBar>

namespace ui {

namespace {

/// As a widget that the wheel would turn; else null.
QWidget* turnable(QObject* object)
{
    if (qobject_cast<QComboBox*>(object) || qobject_cast<QAbstractSpinBox*>(object)
        || (qobject_cast<QAbstractSlider*>(object) && !qobject_cast<QScrollBar*>(object)))
        return static_cast<QWidget*>(object);
    return nullptr;
}

QScrollArea* areaAround(QWidget* widget)
{
    // A dialog's own alone: what lies behind it is another window's.
    for (QWidget* above = widget->parentWidget(); above && !widget->isWindow();
         widget = above, above = above->parentWidget())
        if (auto* area = qobject_cast<QScrollArea*>(above))
            return area;
    return nullptr;
}

} // namespace

WheelGuard::WheelGuard(QApplication& application)
{
    application.installEventFilter(this);
}

bool WheelGuard::eventFilter(QObject* object, QEvent* event)
{
    if (event->type() != QEvent::Polish && event->type() != QEvent::Wheel)
        return false;
    QWidget* widget = turnable(object);
    if (!widget)
        return false;
    if (event->type() == QEvent::Polish) {
        // Qt gives the focus before the wheel arrives: then it would count as the one in use.
        if (widget->focusPolicy() == Qt::WheelFocus)
            widget->setFocusPolicy(Qt::StrongFocus);
        return false;
    }
    QScrollArea* area = widget->hasFocus() ? nullptr : areaAround(widget);
    if (!area)
        return false;
    QApplication::sendEvent(area->viewport(), event);
    return true;
}

} // namespace ui
