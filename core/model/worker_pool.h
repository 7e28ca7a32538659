#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace core {

/// Threads for jobs of a tenth of a millisecond, many in a row: the weights of one decoding step.
///
/// OpenMP gives each thread a fixed share and waits for all of them, spinning: with one other busy
/// program on the machine a step took seven times as long. Here threads take small chunks as they
/// come, the caller waits for none that has not started, and whoever waits sleeps after a moment,
/// so that a thread in the middle of a chunk gets the core.
class WorkerPool {
public:
    static WorkerPool& shared();
    ~WorkerPool();

    /// Calls work(0) ... work(chunks - 1), each once, on the caller's and up to `threads - 1` other
    /// threads; returns when all are done. A second caller at the same time, or one from inside a
    /// job, does its work alone.
    void run(std::int64_t chunks, int threads, const std::function<void(std::int64_t)>& work);

    /// Whether this thread is inside a job.
    static bool isWorking();

private:
    struct Job {
        const std::function<void(std::int64_t)>& work;
        std::int64_t chunks = 0;
        std::atomic<std::int64_t> next = 0;
        std::atomic<int> helpers
            = 0; // Threads that may still touch this job. Changed under m_mutex.
    };

    static void takeChunks(Job& job);
    void help(const std::stop_token& stop);
    bool awaitJob(std::uint64_t& seen, const std::stop_token& stop);

    std::mutex m_caller; // Held by the one that runs a job.
    std::mutex m_mutex; // Guards m_job and its joining.
    std::condition_variable_any m_posted;
    std::condition_variable m_left; // The last helper of a job is gone.
    Job* m_job = nullptr;
    std::atomic<std::uint64_t> m_generation = 0;
    std::vector<std::jthread> m_threads;
};

} // namespace core
