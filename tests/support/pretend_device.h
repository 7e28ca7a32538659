#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace tests {

/// A copy that was asked for between host and device.
struct Transfer {
    bool isUp = false; ///< Host to device.
    std::int64_t bytes = 0;
    std::vector<std::int64_t> shape;
    c10::ScalarType type = c10::ScalarType::Float;
    bool isScalar = false; ///< One number read by item().

    std::string text() const; ///< "up int64 [1, 5]".
};

/// Two accelerators that are none: they compute on the CPU, but their memory cannot be read by a
/// plain pointer, an operation over tensors of the host and of the device is refused as CUDA
/// refuses it, and every copy up or down is written down. "privateuseone:0" and
/// "privateuseone:1" to the engine, for as long as the object lives; one at a time.
///
/// What it cannot show: kernels that CUDA lacks or that give other numbers, streams, and 16-bit
/// products that the CPU has no kernels for.
class PretendDevice {
public:
    /// `memory`: bytes that each of them has; 0: no limit.
    explicit PretendDevice(std::int64_t memory = 0);
    ~PretendDevice(); ///< Expects that the host never touched the device's memory.
    PretendDevice(const PretendDevice&) = delete;
    PretendDevice& operator=(const PretendDevice&) = delete;

    static c10::Device device(int index = 0);
    static std::string name(int index = 0);

    /// Copies since the last call, in order.
    static std::vector<Transfer> takeTransfers();
    /// Operations since the last call for which a real device makes the host wait, because the
    /// result's size or truth is asked for: "aten::nonzero".
    static std::vector<std::string> takeWaits();
    /// How often a plain pointer reached into device memory since the last call (each page once).
    static int takePlainAccesses();

    static std::int64_t usedBytes(int index = 0);
    static std::int64_t peakBytes(int index = 0); ///< Since the object was made.
    static void setMemory(std::int64_t bytes);
};

/// Bytes of `transfers` in one direction.
std::int64_t bytesOf(const std::vector<Transfer>& transfers, bool isUp);
std::string textOf(const std::vector<Transfer>& transfers);

} // namespace tests
