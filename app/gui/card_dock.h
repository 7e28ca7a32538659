#pragma once

#include <QByteArray>
#include <QDockWidget>
#include <QPointer>

class QFrame;
class QMainWindow;
class QToolButton;

namespace app {

/// The feature card: docked beside the pages; where the window is too narrow for both, a drawer
/// over the right side of the page, closed until somebody opens it with the button at the end of
/// the menu bar. A strip on its top and the Escape key, wherever one is in the window, close it
/// again, and whoever was in it is back where they were. How wide a window must be follows the
/// text. A card that a person made float stays a window of its own.
class CardDock : public QDockWidget {
    Q_OBJECT
public:
    CardDock(QWidget* card, QMainWindow* window);

    void open(); ///< And on top.
    void setVisible(bool isVisible) override;
    bool isDrawer() const { return m_isDrawer; }
    /// Of the window's docks, as they are beside the pages.
    QByteArray state(int version) const;
    /// Without one the card begins as wide as it is best read.
    void restore(const QByteArray& state, int version);

protected:
    bool eventFilter(QObject* object, QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void follow(); ///< The window's width and text.
    void becomeDrawer();
    void becomeDock();
    void layOut(); ///< The drawer.
    QWidget* makeDrawerTitle();
    void setLeastWidths();
    void widenOnce();
    void giveWay(); ///< To the page that needs the most, as far as the card can.

    QMainWindow* m_window;
    QToolButton* m_button; ///< Opens and closes the drawer.
    QFrame* m_edge; ///< Parts the drawer from the page.
    QWidget* m_drawerTitle; ///< In place of the dock's own.
    QPointer<QWidget> m_focusBefore; ///< Where one was when the drawer opened.
    bool m_isDrawer = false;
    bool m_isFollowing = false;
    bool m_isFresh = true; ///< Its width was never chosen, nor has it been shown beside a page.
    QByteArray m_beside; ///< The state before it became a drawer.
    int m_version = 0;
};

} // namespace app
