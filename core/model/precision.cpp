#include "core/model/precision.h"

#include "core/model/resources.h"

#include <charconv>
#include <iterator>
#include <utility>

#include <dlfcn.h>

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>

#if __has_include(<c10/core/CachingDeviceAllocator.h>)
#include <c10/core/CachingDeviceAllocator.h>
#endif

namespace core {

namespace {

Error unsupported(const std::string& message)
{
    return {Error::Code::Unsupported, message};
}

int countOfCards()
{
    return at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
}

/// What torch keeps of memory that tensors gave back, for those that come: to the system it counts
/// as used, to us it is free.
std::int64_t keptForReuse([[maybe_unused]] const c10::Device& device)
{
#if __has_include(<c10/core/CachingDeviceAllocator.h>) // libtorch 2 alone says
    auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
    if (!allocator || !allocator->initialized())
        return 0;
    const auto stats = allocator->getDeviceStats(device.index());
    constexpr std::size_t kAll = 0;
    return stats.reserved_bytes[kAll].current - stats.allocated_bytes[kAll].current;
#else
    return 0;
#endif
}

/// A libtorch with CUDA brings CUDA's runtime into the process; its headers are not needed for one
/// call.
std::int64_t freeCudaBytes(const c10::Device& device)
{
    using Query = int(std::size_t * free, std::size_t * total);
    auto* query = reinterpret_cast<Query*>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
    if (!query)
        return 0;
    const c10::DeviceGuard guard(device);
    std::size_t free = 0, total = 0;
    return query(&free, &total) == 0 ? static_cast<std::int64_t>(free) + keptForReuse(device) : 0;
}

/// CUDA first.
std::vector<DeviceKind>& deviceKinds()
{
    static std::vector<DeviceKind> kinds{{"cuda", c10::kCUDA, countOfCards, freeCudaBytes}};
    return kinds;
}

std::string joinedDevices()
{
    std::string names;
    for (const std::string& name : devicesHere())
        names += (names.empty() ? "" : ", ") + name;
    return names;
}

/// The N of "cuda:N"; -1 where `device` is no device of that kind.
int indexIn(const std::string& device, const DeviceKind& kind)
{
    if (!device.starts_with(kind.name + ":"))
        return -1;
    int index = -1;
    const char* end = device.data() + device.size();
    const auto read = std::from_chars(device.data() + kind.name.size() + 1, end, index);
    return read.ec == std::errc() && read.ptr == end ? index : -1;
}

Result<c10::Device> parseDevice(const std::string& device)
{
    if (device == "cpu")
        return c10::Device(c10::kCPU);
    if (device.find(',') != device.npos)
        return fail(unsupported("`" + device
            + "` are several devices: a model, its dictionaries and all work on them run on one. "
              "Name one of "
            + joinedDevices() + "."));
    if (device == "auto") {
        for (const DeviceKind& kind : deviceKinds())
            if (kind.count() > 0)
                return c10::Device(kind.type, 0);
        return c10::Device(c10::kCPU);
    }
    for (const DeviceKind& kind : deviceKinds()) {
        if (device == kind.name)
            return parseDevice(kind.name + ":0");
        const int index = indexIn(device, kind);
        if (index < 0)
            continue;
        const int count = kind.count();
        if (index < count)
            return c10::Device(kind.type, static_cast<c10::DeviceIndex>(index));
        if (kind.type == c10::kCUDA && !at::hasCUDA())
            return fail(unsupported("Device `" + device
                + "` cannot be used: the libtorch that this program runs on was built without "
                  "CUDA. Use the device cpu, or build the program with a libtorch that has CUDA."));
        return fail(unsupported("There is no device `" + device
            + "`: " + (kind.type == c10::kCUDA ? std::string("CUDA") : kind.name) + " sees "
            + std::to_string(count) + (count == 1 ? " device" : " devices")
            + " on this machine. Use the device cpu, or another of " + joinedDevices() + "."));
    }
    return fail(unsupported("There is no device `" + device + "`. Devices on this machine: auto, "
        + joinedDevices() + "."));
}

} // namespace

std::vector<std::string> devicesHere()
{
    std::vector<std::string> names{"cpu"};
    for (const DeviceKind& kind : deviceKinds()) {
        const int count = kind.count();
        for (int i = 0; i < count; ++i)
            names.push_back(kind.name + ":" + std::to_string(i));
    }
    return names;
}

std::int64_t freeBytesOn(const c10::Device& device)
{
    if (device.is_cpu())
        return freeMemoryBytes();
    for (const DeviceKind& kind : deviceKinds())
        if (kind.type == device.type())
            return kind.freeBytes(device);
    return 0;
}

void setOtherDevices(std::vector<DeviceKind> kinds)
{
    auto& all = deviceKinds();
    all.resize(1);
    all.insert(
        all.end(), std::make_move_iterator(kinds.begin()), std::make_move_iterator(kinds.end()));
}

Result<Precision> Precision::parse(const std::string& device, const std::string& dtype)
{
    const auto parsed = parseDevice(device);
    if (!parsed)
        return fail(parsed.error());
    Precision precision;
    precision.device = *parsed;
    const bool isCpu = precision.device.is_cpu();
    if (dtype == "float32")
        return precision;
    if (dtype == "bfloat16") {
        precision.weights = WeightForm::BFloat16;
        precision.compute = isCpu ? at::kFloat : at::kBFloat16;
    } else if (dtype == "float16") {
        precision.weights = WeightForm::Float16;
        precision.compute = isCpu ? at::kFloat : at::kHalf;
    } else if (dtype == "int8") {
        if (!isCpu)
            return fail(unsupported("int8 weights are computed on the cpu only, not on `" + device
                + "`. Use float16 or bfloat16 there, or the device cpu."));
        precision.weights = WeightForm::Int8;
    } else {
        return fail(unsupported("There is no precision `" + dtype
            + "`. Precisions are float32, bfloat16, float16 and int8."));
    }
    return precision;
}

std::string Precision::deviceName() const
{
    return device.str();
}

std::string Precision::dtypeName() const
{
    switch (weights) {
    case WeightForm::AsStored:
        return "float32";
    case WeightForm::BFloat16:
        return "bfloat16";
    case WeightForm::Float16:
        return "float16";
    case WeightForm::Int8:
        break;
    }
    return "int8";
}

} // namespace core
