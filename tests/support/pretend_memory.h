#pragma once

#include "tests/support/pretend_device.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <c10/core/Allocator.h>
#include <c10/core/Device.h>

// Debian's libtorch 1.13 does not bring this header; libtorch 2 does.
#if __has_include(<torch/version.h>)
#include <torch/version.h>
#else
#define TORCH_VERSION_MAJOR 1
#endif

/// The memory of the pretend device: for pretend_device.cpp alone.
namespace tests::pretend {

inline constexpr auto kType = c10::DeviceType::PrivateUse1;
inline constexpr int kDevices = 2;

/// A tensor's memory: pages that nobody may touch stand for it as its address, the numbers lie
/// elsewhere.
struct Block {
    std::byte* numbers = nullptr;
    std::size_t bytes = 0;
    int device = 0;
};

struct State {
    std::mutex mutex;
    std::map<const std::byte*, Block> blocks;
    std::array<std::int64_t, kDevices> used{}, peak{};
    std::int64_t memory = 0;
    std::vector<Transfer> transfers;
    std::vector<std::string> waits;
    std::atomic<int> plainAccesses{0};
    struct sigaction before { };
};

State& state();
c10::DeviceIndex& currentDevice(); ///< Of this thread.
c10::Allocator& allocator();
std::byte* numbersOf(const void* address); ///< Of what `allocator` gave.

/// From here on a plain pointer into the memory is counted instead of ending the program.
void watchForPlainPointers();
void stopWatching();

} // namespace tests::pretend
