#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace core {

/// A small seeded random source (SplitMix64) whose numbers are the same on every machine.
///
/// The standard distributions may differ between libraries; the built-in world must not.
class RandomSource {
public:
    explicit RandomSource(std::uint64_t seed)
        : m_state(seed)
    {
    }

    std::uint64_t next()
    {
        std::uint64_t z = (m_state += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    /// Uniform in [0, n); the bias of the multiplication is below 2^-32 for the small n used here.
    std::size_t below(std::size_t n)
    {
        return static_cast<std::size_t>(((next() >> 32) * static_cast<std::uint64_t>(n)) >> 32);
    }

    /// Uniform in [0, 1).
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

private:
    std::uint64_t m_state;
};

} // namespace core
