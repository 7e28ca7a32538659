#include "core/engine/engine_thread.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace core {

namespace {

/// The one that runs on this thread; null on all other threads.
thread_local const EngineThread* t_current = nullptr;

} // namespace

EngineThread::EngineThread(Told told)
    : m_told(std::move(told))
    , m_thread([this] { run(); })
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
    // Told before it can start, so that "it has started" is always heard last.
    const Progress ahead = waitsFor(tag);
    const bool isToldToWait = !ahead.what.empty();
    if (isToldToWait)
        m_told(tag, ahead);
    Queue dropped;
    {
        const std::lock_guard lock(m_mutex);
        if (!tag.empty())
            stopTagged(tag, dropped);
        Queue& queue = m_isQuitting ? dropped : m_waiting[static_cast<std::size_t>(lane)];
        queue.push_back({std::move(tag), std::move(request), isToldToWait});
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
    m_running.push_back(
        {next.tag, static_cast<Lane>(&queue - m_waiting.data()), {next.request.name}, {}});
    const std::stop_token stop = m_running.back().stop.get_token();
    lock.unlock();
    if (next.isToldToWait)
        m_told(next.tag, {});
    next.request.run(stop);
    next.request = {}; // destroys what the functions captured outside the lock
    lock.lock();
    m_running.pop_back();
}

Progress EngineThread::waitsFor(const std::string& tag)
{
    const std::lock_guard lock(m_mutex);
    if (!m_told || tag.empty() || m_running.empty() || m_running.back().tag == tag)
        return {};
    Progress said = m_running.back().said;
    said.isWaiting = true;
    return said;
}

void EngineThread::tellThoseThatWait(std::unique_lock<std::mutex>& lock)
{
    const Running& works = m_running.back();
    if (!m_told || works.said.what.empty())
        return;
    Progress said = works.said;
    said.isWaiting = true;
    std::vector<std::string> tags;
    const auto isTold = [&](const std::string& tag) { return !tag.empty() && tag != works.tag; };
    // Nobody needs to hear of the moment that a click takes.
    for (std::size_t below = 0; below + 1 < m_running.size() && works.lane != Lane::Click; ++below)
        if (isTold(m_running[below].tag))
            tags.push_back(m_running[below].tag);
    // What waits in earlier lanes has come since, and runs at the next slice.
    for (auto lane = static_cast<std::size_t>(works.lane); lane < m_waiting.size(); ++lane)
        for (Pending& pending : m_waiting[lane])
            if (isTold(pending.tag)) {
                pending.isToldToWait = true;
                tags.push_back(pending.tag);
            }
    lock.unlock();
    for (const std::string& tag : tags)
        m_told(tag, said);
    lock.lock();
}

void EngineThread::giveWay(const Progress& said)
{
    if (t_current != this)
        return;
    std::unique_lock lock(m_mutex);
    if (m_running.empty())
        return;
    if (!said.what.empty())
        m_running.back().said = said;
    bool hasGivenWay = false;
    while (!m_isQuitting) {
        Queue* const queue = firstWaiting(static_cast<std::size_t>(m_running.back().lane));
        if (!queue)
            break;
        runFirst(*queue, lock);
        hasGivenWay = true;
    }
    const std::string tag = m_running.back().tag;
    tellThoseThatWait(lock);
    lock.unlock();
    if (hasGivenWay && m_told && !tag.empty() && !said.what.empty())
        m_told(tag, said); // instead of what it waited for
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
