#include "core/model/thread_choice.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <thread>

#include <omp.h>
#include <unistd.h>

#include <ATen/Parallel.h>

namespace core {

namespace {

/// Rows of fewer numbers are done before a sleeping thread is awake, also when a pass has hundreds
/// of them (docs/performance.md section 1).
constexpr std::int64_t kWideRow = 1024;

constexpr auto kLookEvery = std::chrono::milliseconds(100);

thread_local int t_limit = 0;
thread_local std::int64_t t_widest = kWideRow;

} // namespace

int threadsForProduct(double operations, int threads)
{
    const double worth = std::floor(operations / kProductWorthThreads);
    return static_cast<int>(std::clamp(worth, 1.0, static_cast<double>(std::max(threads, 1))));
}

int threadsForOperations(std::int64_t widest, int threads, double freeCores)
{
    if (widest < kWideRow)
        return 1;
    // Half a core that is missing on average is a thread that waits half of the time.
    const double cores = std::floor(freeCores + 0.25);
    return static_cast<int>(std::clamp(cores, 1.0, static_cast<double>(std::max(threads, 1))));
}

double CoreWatch::freeCores(const Counted& before, const Counted& now, int cores)
{
    const double elapsed = now.elapsed - before.elapsed;
    if (elapsed <= 0.0)
        return cores;
    const double others = (now.allBusy - before.allBusy) - (now.ownBusy - before.ownBusy);
    return std::clamp(cores - others / elapsed, 0.0, static_cast<double>(cores));
}

CoreWatch::CoreWatch()
    : m_cores(std::max(1, static_cast<int>(std::thread::hardware_concurrency())))
    , m_before(look())
    , m_looked(std::chrono::steady_clock::now())
    , m_free(m_cores)
{
}

std::optional<CoreWatch::Counted> CoreWatch::look()
{
    std::FILE* const file = std::fopen("/proc/stat", "re");
    if (!file)
        return std::nullopt;
    // user, nice, system, idle, iowait, irq, softirq, steal: what a host takes is not ours either.
    unsigned long long t[8] = {};
    const int read = std::fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1],
        &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]);
    std::fclose(file);
    std::timespec own{};
    if (read != 8 || clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) != 0)
        return std::nullopt;
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    Counted counted;
    counted.allBusy = static_cast<double>(t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) / ticks;
    counted.ownBusy = static_cast<double>(own.tv_sec) + 1e-9 * static_cast<double>(own.tv_nsec);
    counted.elapsed
        = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
              .count();
    return counted;
}

double CoreWatch::freeCores()
{
    const auto now = std::chrono::steady_clock::now();
    if (now - m_looked < kLookEvery)
        return m_free;
    const auto counted = look();
    m_free = m_before && counted ? freeCores(*m_before, *counted, m_cores) : m_cores;
    m_before = counted;
    m_looked = now;
    return m_free;
}

int poolThreads()
{
    return t_limit > 0 ? t_limit : at::get_num_threads();
}

void setThreadLimit(int threads)
{
    t_limit = threads;
}

void chooseTorchThreads(std::int64_t widest)
{
    t_widest = widest;
    reviewTorchThreads();
}

void reviewTorchThreads()
{
    if (t_limit < 2 || omp_in_parallel())
        return;
    thread_local CoreWatch watch;
    const int threads = threadsForOperations(t_widest, t_limit, watch.freeCores());
    if (threads != at::get_num_threads())
        at::set_num_threads(threads);
}

} // namespace core
