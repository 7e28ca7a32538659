#include "monkey.h"

#include <algorithm>
#include <utility>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDropEvent>
#include <QFileDialog>
#include <QInputMethodEvent>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPointer>
#include <QTabBar>
#include <QTest>
#include <QThread>
#include <QTimer>
#include <QWheelEvent>
#include <QWindow>

namespace tests {

namespace {

const std::array kKeys{Qt::Key_Tab, Qt::Key_Backtab, Qt::Key_Return, Qt::Key_Enter, Qt::Key_Escape,
    Qt::Key_Space, Qt::Key_Delete, Qt::Key_Backspace, Qt::Key_Left, Qt::Key_Right, Qt::Key_Up,
    Qt::Key_Down, Qt::Key_Home, Qt::Key_End, Qt::Key_PageUp, Qt::Key_PageDown, Qt::Key_G, Qt::Key_P,
    Qt::Key_U, Qt::Key_Plus, Qt::Key_Minus, Qt::Key_0, Qt::Key_F, Qt::Key_F2, Qt::Key_Menu,
    Qt::Key_Slash};
const std::array kControlKeys{Qt::Key_V, Qt::Key_C, Qt::Key_X, Qt::Key_A, Qt::Key_Z, Qt::Key_Y,
    Qt::Key_K, Qt::Key_F, Qt::Key_L, Qt::Key_B, Qt::Key_1, Qt::Key_2, Qt::Key_3, Qt::Key_4,
    Qt::Key_5, Qt::Key_6, Qt::Key_7, Qt::Key_Plus, Qt::Key_Minus, Qt::Key_0, Qt::Key_Comma,
    Qt::Key_Period, Qt::Key_Return, Qt::Key_D, Qt::Key_G, Qt::Key_Home, Qt::Key_End, Qt::Key_Space};
const std::array kModifiers{Qt::KeyboardModifiers(Qt::ControlModifier),
    Qt::KeyboardModifiers(Qt::ControlModifier), Qt::KeyboardModifiers(Qt::ControlModifier),
    Qt::ControlModifier | Qt::ShiftModifier, Qt::KeyboardModifiers(Qt::ShiftModifier),
    Qt::KeyboardModifiers(Qt::AltModifier)};

QStringList texts()
{
    return {QStringLiteral("golden gate"),
        QStringLiteral("The capital of the state containing "
                       "Dallas is"),
        QStringLiteral("Q: What can I do in Boston?\nA:"), QStringLiteral("Austin - Sacramento"),
        QStringLiteral("Austin@5"), QStringLiteral("\"unfinished AND ( NEAR* -"),
        QStringLiteral("%1 %n %"), QStringLiteral("-1"), QStringLiteral("1e400"),
        QStringLiteral("0.5"), QStringLiteral("999999999999"), QStringLiteral(" "),
        QStringLiteral("\t\n"), QString::fromUtf8("żółć Ünïcödé 東京 مرحبا"),
        QString::fromUtf8("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80 e\xCC\x81"),
        QString(QChar(0xD83D)) + QStringLiteral("x"), QString(QChar(u'\0')) + QStringLiteral("y"),
        QStringLiteral("word ").repeated(400), QStringLiteral("x").repeated(3000)};
}

/// What a person would aim at.
bool isControl(const QWidget* widget)
{
    return qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QLineEdit*>(widget)
        || qobject_cast<const QComboBox*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget)
        || qobject_cast<const QAbstractSlider*>(widget) || qobject_cast<const QTabBar*>(widget)
        || qobject_cast<const QPlainTextEdit*>(widget)
        || qobject_cast<const QAbstractItemView*>(widget) || widget->focusPolicy() != Qt::NoFocus;
}

// QTest's clicks go on with a window that the first half of them closed and deleted.

void pressKey(QWidget* top, Qt::Key key, Qt::KeyboardModifiers modifiers = {})
{
    // Of a widget, not of its window: that form stops when the widget is gone.
    const QPointer<QWidget> widget(top->focusWidget() ? top->focusWidget() : top);
    QTest::keyPress(widget.data(), key, modifiers);
    if (widget)
        QTest::keyRelease(widget.data(), key, modifiers);
}

void pressButton(
    QWindow* top, Qt::MouseButton button, Qt::KeyboardModifiers modifiers, QPoint place)
{
    const QPointer<QWindow> window(top);
    QTest::mousePress(window, button, modifiers, place);
    if (window)
        QTest::mouseRelease(window, button, modifiers, place);
}

/// The innermost widget that alone asks for that much.
QString whoWantsIt(QWidget* widget, int width)
{
    for (auto* child : widget->findChildren<QWidget*>(Qt::FindDirectChildrenOnly)) {
        if (child->isVisible()
            && std::max(child->minimumSizeHint().width(), child->minimumWidth()) > width)
            return whoWantsIt(child, width);
    }
    return QStringLiteral("%1 %2").arg(
        QLatin1String(widget->metaObject()->className()), widget->objectName());
}

QWidget* receiver(QWidget* widget)
{
    auto* area = qobject_cast<QAbstractScrollArea*>(widget);
    return area ? area->viewport() : widget;
}

} // namespace

