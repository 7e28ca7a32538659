#include "card_dock.h"

#include "ui/style/metrics.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMainWindow>
#include <QMenuBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QStyle>
#include <QToolButton>

namespace app {

namespace {

// In average characters of the text.
constexpr int kLeast = 44; // of the card: two columns of tokens with their values
constexpr int kUsual = 60;
constexpr int kBeside = 170; // of the window: below, pages beside the card scroll sideways

} // namespace

CardDock::CardDock(QWidget* card, QMainWindow* window)
    : QDockWidget(tr("Feature"), window)
    , m_window(window)
    , m_button(new QToolButton(window->menuBar()))
    , m_edge(new QFrame(this))
    , m_drawerTitle(makeDrawerTitle())
{
    setObjectName(QStringLiteral("featureDock"));
    setAllowedAreas(Qt::LeftDockWidgetArea | Qt::RightDockWidgetArea);
    setWidget(card);
    m_edge->setFrameStyle(QFrame::VLine | QFrame::Plain);
    m_edge->hide();
    QAction* toggle = toggleViewAction();
    toggle->setText(tr("Feature &card"));
    toggle->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_B));
    m_button->setObjectName(QStringLiteral("cardButton"));
    m_button->setDefaultAction(toggle);
    m_button->setAutoRaise(true);
    m_button->hide();
    window->menuBar()->setCornerWidget(m_button);
    window->addDockWidget(Qt::RightDockWidgetArea, this);
    window->installEventFilter(this);
    window->centralWidget()->installEventFilter(this);
    setLeastWidths();
    // Queued: it is told in the midst of being docked.
    connect(this, &QDockWidget::topLevelChanged, this, &CardDock::follow, Qt::QueuedConnection);
}

QWidget* CardDock::makeDrawerTitle()
{
    auto* title = new QWidget(this);
    auto* name = new QLabel(tr("Feature card"), title);
    auto* close = new QToolButton(title);
    close->setObjectName(QStringLiteral("closeDrawer"));
    close->setText(tr("Close (Esc)"));
    close->setToolTip(tr("Back to the page below. The button at the end of the menu bar, or "
                         "Ctrl+B, opens the card again."));
    connect(close, &QToolButton::clicked, this, &CardDock::hide);
    auto* layout = new QHBoxLayout(title);
    layout->setContentsMargins(ui::pad(this), ui::gap(this), ui::gap(this), ui::gap(this));
    layout->addWidget(name, 1);
    layout->addWidget(close);
    title->hide();
    return title;
}

void CardDock::setVisible(bool isVisible)
{
    QWidget* const focus = m_window->focusWidget();
    const bool isInside = focus && (focus == this || isAncestorOf(focus));
    if (m_isDrawer && isVisible && !isInside)
        m_focusBefore = focus;
    // Before it is hidden: else the focus would go to whatever comes next.
    if (m_isDrawer && !isVisible && isInside && m_focusBefore)
        m_focusBefore->setFocus(Qt::OtherFocusReason);
    QDockWidget::setVisible(isVisible);
}

void CardDock::open()
{
    show();
    raise();
}

QByteArray CardDock::state(int version) const
{
    return m_isDrawer ? m_beside : m_window->saveState(version);
}

void CardDock::restore(const QByteArray& state, int version)
{
    m_version = version;
    m_isFresh = state.isEmpty() || !m_window->restoreState(state, version);
}

void CardDock::setLeastWidths()
{
    widget()->setMinimumWidth(ui::ex(m_window) * kLeast);
    // Else the window could not become narrow enough for the drawer while the card is beside.
    m_window->setMinimumWidth(ui::ex(m_window) * (kLeast + 4));
}

void CardDock::follow()
{
    if (m_isFollowing)
        return;
    m_isFollowing = true; // what follows changes the window's layout
    setLeastWidths();
    const bool isNarrow = m_window->width() < ui::ex(m_window) * kBeside;
    if (isNarrow && !m_isDrawer && !isFloating())
        becomeDrawer();
    else if (!isNarrow && m_isDrawer)
        becomeDock();
    if (!m_isDrawer && !isFloating() && !isHidden())
        giveWay();
    layOut();
    m_isFollowing = false;
}

