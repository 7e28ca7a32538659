#include "core/engine/engine_thread.h"

#include <algorithm>
#include <utility>

namespace core {

EngineThread::EngineThread()
    : m_thread([this] { run(); })
{
}

EngineThread::~EngineThread()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isQuitting = true; // from here on post() drops, so work that posts itself again ends
    }
    cancelAll();
    m_wake.notify_all();
    m_thread.join();
}

void EngineThread::post(Lane lane, std::string tag, Request request)
{
    Queue dropped;
    {
        const std::lock_guard lock(m_mutex);
        if (!tag.empty()) {
            takeTagged(m_interactive, tag, dropped);
            takeTagged(m_background, tag, dropped);
            if (m_runningTag == tag)
                m_running.request_stop();
        }
        Queue& queue = m_isQuitting     ? dropped
            : lane == Lane::Interactive ? m_interactive
                                        : m_background;
        queue.push_back({std::move(tag), std::move(request)});
    }
    m_wake.notify_one();
    tellDropped(dropped);
}

void EngineThread::cancel(const std::string& tag)
{
    Queue dropped;
    {
        const std::lock_guard lock(m_mutex);
        takeTagged(m_interactive, tag, dropped);
        takeTagged(m_background, tag, dropped);
        if (m_runningTag == tag)
            m_running.request_stop();
    }
    tellDropped(dropped);
}

void EngineThread::cancelAll()
{
    Queue dropped;
    {
        const std::lock_guard lock(m_mutex);
        std::move(m_interactive.begin(), m_interactive.end(), std::back_inserter(dropped));
        std::move(m_background.begin(), m_background.end(), std::back_inserter(dropped));
        m_interactive.clear();
        m_background.clear();
        m_running.request_stop();
    }
    tellDropped(dropped);
}

void EngineThread::takeTagged(Queue& queue, const std::string& tag, Queue& taken)
{
    const auto kept = std::stable_partition(
        queue.begin(), queue.end(), [&](const Pending& p) { return p.tag != tag; });
    std::move(kept, queue.end(), std::back_inserter(taken));
    queue.erase(kept, queue.end());
}

void EngineThread::tellDropped(Queue& dropped)
{
    for (Pending& pending : dropped)
        if (pending.request.dropped)
            pending.request.dropped();
}

void EngineThread::run()
{
    std::unique_lock lock(m_mutex);
    while (true) {
        m_wake.wait(lock,
            [this] { return m_isQuitting || !m_interactive.empty() || !m_background.empty(); });
        if (m_isQuitting)
            return;
        Queue& queue = m_interactive.empty() ? m_background : m_interactive;
        Pending next = std::move(queue.front());
        queue.pop_front();
        m_runningTag = next.tag;
        m_running = std::stop_source();
        const std::stop_token stop = m_running.get_token();
        lock.unlock();
        next.request.run(stop);
        next.request = {}; // destroys what the functions captured outside the lock
        lock.lock();
        m_runningTag.clear();
    }
}

} // namespace core
