#include "app/cli/worker_options.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

namespace cli {

namespace {

/// What torchrun says to each process it starts.
std::int64_t fromEnvironment(const char* name, std::int64_t fallback)
{
    const char* const text = std::getenv(name);
    if (text == nullptr)
        return fallback;
    std::int64_t value = 0;
    const char* const last = text + std::strlen(text);
    const auto [end, error] = std::from_chars(text, last, value);
    if (error != std::errc() || end != last)
        throw UsageError{name, std::string("must be a whole number, not \"") + text + "\""};
    return value;
}

} // namespace

core::WorkerGroup WorkerOptions::group() const
{
    const auto given = [](std::int64_t value, bool isGiven, const char* name, int fallback) {
        return static_cast<int>(isGiven ? value : fromEnvironment(name, fallback));
    };
    core::WorkerGroup group;
    group.worldSize = given(worldSize, worldSize != 0, "WORLD_SIZE", group.worldSize);
    group.rank = given(rank, rank >= 0, "RANK", group.rank);
    group.port = given(port, port != 0, "MASTER_PORT", group.port);
    const char* const named = std::getenv("MASTER_ADDR");
    if (!address.empty())
        group.address = address;
    else if (named != nullptr)
        group.address = named;
    if (group.worldSize < 1 || group.rank < 0 || group.rank >= group.worldSize)
        throw UsageError{"--rank",
            fmt::format("worker {} of {} cannot be: ranks go from 0 to --world-size less one",
                group.rank, group.worldSize)};
    return group;
}

void WorkerOptions::addTo(Verb& verb, const std::string& worldSizeHelp)
{
    verb.option("--world-size", worldSize,
        worldSizeHelp
            + "; each is started with the same options and its own --rank (torchrun's WORLD_SIZE, "
              "RANK, MASTER_ADDR and MASTER_PORT are taken up)");
    verb.option("--rank", rank, "which of them this is, from 0; 0 writes");
    verb.option("--master-addr", address, "where rank 0 is");
    verb.option("--master-port", port, "the port it listens on").between(1, 65535);
}

} // namespace cli
