#include "core/engine/engine_thread.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace core {

namespace {

/// The one that runs on this thread; null on all other threads.
thread_local const EngineThread* t_current = nullptr;

} // namespace

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
        if (!tag.empty())
            stopTagged(tag, dropped);
        Queue& queue = m_isQuitting ? dropped : m_waiting[static_cast<std::size_t>(lane)];
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
        stopTagged(tag, dropped);
    }
    tellDropped(dropped);
}

void EngineThread::cancelAll()
{
    Queue dropped;
    {
        const std::lock_guard lock(m_mutex);
        for (Queue& queue : m_waiting) {
            std::move(queue.begin(), queue.end(), std::back_inserter(dropped));
            queue.clear();
        }
        for (Running& running : m_running)
            running.stop.request_stop();
    }
    tellDropped(dropped);
}

void EngineThread::stopTagged(const std::string& tag, Queue& taken)
{
    for (Queue& queue : m_waiting) {
        const auto kept = std::stable_partition(
            queue.begin(), queue.end(), [&](const Pending& p) { return p.tag != tag; });
        std::move(kept, queue.end(), std::back_inserter(taken));
        queue.erase(kept, queue.end());
    }
    for (Running& running : m_running)
        if (running.tag == tag)
            running.stop.request_stop();
}

void EngineThread::tellDropped(Queue& dropped)
{
    for (Pending& pending : dropped)
        if (pending.request.dropped)
            pending.request.dropped();
}

EngineThread::Queue* EngineThread::firstWaiting(std::size_t end)
{
    for (std::size_t lane = 0; lane < end; ++lane)
        if (!m_waiting[lane].empty())
            return &m_waiting[lane];
    return nullptr;
}

void EngineThread::runFirst(Queue& queue, std::unique_lock<std::mutex>& lock)
{
    Pending next = std::move(queue.front());
    queue.pop_front();
    m_running.push_back({next.tag, static_cast<Lane>(&queue - m_waiting.data()), {}});
    const std::stop_token stop = m_running.back().stop.get_token();
    lock.unlock();
    next.request.run(stop);
    next.request = {}; // destroys what the functions captured outside the lock
    lock.lock();
    m_running.pop_back();
}

void EngineThread::giveWay()
{
    if (t_current != this)
        return;
    std::unique_lock lock(m_mutex);
    while (!m_isQuitting && !m_running.empty()) {
        Queue* const queue = firstWaiting(static_cast<std::size_t>(m_running.back().lane));
        if (!queue)
            return;
        runFirst(*queue, lock);
    }
}

void EngineThread::run()
{
    t_current = this;
    std::unique_lock lock(m_mutex);
    while (true) {
        m_wake.wait(lock, [this] { return m_isQuitting || firstWaiting(m_waiting.size()); });
        if (m_isQuitting)
            return;
        runFirst(*firstWaiting(m_waiting.size()), lock);
    }
}

} // namespace core
