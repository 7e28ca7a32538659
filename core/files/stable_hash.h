#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// A 64-bit hash that is the same on every run and machine; for telling things apart, not for
/// security.
class StableHash {
public:
    explicit StableHash(std::uint64_t seed = 0x9e3779b97f4a7c15ull)
        : m_state(seed)
    {
    }

    void add(std::uint64_t word) { m_state = mixed(m_state ^ mixed(word + 0x9e3779b97f4a7c15ull)); }
    void add(std::string_view bytes);
    std::uint64_t value() const { return m_state; }
    std::string hex() const;

private:
    /// The finalizer of splitmix64 (Steele, Lea, Flood 2014).
    static std::uint64_t mixed(std::uint64_t x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
        return x ^ (x >> 31);
    }

    std::uint64_t m_state;
};

} // namespace core
