#include "core/workers/workers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#if defined(USE_C10D_GLOO) && __has_include(<gloo/rendezvous/store.h>)
#define FEATURESCOPE_HAS_GLOO 1
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace core {

void Workers::average(const std::vector<at::Tensor>& tensors)
{
    sum(tensors);
    for (at::Tensor tensor : tensors)
        tensor.div_(m_size);
}

std::int64_t Workers::sum(std::int64_t value)
{
    const at::Tensor all = at::full({1}, value, at::kLong);
    sum(std::vector{all});
    return all.item<std::int64_t>();
}

#ifdef FEATURESCOPE_HAS_GLOO

namespace {

using Group = c10d::ProcessGroupGloo;
using Milliseconds = std::chrono::milliseconds;

class GlooWorkers final : public Workers {
public:
    GlooWorkers(const WorkerPlace& place, c10::intrusive_ptr<Group> group)
        : Workers(place.rank, place.worldSize)
        , m_group(std::move(group))
    {
    }

    void sum(const std::vector<at::Tensor>& tensors) override
    {
        finish(tensors, [&](std::vector<at::Tensor>& one) { return m_group->allreduce(one); });
    }

    void share(const std::vector<at::Tensor>& tensors, int from) override
    {
        c10d::BroadcastOptions options;
        options.rootRank = from;
        finish(tensors,
            [&](std::vector<at::Tensor>& one) { return m_group->broadcast(one, options); });
    }

    std::vector<at::Tensor> gather(const at::Tensor& tensor) override
    {
        std::vector<std::vector<at::Tensor>> all(1);
        for (int i = 0; i < size(); ++i)
            all.front().push_back(at::empty_like(tensor));
        finish(
            {tensor}, [&](std::vector<at::Tensor>& one) { return m_group->allgather(all, one); });
        return all.front();
    }

private:
    /// Starts all, then waits for all: they are on the way at the same time.
    template <typename Start>
    void finish(const std::vector<at::Tensor>& tensors, const Start& start)
    try {
        std::vector<std::vector<at::Tensor>> ones;
        for (const at::Tensor& tensor : tensors)
            ones.push_back({tensor});
        std::vector<c10::intrusive_ptr<c10d::Work>> works;
        for (std::vector<at::Tensor>& one : ones)
            works.push_back(start(one));
        for (const auto& work : works)
            work->wait();
    } catch (const std::exception& error) {
        throw WorkerLost(fmt::format("Worker {} of {} lost another one: it ended, or the network "
                                     "between them did ({}).",
            rank(), size(), std::string_view(error.what()).substr(0, 120)));
    }

    c10::intrusive_ptr<Group> m_group;
};

} // namespace

Result<std::shared_ptr<Workers>> Workers::join(const WorkerPlace& place)
{
    if (place.worldSize < 1 || place.rank < 0 || place.rank >= place.worldSize)
        return fail(Error::Code::Unsupported,
            fmt::format("Worker {} of {} cannot be: ranks go from 0 to the number of workers less "
                        "one.",
                place.rank, place.worldSize));
    if (place.port < 1 || place.port > 65535)
        return fail(Error::Code::Unsupported,
            fmt::format("Port {} cannot be. Choose one from 1 to 65535.", place.port));
    try {
        c10d::TCPStoreOptions options;
        options.port = static_cast<std::uint16_t>(place.port);
        options.isServer = place.rank == 0;
        options.numWorkers = static_cast<std::size_t>(place.worldSize);
        options.timeout = Milliseconds(place.joinTimeout);
        auto store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
        // The store's own waiting ends without a word, and Gloo's has the other time limit.
        const std::string allHere = "all_workers_are_here";
        if (store->add("workers_here", 1) == place.worldSize)
            store->set(allHere, std::vector<std::uint8_t>{1});
        store->wait({allHere}, Milliseconds(place.joinTimeout));
        auto group = Group::Options::create(Milliseconds(place.timeout));
        // Of this machine: on loopback where all are here, else on what its own name means.
        const bool isLocal = place.address == "127.0.0.1" || place.address == "localhost";
        group->devices = {
            isLocal ? Group::createDeviceForHostname("127.0.0.1") : Group::createDefaultDevice()};
        group->threads = 2;
        return std::make_shared<GlooWorkers>(place,
            c10::make_intrusive<Group>(std::move(store), place.rank, place.worldSize, group));
    } catch (const std::exception& error) {
        return fail(Error::Code::Io,
            fmt::format("The {} workers did not come together at {}:{} within {} s. Start every "
                        "rank from 0 to {} with the same address and port ({}).",
                place.worldSize, place.address, place.port, place.joinTimeout.count(),
                place.worldSize - 1, std::string_view(error.what()).substr(0, 160)));
    }
}

#else

Result<std::shared_ptr<Workers>> Workers::join(const WorkerPlace&)
{
    return fail(Error::Code::Unsupported,
        "This program was built without Gloo, which several workers talk over. Build it with "
        "libgloo-dev installed.");
}

#endif

} // namespace core