Monkey::Monkey(World world, std::uint32_t seed, int actions, QObject* parent)
    : QObject(parent)
    , m_world(std::move(world))
    , m_random(seed)
    , m_actions(actions)
{
}

void Monkey::start()
{
    plan();
}

void Monkey::plan()
{
    // A timer of its own each time: one that waits in its own slot would not fire again there.
    QTimer::singleShot(0, this, &Monkey::step);
}

void Monkey::step()
{
    // QTest's clicks look after events themselves; the next action is not part of this one unless
    // a menu or a dialog has begun a loop.
    if (m_isActing && QThread::currentThread()->loopLevel() == m_level) {
        QTimer::singleShot(1, this, &Monkey::step);
        return;
    }
    if (m_done >= m_actions) {
        QCoreApplication::exit(0);
        // Out of every loop that a menu or a dialog still runs.
        if (QWidget* popup = QApplication::activePopupWidget())
            popup->close();
        if (auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget()))
            dialog->reject();
        plan();
        return;
    }
    ++m_done;
    plan();
    const bool wasActing = std::exchange(m_isActing, true);
    const int level = std::exchange(m_level, QThread::currentThread()->loopLevel());
    act();
    checkSizes();
    m_level = level;
    m_isActing = wasActing;
}

void Monkey::act()
{
    if (!m_world.window->isVisible()) {
        say(QStringLiteral("the window is shown again"));
        m_world.window->show();
        return;
    }
    if (auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget()))
        return answer(dialog);
    // Dialogs over dialogs, without end, are no way to meet the rest of the program.
    if (QThread::currentThread()->loopLevel() > 4) {
        say(QStringLiteral("Escape"));
        pressKey(topLevel(), Qt::Key_Escape);
        return;
    }
    static constexpr std::array<std::pair<Act, int>, 15> kActs{
        {{&Monkey::click, 30}, {&Monkey::clickAnywhere, 12}, {&Monkey::doubleClick, 3},
            {&Monkey::contextMenu, 3}, {&Monkey::drag, 5}, {&Monkey::wheel, 5}, {&Monkey::hover, 5},
            {&Monkey::key, 12}, {&Monkey::shortcut, 8}, {&Monkey::write, 10}, {&Monkey::paste, 5},
            {&Monkey::trigger, 4}, {&Monkey::drop, 1}, {&Monkey::resize, 1}, {&Monkey::change, 1}}};
    int sum = 0;
    for (const auto& [run, weight] : kActs)
        sum += weight;
    int chosen = below(sum);
    for (const auto& [run, weight] : kActs) {
        if (chosen < weight)
            return (this->*run)();
        chosen -= weight;
    }
}

void Monkey::checkSizes()
{
    constexpr int kWidest = 5000; // no screen is wider
    for (QWidget* top : QApplication::topLevelWidgets()) {
        if (top->isVisible()
            && std::max(top->minimumSizeHint().width(), top->minimumWidth()) > kWidest)
            qWarning("%s must be %d wide because of %s", top->metaObject()->className(),
                top->minimumSizeHint().width(), qPrintable(whoWantsIt(top, kWidest)));
    }
}

void Monkey::say(const QString& what)
{
    m_current = QStringLiteral("%1: %2").arg(m_done).arg(what);
    if (m_log)
        m_log(m_current);
}

int Monkey::below(int count)
{
    // Not a distribution of the standard library: those differ from one to the next.
    return count < 2 ? 0 : static_cast<int>(m_random() % static_cast<std::uint32_t>(count));
}

