#include "guide.h"

#include "card_dock.h"

#include <algorithm>

#include <QAbstractEventDispatcher>
#include <QAction>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QToolBar>

namespace app {

Guide::Guide(MainWindow* window)
    : QObject(window)
    , m_window(window)
    , m_walks(makeWalks(*window))
{
    // The first where the loop waits, the second where somebody turns it by hand.
    auto* loop = QAbstractEventDispatcher::instance();
    connect(loop, &QAbstractEventDispatcher::aboutToBlock, this, &Guide::look);
    connect(loop, &QAbstractEventDispatcher::awake, this, &Guide::look);
}

void Guide::start(const QString& walk)
{
    stop();
    const auto found = std::find_if(
        m_walks.begin(), m_walks.end(), [&](const Walk& one) { return one.name == walk; });
    if (found == m_walks.end())
        return;
    m_walk = &*found;
    begin(0, Direction::Forward);
}

void Guide::stop()
{
    if (!m_walk)
        return;
    m_walk = nullptr;
    m_isDone = {};
    if (m_callout) {
        m_callout->hide();
        m_callout->deleteLater(); // it may be what said so
    }
    m_callout = nullptr;
    Q_EMIT finished();
}

void Guide::begin(int step, Direction direction)
{
    m_isGoing = false;
    for (m_step = step;; ++m_step) {
        if (m_step >= static_cast<int>(m_walk->steps.size()))
            return stop();
        m_isDone = current().watch ? current().watch() : GuideStep::Condition();
        m_wasDone = m_isDone && m_isDone();
        if (!m_wasDone || direction == Direction::Back)
            break;
    }
    if (current().page)
        m_window->showPage(*current().page);
    showDrawer();
    m_control = nullptr;
    m_shown = nullptr;
    say();
    point(); // at once; again as soon as the page is laid out
    Q_EMIT stepBegan(m_step);
}

void Guide::showDrawer() const
{
    CardDock* dock = m_window->cardDock();
    if (!dock->isDrawer())
        return;
    const QList<QWidget*> named = m_window->findChildren<QWidget*>(current().control);
    const bool isInCard = std::any_of(
        named.begin(), named.end(), [dock](const QWidget* one) { return dock->isAncestorOf(one); });
    if (isInCard)
        dock->open();
    else
        dock->hide();
}

void Guide::goOn()
{
    if (m_walk)
        begin(m_step + 1, Direction::Forward);
}

void Guide::goBack()
{
    if (m_walk && m_step > 0)
        begin(m_step - 1, Direction::Back);
}

QWidget* Guide::control() const
{
    if (!m_walk)
        return nullptr;
    if (!m_control || !m_control->isVisible()) {
        const QList<QWidget*> named = m_window->findChildren<QWidget*>(current().control);
        const auto seen = std::find_if(
            named.begin(), named.end(), [](const QWidget* one) { return one->isVisible(); });
        m_control = seen == named.end() ? nullptr : *seen;
    }
    return m_control;
}

QRect Guide::part() const
{
    QWidget* widget = control();
    if (!widget)
        return {};
    return current().part ? current().part(*widget) : widget->rect();
}

QWidget* Guide::railButton() const
{
    if (!current().page || *current().page == m_window->currentPage())
        return nullptr;
    auto* rail = m_window->findChild<QToolBar*>(QStringLiteral("rail"));
    return rail->widgetForAction(rail->actions().at(static_cast<int>(*current().page)));
}

void Guide::bringIntoView() const
{
    for (QWidget* above = control(); above; above = above->parentWidget()) {
        if (auto* area = qobject_cast<QScrollArea*>(above))
            area->ensureWidgetVisible(control());
    }
}

void Guide::look()
{
    if (!m_walk || m_isGoing)
        return;
    if (m_isDone && !m_wasDone && m_isDone()) {
        m_isGoing = true;
        QMetaObject::invokeMethod(this, &Guide::goOn, Qt::QueuedConnection);
        return;
    }
    point();
}

void Guide::point()
{
    QWidget* meant = control();
    QRect where = part();
    if (!meant) {
        meant = railButton();
        where = meant ? meant->rect() : QRect();
    } else if (m_shown != meant) {
        m_shown = meant;
        bringIntoView();
    }
    // In a dialog where the control is in one; back in the window once that is gone.
    QWidget* host = meant ? meant->window() : m_window;
    if (!m_callout || m_callout->parentWidget() != host) {
        delete m_callout;
        m_callout = new ui::GuideCallout(host);
        connect(
            m_callout, &ui::GuideCallout::nextRequested, this, &Guide::goOn, Qt::QueuedConnection);
        connect(m_callout, &ui::GuideCallout::backRequested, this, &Guide::goBack,
            Qt::QueuedConnection);
        connect(
            m_callout, &ui::GuideCallout::endRequested, this, &Guide::stop, Qt::QueuedConnection);
        connect(
            m_callout, &ui::GuideCallout::typeRequested, this, &Guide::type, Qt::QueuedConnection);
        say();
    }
    m_callout->pointAt(meant, where);
}

void Guide::say()
{
    if (!m_callout)
        return;
    const int steps = static_cast<int>(m_walk->steps.size());
    ui::GuideWords words;
    words.progress = tr("Step %1 of %2").arg(m_step + 1).arg(steps);
    words.sentence = current().sentence;
    words.typed = current().typed;
    words.next = m_step + 1 == steps    ? tr("Finish")
        : current().watch && !m_wasDone ? tr("Skip")
                                        : tr("Next");
    words.canGoBack = m_step > 0;
    m_callout->say(words);
}

void Guide::type()
{
    QWidget* field = control();
    if (auto* line = qobject_cast<QLineEdit*>(field)) {
        line->selectAll();
        line->insert(current().typed); // can be undone
    } else if (auto* text = qobject_cast<QPlainTextEdit*>(field)) {
        text->selectAll();
        text->insertPlainText(current().typed);
    } else if (auto* number = qobject_cast<QDoubleSpinBox*>(field)) {
        number->setValue(current().typed.toDouble());
    }
}

} // namespace app
