#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include <QObject>
#include <QPoint>
#include <QString>
#include <QStringList>

class QAction;
class QFileDialog;
class QWidget;
class QWindow;

namespace tests {

/// Presses, types, drags, drops and pastes at random on every window of the program that stands
/// open, menus and dialogs included. The same seed takes the same decisions; what they meet also
/// depends on how fast the engine answers.
///
/// Each action is an event of its own and is planned before the one before it runs, so that those
/// go on inside the loops that menus and modal dialogs run. File dialogs are answered, never
/// wandered about in: their menus delete.
class Monkey : public QObject {
public:
    struct World {
        QWidget* window = nullptr; ///< Shown again when it is closed.
        QStringList files; ///< What is dropped and chosen.
        QString folder; ///< Where something may be saved.
        std::vector<std::function<void(std::mt19937&)>> changes; ///< Text size, theme.
    };

    Monkey(World world, std::uint32_t seed, int actions, QObject* parent = nullptr);

    void start(); ///< Ends the event loop after the last action.
    int done() const { return m_done; }
    const QString& current() const { return m_current; } ///< The action that runs.
    /// Told before each action what it will be.
    void setLog(std::function<void(const QString&)> log) { m_log = std::move(log); }

private:
    using Act = void (Monkey::*)();

    void plan();
    void step();
    void act();
    void checkSizes(); ///< Warns of windows that no screen could show.
    void say(const QString& what);

    void click();
    void clickAnywhere();
    void doubleClick();
    void contextMenu();
    void drag();
    void wheel();
    void hover();
    void key();
    void shortcut();
    void write();
    void paste();
    void trigger();
    void drop();
    void resize();
    void change();
    void answer(QFileDialog* dialog);

    int below(int count); ///< From 0, smaller than `count`.
    template <typename List> auto oneOf(const List& list) { return list[below(int(list.size()))]; }
    QWidget* target(); ///< Where a person would press; null when nothing is there.
    QWidget* topLevel() const; ///< The window that takes input now.
    void press(QWidget* widget, QPoint point, Qt::MouseButton button, bool isDouble = false);

    World m_world;
    std::mt19937 m_random;
    int m_actions;
    int m_done = 0;
    bool m_isActing = false;
    int m_level = 0; ///< Of event loops, when the action that runs began.
    QString m_current;
    std::function<void(const QString&)> m_log;
};

} // namespace tests
