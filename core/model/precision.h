#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace core {

/// In what form the weights of a model are kept.
enum class WeightForm : std::uint8_t {
    AsStored, ///< float32, and 16-bit weights as they are in the file: widened exactly when used.
    BFloat16,
    Float16,
    Int8, ///< Eight bits, one float32 scale for each group of a row; CPU only.
};

/// Where and how precisely a model computes.
///
/// The CPU always computes in float32 (16-bit arithmetic would be slower there); its `weights` say
/// what is kept and moved. CUDA keeps and computes in one type.
struct Precision {
    c10::Device device = c10::kCPU;
    WeightForm weights = WeightForm::AsStored;
    c10::ScalarType compute = c10::kFloat; ///< Of activations.

    /// `device`: "auto", "cpu", "cuda", "cuda:1"; `dtype`: "float32", "bfloat16", "float16",
    /// "int8". Refuses what is unknown or not on this machine, and says what is.
    static Result<Precision> parse(const std::string& device, const std::string& dtype);
    std::string deviceName() const; ///< "cpu", "cuda:0".
    std::string dtypeName() const; ///< As `parse` reads it.
};

/// "cpu", then "cuda:0" and so on: what this machine has and this libtorch can use.
std::vector<std::string> devicesHere();

/// Bytes that can still be taken on a device; 0 when it cannot be asked.
std::int64_t freeBytesOn(const c10::Device& device);

/// Devices of one kind beside the CPU, as the tensor library knows them.
struct DeviceKind {
    std::string name; ///< "cuda": of its devices "cuda:0" and so on.
    c10::DeviceType type = c10::kCUDA;
    int (*count)() = nullptr;
    std::int64_t (*freeBytes)(const c10::Device&) = nullptr; ///< 0 when it cannot be asked.
};
/// Kinds that are there beside CUDA, in place of those set before: how tests bring a device that
/// they made themselves. Not while another thread uses a device.
void setOtherDevices(std::vector<DeviceKind> kinds);

} // namespace core
