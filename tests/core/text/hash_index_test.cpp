// Against the standard library's map, with hashes that collide.
#include "core/text/hash_index.h"

#include <random>
#include <string>
#include <unordered_map>

#include <gtest/gtest.h>

namespace {

using core::HashIndex;

/// Everything in one run of slots, several with one hash, and hashes that differ in high bits only.
TEST(HashIndex, AgreesWithAMap)
{
    std::mt19937 random(4);
    for (const std::uint32_t mask : {0u, 7u, 0xff000000u, 0xffffffffu}) {
        HashIndex index;
        std::vector<std::uint32_t> list;
        std::unordered_map<std::uint32_t, std::uint32_t> map;
        const auto hash = [mask](std::uint32_t value) { return (value * 0x9e3779b1u) & mask; };
        const auto isSame = [&list](std::uint32_t value) {
            return [&list, value](std::uint32_t place) { return list[place] == value; };
        };
        if (mask == 7u)
            index.reserve(100);
        for (int i = 0; i < 2000; ++i) {
            const std::uint32_t value = random() % 1500;
            const auto known = map.find(value);
            ASSERT_EQ(index.find(hash(value), isSame(value)),
                known == map.end() ? HashIndex::kNone : known->second);
            const auto end = static_cast<std::uint32_t>(list.size());
            ASSERT_EQ(index.findOrAdd(hash(value), end, isSame(value)),
                known == map.end() ? end : known->second);
            if (map.emplace(value, end).second)
                list.push_back(value);
        }
    }
}

TEST(HashIndex, AnEmptyOneFindsNothing)
{
    const HashIndex index;
    EXPECT_EQ(index.find(0, [](std::uint32_t) { return true; }), HashIndex::kNone);
}

} // namespace
