#pragma once

#include <atomic>

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace ui {

/// Turns any number of pokes from any thread into at most 30 `due` signals a second on its own
/// thread. The first poke after a rest is passed on at once.
class Coalescer : public QObject {
    Q_OBJECT
public:
    explicit Coalescer(QObject* parent = nullptr);

    void poke(); ///< Any thread.
    void flush(); ///< Own thread: emits now what is still waiting.

Q_SIGNALS:
    void due();

private:
    void arrived();
    void fire();

    std::atomic<bool> m_isPending = false;
    QTimer m_timer;
    QElapsedTimer m_sinceLast;
};

} // namespace ui
