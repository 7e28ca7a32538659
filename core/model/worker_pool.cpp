#include "core/model/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <omp.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace core {

namespace {

void relax()
{
#if defined(__x86_64__)
    _mm_pause();
#endif
}

/// Waits awake for so long before it sleeps: longer than what lies between two products of one
/// decoding step.
constexpr auto kAwake = std::chrono::microseconds(100);

thread_local bool t_isWorking = false;

template <typename Condition> bool spinUntil(Condition condition)
{
    const auto end = std::chrono::steady_clock::now() + kAwake;
    for (;;) {
        for (int i = 0; i < 64; ++i) {
            if (condition())
                return true;
            relax();
        }
        if (std::chrono::steady_clock::now() > end)
            return false;
    }
}

} // namespace

WorkerPool& WorkerPool::shared()
{
    static WorkerPool pool;
    return pool;
}

WorkerPool::~WorkerPool()
{
    for (std::jthread& thread : m_threads)
        thread.request_stop(); // Wakes the sleepers too.
}

void WorkerPool::takeChunks(Job& job)
{
    const bool before = std::exchange(t_isWorking, true);
    for (std::int64_t i = job.next.fetch_add(1); i < job.chunks; i = job.next.fetch_add(1))
        job.work(i);
    t_isWorking = before;
}

bool WorkerPool::isWorking()
{
    return t_isWorking;
}

bool WorkerPool::awaitJob(std::uint64_t& seen, const std::stop_token& stop)
{
    const auto isNew = [&] { return m_generation.load(std::memory_order_acquire) != seen; };
    if (!spinUntil([&] { return isNew() || stop.stop_requested(); })) {
        std::unique_lock lock(m_mutex);
        m_posted.wait(lock, stop, isNew);
    }
    seen = m_generation.load(std::memory_order_acquire);
    return !stop.stop_requested();
}

void WorkerPool::help(const std::stop_token& stop)
{
    omp_set_num_threads(1); // What a chunk asks of torch stays on this thread.
    std::uint64_t seen = 0;
    while (awaitJob(seen, stop)) {
        Job* job = nullptr;
        {
            const std::lock_guard lock(m_mutex);
            job = m_job;
            if (job)
                job->helpers.fetch_add(1);
        }
        if (!job)
            continue; // It came too late: all was done.
        takeChunks(*job);
        const std::lock_guard lock(m_mutex);
        if (job->helpers.fetch_sub(1) == 1)
            m_left.notify_all();
    }
}

void WorkerPool::run(
    std::int64_t chunks, int threads, const std::function<void(std::int64_t)>& work)
{
    Job job{work, chunks};
    if (threads < 2 || chunks < 2 || t_isWorking)
        return takeChunks(job);
    const std::unique_lock caller(m_caller, std::try_to_lock);
    if (!caller.owns_lock())
        return takeChunks(job);
    const auto wanted = static_cast<std::size_t>(threads - 1);
    if (m_threads.size() > wanted)
        m_threads.resize(wanted);
    while (m_threads.size() < wanted)
        m_threads.emplace_back([this](const std::stop_token& stop) { help(stop); });
    {
        const std::lock_guard lock(m_mutex);
        m_job = &job;
        m_generation.fetch_add(1, std::memory_order_release);
    }
    m_posted.notify_all();
    takeChunks(job);
    {
        const std::lock_guard lock(m_mutex);
        m_job = nullptr; // Nobody joins from here on.
    }
    const auto isLeft = [&] { return job.helpers.load() == 0; };
    spinUntil(isLeft);
    // Under the lock also where nobody is left: the last helper gives it back behind its count.
    std::unique_lock lock(m_mutex);
    m_left.wait(lock, isLeft);
}

} // namespace core
