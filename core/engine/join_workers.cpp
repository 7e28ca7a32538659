#include "core/engine/join_workers.h"

#include <chrono>
#include <future>
#include <thread>

namespace core {

Result<std::shared_ptr<Workers>> joinWorkers(
    const WorkerGroup& group, const ProgressFn& progress, const std::stop_token& stop)
{
    if (group.worldSize == 1)
        return nullptr;
    WorkerPlace place;
    place.rank = group.rank;
    place.worldSize = group.worldSize;
    place.address = group.address;
    place.port = group.port;
    // Joining cannot be interrupted: when it is given up, its thread ends by itself at the time
    // limit.
    using Joined = Result<std::shared_ptr<Workers>>;
    std::packaged_task<Joined()> task([place] { return Workers::join(place); });
    auto joined = task.get_future();
    std::thread(std::move(task)).detach();
    constexpr std::chrono::milliseconds lookEvery(50); // whether waiting was given up
    while (joined.wait_for(lookEvery) != std::future_status::ready) {
        if (stop.stop_requested())
            return cancelled();
        if (progress)
            progress({"Waiting for the other workers", 0, group.worldSize, "workers"});
    }
    return joined.get();
}

} // namespace core