void CardDock::giveWay()
{
    int need = 0;
    const auto pages = m_window->centralWidget()->findChildren<QScrollArea*>(
        QString(), Qt::FindDirectChildrenOnly);
    for (const QScrollArea* page : pages)
        need = std::max(need, page->widget()->minimumSizeHint().width());
    const int others = m_window->centralWidget()->x() // the rail
        + style()->pixelMetric(QStyle::PM_DockWidgetSeparatorExtent, nullptr, m_window);
    const int most = std::max(ui::ex(m_window) * kLeast, m_window->width() - others - need);
    // Only when the window changes: a person may pull the card over the page's room.
    if (m_window->dockWidgetArea(this) == Qt::RightDockWidgetArea && width() > most)
        m_window->resizeDocks({this}, {most}, Qt::Horizontal);
}

void CardDock::becomeDrawer()
{
    m_beside = m_window->saveState(m_version);
    m_window->removeDockWidget(this); // and hides it
    m_isDrawer = true;
    setFeatures(QDockWidget::DockWidgetClosable);
    setTitleBarWidget(m_drawerTitle);
    m_drawerTitle->show();
    setAutoFillBackground(true);
    m_edge->show();
    m_button->show();
}

void CardDock::becomeDock()
{
    m_isDrawer = false;
    setAutoFillBackground(false);
    m_edge->hide();
    m_button->hide();
    setTitleBarWidget(nullptr);
    m_drawerTitle->hide();
    setFeatures(QDockWidget::DockWidgetClosable | QDockWidget::DockWidgetMovable
        | QDockWidget::DockWidgetFloatable);
    m_window->addDockWidget(Qt::RightDockWidgetArea, this);
    show();
    m_window->restoreState(m_beside, m_version); // where it was, or that it was closed
    widenOnce();
}

void CardDock::widenOnce()
{
    if (!m_isDrawer && std::exchange(m_isFresh, false))
        m_window->resizeDocks({this}, {ui::ex(m_window) * kUsual}, Qt::Horizontal);
}

void CardDock::layOut()
{
    if (!m_isDrawer)
        return;
    const QRect page = m_window->centralWidget()->geometry();
    int need = std::max(ui::ex(m_window) * kLeast, minimumSizeHint().width());
    // The card scrolls up and down only, so a drawer must be as wide as what it holds.
    for (const QScrollArea* area : widget()->findChildren<QScrollArea*>())
        if (area->widget() && area->horizontalScrollBarPolicy() == Qt::ScrollBarAlwaysOff)
            need = std::max(need,
                area->widget()->minimumSizeHint().width()
                    + area->verticalScrollBar()->sizeHint().width());
    const int width = std::min(page.width(), need);
    setGeometry(page.right() + 1 - width, page.top(), width, page.height());
    m_edge->setGeometry(0, 0, 1, page.height());
    m_edge->raise();
    raise();
}

bool CardDock::eventFilter(QObject* object, QEvent* event)
{
    // Only of these is the window asked: a dying one still tells that its children are hidden.
    const bool isPlace = event->type() == QEvent::Resize || event->type() == QEvent::Move;
    const bool isPage = isPlace && object == m_window->centralWidget();
    if ((object == m_window || isPage) && event->type() == QEvent::Resize)
        isPage ? layOut() : follow();
    if (object == m_window && event->type() == QEvent::Paint)
        widenOnce(); // only a laid out window keeps it
    if (isPage && event->type() == QEvent::Move)
        layOut();
    // Also from the list below, where nothing there has a use for the key.
    if (object == m_window && event->type() == QEvent::KeyPress && m_isDrawer && isVisible()
        && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        hide();
        return true;
    }
    if (object == m_window && event->type() == QEvent::FontChange) {
        follow();
        // Again when the pages know how large they are now.
        QMetaObject::invokeMethod(this, &CardDock::follow, Qt::QueuedConnection);
    }
    return QDockWidget::eventFilter(object, event);
}

void CardDock::showEvent(QShowEvent* event)
{
    QDockWidget::showEvent(event);
    layOut();
}

} // namespace app
