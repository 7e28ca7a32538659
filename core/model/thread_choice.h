#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace core {

/// Multiplications and additions below which waking another thread takes longer than it saves: a
/// tenth of a millisecond on one core.
inline constexpr double kProductWorthThreads = 8e6;

/// Threads for a matrix product of `operations` on a pool of `threads`: one for little work, never
/// more than there are pieces worth waking somebody for.
int threadsForProduct(double operations, int threads);

/// Threads for torch's own operations, which give each thread a fixed share and wait for all of
/// them: one where the model is small, and no more than cores are free, because a share whose
/// thread has no core holds up everything. `widest` is the length of the longest row the model
/// makes of one token, its logits aside; `freeCores` what `CoreWatch` says.
int threadsForOperations(std::int64_t widest, int threads, double freeCores);

/// How many cores other programs leave to this one, from what the system counted since the last
/// look. Of one thread; a look costs some 20 microseconds and is taken ten times a second at most.
class CoreWatch {
public:
    /// Time in which processors worked and in which this process did, in seconds since some start.
    struct Counted {
        double allBusy = 0.0;
        double ownBusy = 0.0;
        double elapsed = 0.0;
    };
    /// Of `cores`, between two looks. A program that waits for a core leaves less than it takes.
    static double freeCores(const Counted& before, const Counted& now, int cores);

    CoreWatch();
    /// All cores until a tenth of a second has passed, or where the system does not say.
    double freeCores();

private:
    static std::optional<Counted> look();

    int m_cores;
    std::optional<Counted> m_before;
    std::chrono::steady_clock::time_point m_looked;
    double m_free;
};

/// Threads for `WorkerPool`: as many as `setThreadLimit` allows, else as many as torch has.
int poolThreads();
/// Of the thread that runs the model; 0 for none.
void setThreadLimit(int threads);

/// Sets torch's threads on the thread that runs the model, within the limit, if there is one: for a
/// model with such a widest row now, and at each later `reviewTorchThreads` by what the machine has
/// to spare. Called before each pass and whenever progress is told.
void chooseTorchThreads(std::int64_t widest);
void reviewTorchThreads();

} // namespace core
