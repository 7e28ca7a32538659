#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace core {

/// Finds places in somebody's list by the hashes of what stands there. It never sees the list:
/// `isSame(place)` says whether what is wanted stands at a place, and is asked only where hashes
/// agree. One block of memory and, mostly, one look into it, where a std::unordered_map allocates
/// and visits a node for each entry.
class HashIndex {
public:
    static constexpr std::uint32_t kNone = 0xffffffffu;

    void reserve(std::size_t count)
    {
        if (2 * count > m_slots.size())
            resize(std::bit_ceil(2 * count));
    }
    template <typename IsSame> std::uint32_t find(std::uint32_t hash, const IsSame& isSame) const
    {
        return m_slots[slotOf(hash, isSame)].place;
    }
    /// Where it stands already; else notes that it stands at `place`, which is given back.
    template <typename IsSame>
    std::uint32_t findOrAdd(std::uint32_t hash, std::uint32_t place, const IsSame& isSame)
    {
        reserve(m_count + 1);
        Slot& slot = m_slots[slotOf(hash, isSame)];
        if (slot.place == kNone) {
            slot = {hash, place};
            ++m_count;
        }
        return slot.place;
    }

private:
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t place = kNone;
    };

    /// That of the wanted entry, or the empty one where it belongs. Half of the slots are empty.
    template <typename IsSame> std::size_t slotOf(std::uint32_t hash, const IsSame& isSame) const
    {
        std::size_t at = hash & (m_slots.size() - 1);
        while (
            m_slots[at].place != kNone && (m_slots[at].hash != hash || !isSame(m_slots[at].place)))
            at = (at + 1) & (m_slots.size() - 1);
        return at;
    }
    void resize(std::size_t size)
    {
        const std::vector<Slot> old = std::exchange(m_slots, std::vector<Slot>(size));
        for (const Slot& slot : old) {
            if (slot.place != kNone)
                m_slots[slotOf(slot.hash, [](std::uint32_t) { return false; })] = slot;
        }
    }

    std::vector<Slot> m_slots{1}; // a power of two
    std::size_t m_count = 0;
};

} // namespace core