QWidget* Monkey::topLevel() const
{
    if (QWidget* popup = QApplication::activePopupWidget())
        return popup;
    if (QWidget* modal = QApplication::activeModalWidget())
        return modal;
    if (QWidget* active = QApplication::activeWindow())
        return active;
    return m_world.window;
}

QWidget* Monkey::target()
{
    QWidget* const top = topLevel();
    std::vector<QWidget*> found;
    for (QWidget* widget : top->findChildren<QWidget*>()) {
        if (widget->window() == top && widget->isVisible() && widget->isEnabled()
            && !widget->visibleRegion().isEmpty() && isControl(widget))
            found.push_back(widget);
    }
    return found.empty() ? top : found[static_cast<std::size_t>(below(int(found.size())))];
}

void Monkey::press(QWidget* widget, QPoint point, Qt::MouseButton button, bool isDouble)
{
    QWidget* const top = widget->window();
    QWindow* const window = top->windowHandle();
    say(QStringLiteral("%1 %2 of %3 %4 \"%5\" at %6, %7")
            .arg(isDouble ? QStringLiteral("double") : QStringLiteral("click"))
            .arg(button)
            .arg(QLatin1String(widget->metaObject()->className()), widget->objectName(),
                widget->accessibleName())
            .arg(point.x())
            .arg(point.y()));
    if (!window)
        return;
    const Qt::KeyboardModifiers modifiers = below(12) == 0 ? oneOf(kModifiers) : Qt::NoModifier;
    const QPoint place = widget->mapTo(top, point);
    const QPointer<QWindow> kept(window);
    pressButton(window, button, modifiers, place);
    if (isDouble && kept)
        pressButton(kept, button, modifiers, place); // soon enough to be a double click
}

void Monkey::click()
{
    QWidget* const widget = receiver(target());
    const QRect visible = widget->visibleRegion().boundingRect();
    press(widget, visible.topLeft() + QPoint(below(visible.width()), below(visible.height())),
        Qt::LeftButton);
}

void Monkey::clickAnywhere()
{
    QWidget* const top = topLevel();
    const QPoint point(below(top->width()), below(top->height()));
    QWidget* const child = top->childAt(point);
    press(child ? child : top, child ? child->mapFrom(top, point) : point, Qt::LeftButton);
}

void Monkey::doubleClick()
{
    QWidget* const widget = receiver(target());
    press(widget, QPoint(below(widget->width()), below(widget->height())), Qt::LeftButton, true);
}

void Monkey::contextMenu()
{
    QWidget* const widget = receiver(target());
    const QPoint point(below(widget->width()), below(widget->height()));
    say(QStringLiteral("context menu of %1 %2")
            .arg(QLatin1String(widget->metaObject()->className()), widget->objectName()));
    QContextMenuEvent event(QContextMenuEvent::Mouse, point, widget->mapToGlobal(point));
    QCoreApplication::sendEvent(widget, &event);
}

void Monkey::drag()
{
    QWidget* const widget = receiver(target());
    QWindow* const window = widget->window()->windowHandle();
    say(QStringLiteral("drag in %1 %2")
            .arg(QLatin1String(widget->metaObject()->className()), widget->objectName()));
    if (!window)
        return;
    const auto somewhere = [&] {
        return widget->mapTo(
            widget->window(), QPoint(below(widget->width()), below(widget->height())));
    };
    const QPointer<QWindow> kept(window);
    QTest::mousePress(window, Qt::LeftButton, {}, somewhere());
    for (int move = 0; move < 4 && kept; ++move)
        QTest::mouseMove(window, somewhere());
    if (kept)
        QTest::mouseRelease(window, Qt::LeftButton, {}, somewhere());
}

