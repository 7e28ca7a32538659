#include "ui/session/coalescer.h"

#include <algorithm>

namespace ui {

namespace {
constexpr qint64 kIntervalMs = 33;
}

Coalescer::Coalescer(QObject* parent)
    : QObject(parent)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Coalescer::fire);
}

void Coalescer::poke()
{
    if (!m_isPending.exchange(true))
        QMetaObject::invokeMethod(this, &Coalescer::arrived, Qt::QueuedConnection);
}

void Coalescer::flush()
{
    if (m_isPending)
        fire();
}

void Coalescer::arrived()
{
    if (!m_isPending || m_timer.isActive())
        return;
    const qint64 rest = m_sinceLast.isValid() ? kIntervalMs - m_sinceLast.elapsed() : 0;
    if (rest <= 0)
        fire();
    else
        m_timer.start(static_cast<int>(std::min(rest, kIntervalMs)));
}

void Coalescer::fire()
{
    m_timer.stop();
    m_isPending = false; // before the signal: a poke during it must not be lost
    m_sinceLast.restart();
    Q_EMIT due();
}

} // namespace ui
