#include "core/model/precision.h"

#include <charconv>

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>

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

std::string joinedDevices()
{
    std::string names;
    for (const std::string& name : devicesHere())
        names += (names.empty() ? "" : ", ") + name;
    return names;
}

Result<c10::Device> parseDevice(const std::string& device)
{
    const bool hasCuda = at::hasCUDA();
    const int count = countOfCards();
    if (device == "cpu" || (device == "auto" && count == 0))
        return c10::Device(c10::kCPU);
    if (device == "auto" || device == "cuda")
        return parseDevice("cuda:0");
    constexpr std::string_view kCuda = "cuda:";
    int index = -1;
    if (device.starts_with(kCuda)) {
        const char* end = device.data() + device.size();
        const auto read = std::from_chars(device.data() + kCuda.size(), end, index);
        if (read.ec != std::errc() || read.ptr != end)
            index = -1;
    }
    if (index < 0)
        return fail(unsupported("There is no device `" + device
            + "`. Devices on this machine: auto, " + joinedDevices() + "."));
    if (!hasCuda)
        return fail(unsupported("Device `" + device
            + "` cannot be used: the libtorch that this program runs on was built without CUDA. "
              "Use the device cpu, or build the program with a libtorch that has CUDA."));
    if (index >= count)
        return fail(unsupported("There is no device `" + device + "`: CUDA sees "
            + std::to_string(count) + (count == 1 ? " device" : " devices")
            + " on this machine. Use the device cpu, or another of " + joinedDevices() + "."));
    return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

} // namespace

std::vector<std::string> devicesHere()
{
    std::vector<std::string> names{"cpu"};
    const int cards = countOfCards();
    for (int i = 0; i < cards; ++i)
        names.push_back("cuda:" + std::to_string(i));
    return names;
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