void Monkey::wheel()
{
    QWidget* const widget = receiver(target());
    const QPoint point(below(widget->width()), below(widget->height()));
    const int delta = (below(9) - 4) * 120;
    say(QStringLiteral("wheel by %1 over %2 %3")
            .arg(delta)
            .arg(QLatin1String(widget->metaObject()->className()), widget->objectName()));
    QWheelEvent event(point, widget->mapToGlobal(point), {}, QPoint(0, delta), Qt::NoButton,
        below(4) == 0 ? Qt::ControlModifier : Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(widget, &event);
}

void Monkey::hover()
{
    QWidget* const widget = receiver(target());
    say(QStringLiteral("hover over %1 %2")
            .arg(QLatin1String(widget->metaObject()->className()), widget->objectName()));
    if (QWindow* window = widget->window()->windowHandle())
        QTest::mouseMove(window,
            widget->mapTo(
                widget->window(), QPoint(below(widget->width()), below(widget->height()))));
}

void Monkey::key()
{
    const Qt::Key key = oneOf(kKeys);
    say(QStringLiteral("key %1").arg(QKeySequence(key).toString()));
    pressKey(topLevel(), key);
}

void Monkey::shortcut()
{
    const Qt::Key key = oneOf(kControlKeys);
    const Qt::KeyboardModifiers modifiers = oneOf(kModifiers);
    say(QStringLiteral("key %1").arg(QKeySequence(QKeyCombination(modifiers, key)).toString()));
    pressKey(topLevel(), key, modifiers);
}

void Monkey::write()
{
    QWidget* widget = QApplication::focusWidget();
    const QStringList all = texts();
    const QString text = oneOf(all);
    if (below(2) == 0) {
        QWidget* const chosen = target();
        if (qobject_cast<QLineEdit*>(chosen) || qobject_cast<QPlainTextEdit*>(chosen)
            || qobject_cast<QAbstractSpinBox*>(chosen)) {
            chosen->setFocus();
            widget = chosen;
        }
    }
    say(QStringLiteral("write \"%1\" into %2")
            .arg(text.left(30),
                widget ? QLatin1String(widget->metaObject()->className()) : QLatin1String("-")));
    if (!widget)
        return;
    QInputMethodEvent event;
    event.setCommitString(text);
    QCoreApplication::sendEvent(widget, &event);
}

void Monkey::paste()
{
    QClipboard* const clipboard = QApplication::clipboard();
    const int what = below(3);
    say(QStringLiteral("paste %1")
            .arg(what == 0      ? QStringLiteral("nothing")
                    : what == 1 ? QStringLiteral("a text")
                                : QStringLiteral("a picture")));
    if (what == 0)
        clipboard->clear();
    else if (what == 1)
        clipboard->setText(oneOf(texts()));
    else
        clipboard->setImage(QImage(3, 3, QImage::Format_RGB32));
    pressKey(topLevel(), Qt::Key_V, Qt::ControlModifier);
}

void Monkey::trigger()
{
    std::vector<QAction*> found;
    for (QAction* action : topLevel()->findChildren<QAction*>()) {
        if (action->isEnabled() && action->isVisible() && !action->menu())
            found.push_back(action);
    }
    if (found.empty())
        return say(QStringLiteral("no action"));
    QAction* const action = found[static_cast<std::size_t>(below(int(found.size())))];
    say(QStringLiteral("action %1").arg(action->text()));
    action->trigger();
}

void Monkey::drop()
{
    if (m_world.files.isEmpty())
        return;
    const QString path = oneOf(m_world.files);
    say(QStringLiteral("drop %1").arg(path));
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    const QPoint middle = m_world.window->rect().center();
    QDragEnterEvent enter(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_world.window, &enter);
    QDropEvent event(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_world.window, &event);
}

void Monkey::resize()
{
    const QSize size(400 + below(1600), 300 + below(900));
    say(QStringLiteral("resize to %1 x %2").arg(size.width()).arg(size.height()));
    m_world.window->resize(size);
}

void Monkey::change()
{
    if (m_world.changes.empty())
        return;
    say(QStringLiteral("another setting"));
    m_world.changes[static_cast<std::size_t>(below(int(m_world.changes.size())))](m_random);
}

void Monkey::answer(QFileDialog* dialog)
{
    if (below(2) == 0) {
        say(QStringLiteral("file dialog cancelled"));
        dialog->reject();
        return;
    }
    const bool isSaving = dialog->acceptMode() == QFileDialog::AcceptSave;
    const QString path = isSaving || m_world.files.isEmpty()
        ? QStringLiteral("%1/saved-%2").arg(m_world.folder).arg(below(5))
        : oneOf(m_world.files);
    say(QStringLiteral("file dialog answered with %1").arg(path));
    dialog->selectFile(path);
    QMetaObject::invokeMethod(dialog, "accept");
    if (dialog->isVisible())
        dialog->reject();
}

} // namespace tests
