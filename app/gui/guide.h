#pragma once

#include "main_window.h"
#include "ui/shared/guide_callout.h"
#include "ui/style/icons.h"

#include <functional>
#include <optional>
#include <vector>

#include <QObject>
#include <QPointer>
#include <QRect>
#include <QString>

namespace app {

/// One step of a walk: the next control, in one sentence, and how it is known to be done.
struct GuideStep {
    using Condition = std::function<bool()>;

    std::optional<MainWindow::Page> page; ///< Shown when the step begins; none in dialogs.
    QString control; ///< Object name of the widget; the visible one of that name.
    QString sentence;
    /// Called when the step begins; what it returns is asked often, so it must be cheap. Without
    /// one the person says when to go on.
    std::function<Condition()> watch = {};
    QString typed = {}; ///< What to write there.
    /// The part of the control that is meant, in its coordinates; all of it without.
    std::function<QRect(QWidget&)> part = {};
};

/// A way through the real pages.
struct Walk {
    QString name, title, sentence, button;
    ui::Icon icon;
    std::vector<GuideStep> steps;
};

/// Every walk there is; steps look at the pages of `window`.
std::vector<Walk> makeWalks(MainWindow& window);

/// Takes a person through a walk: shows a step's page, points at its control, and goes on by itself
/// once the step is done. Steps that are done already are passed over. A person may do anything
/// else meanwhile; on another page the rail's button of the right one is pointed at.
///
/// Looks when the event loop is about to rest, so it needs no timers, and no page knows of it.
class Guide : public QObject {
    Q_OBJECT
public:
    explicit Guide(MainWindow* window);

    const std::vector<Walk>& walks() const { return m_walks; }
    void start(const QString& walk);
    void stop();
    bool isRunning() const { return m_walk != nullptr; }
    int step() const { return m_step; }
    const GuideStep& current() const { return m_walk->steps[static_cast<std::size_t>(m_step)]; }
    QWidget* control() const; ///< Null while it is not to be seen.
    QRect part() const; ///< Of it, that is meant.
    ui::GuideCallout* callout() const { return m_callout; }

Q_SIGNALS:
    void stepBegan(int step);
    void finished(); ///< At its end, or ended before.

private:
    enum class Direction : std::uint8_t { Forward, Back };

    void begin(int step, Direction direction);
    void goBack();
    void goOn();
    void look();
    void point();
    void say();
    void type();
    void bringIntoView() const;
    void showDrawer() const; ///< Open where the control is in it, closed where it would cover it.
    QWidget* railButton() const; ///< Of the step's page, while another one is shown.

    MainWindow* m_window;
    std::vector<Walk> m_walks;
    const Walk* m_walk = nullptr;
    int m_step = 0;
    GuideStep::Condition m_isDone;
    bool m_wasDone = false; ///< Already when a person came back to it: waits for them to go on.
    bool m_isGoing = false; ///< Done, and the next step is on its way.
    QPointer<ui::GuideCallout> m_callout;
    mutable QPointer<QWidget> m_control;
    QPointer<QWidget> m_shown; ///< What was last brought into view.
};

} // namespace app
