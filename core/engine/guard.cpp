#include "core/engine/guard.h"

#include "core/base/log.h"
#include "core/model/precision.h"
#include "core/model/resources.h"

#include <new>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace core {

namespace {

/// What torch says was asked for: "Tried to allocate 20.00 MiB"; empty where it does not say.
std::string askedFor(std::string_view what)
{
    constexpr std::string_view kTried = "Tried to allocate ";
    const auto found = what.find(kTried);
    if (found == what.npos)
        return {};
    const std::string_view rest = what.substr(found + kTried.size());
    // A number and its unit.
    const auto unit = rest.find(' ');
    const auto end = unit == rest.npos ? rest.npos : rest.find_first_of(" .;(\n", unit + 1);
    return fmt::format(" {} more were asked for.", rest.substr(0, end));
}

Error outOfMemory(std::string_view what, const c10::Device& device)
{
    constexpr std::int64_t kMiB = 1 << 20;
    // A device's library names itself; all else is the host's memory.
    const bool isOnDevice = !device.is_cpu()
        && (what.find("DefaultCPUAllocator") == what.npos
            && what.find("out of memory") != what.npos);
    const std::int64_t free = isOnDevice ? freeBytesOn(device) : freeMemoryBytes();
    return {Error::Code::OutOfMemory,
        fmt::format("Not enough memory{} for this.{}{} {}",
            isOnDevice ? fmt::format(" on {}", device.str()) : std::string(), askedFor(what),
            free > 0 ? fmt::format(" {} MiB are free.", free / kMiB) : std::string(),
            isOnDevice
                ? "Close dictionaries, use a shorter text, or open the model as bfloat16, as "
                  "float16 or on the cpu."
                : "Close other models or dictionaries, or use a shorter text.")};
}

} // namespace

Error errorFrom(const std::exception& exception, const c10::Device& device)
{
    const std::string_view what = exception.what();
    const bool isMemory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr
        || what.find("out of memory") != what.npos || what.find("not enough memory") != what.npos
        || what.find("can't allocate memory") != what.npos;
    if (isMemory)
        return outOfMemory(what, device);
    logWarning("caught: {}", what);
    return {Error::Code::Internal,
        fmt::format("Something went wrong inside the engine: {}", what.substr(0, what.find('\n')))};
}

} // namespace core
