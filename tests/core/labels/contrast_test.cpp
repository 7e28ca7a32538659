#include "core/labels/contrast.h"
#include "core/labels/firing_test.h"

#include <gtest/gtest.h>

namespace {

using namespace core;

/// Twelve texts "<s> in CITY it is", each with a city of its own.
struct Cities {
    std::vector<std::string> vocabulary{"<s>", " in", " it", " is"};
    std::vector<Passage> passages;

    Cities()
    {
        for (std::int64_t city = 0; city < 12; ++city) {
            vocabulary.push_back(" City" + std::to_string(city));
            Passage& passage = passages.emplace_back();
            for (const std::int64_t token :
                {std::int64_t(0), std::int64_t(1), 4 + city, std::int64_t(2), std::int64_t(3)})
                passage.tokens.emplace_back(token);
        }
    }
};

TEST(Contrast, HoldsACityAgainstOthersInItsPlace)
{
    const Cities cities;
    const CorpusText corpus(cities.passages, cities.vocabulary);
    const std::vector<Place> firing{{2, 2}, {5, 2}};
    const auto places = contrastPlaces(corpus, firing, 7);
    ASSERT_EQ(places.size(), std::size_t(kContrastPlaces));
    EXPECT_EQ(places, contrastPlaces(corpus, firing, 7)) << "the same each time";
    for (int slot = 0; slot < kMatchedPlaces; ++slot) // every city stands in one place only
        EXPECT_EQ(
            corpus.token(places[std::size_t(slot)]), corpus.token(firing[std::size_t(slot) % 2]));
    for (int slot = kFewestContrastPlaces; slot < kContrastPlaces; ++slot) {
        const Place place = places[std::size_t(slot)];
        EXPECT_EQ(place.position, 2) << "after the same word";
        EXPECT_NE(corpus.token(place), corpus.token(firing[std::size_t(slot) % 2]));
    }
}

TEST(FiringNotes, AreReadAlsoAsOlderHarvestsKeptThem)
{
    FiringNotes notes(3, 100);
    notes.setFires(1, kContrastPlaces - 1);
    notes.setStrength(1, 99, 0.5);
    const FiringNotes read(notes.bytes(), 3);
    EXPECT_EQ(read.places(), kContrastPlaces);
    EXPECT_TRUE(read.fires(1, kContrastPlaces - 1));
    EXPECT_FALSE(read.fires(2, kContrastPlaces - 1));
    EXPECT_EQ(read.strength(1, 99), 8);
    EXPECT_EQ(read.strength(1, 98), 0);
    EXPECT_EQ(read.strength(1, 5000), 0);

    std::string older(3 * 48, '\0'); // 128 places in bits, 64 samples of four bits
    older[48 + 127 / 8] = char(1 << 127 % 8);
    older[48 + 16 + 63 / 2] = char(9 << 4);
    const FiringNotes before(older, 3);
    EXPECT_EQ(before.places(), kFewestContrastPlaces);
    EXPECT_TRUE(before.fires(1, 127));
    EXPECT_EQ(before.strength(1, 63), 9);
    EXPECT_TRUE(FiringNotes(std::string(100, '\0'), 3).isEmpty());
    EXPECT_TRUE(FiringNotes(std::string(), 3).isEmpty());
}

TEST(RestCount, TheHardestGroupDecides)
{
    using enum FiringPlaces::Rest::Group;
    RestCount count;
    EXPECT_EQ(count.error(), 0);
    count.add(Elsewhere, false, 60);
    count.add(SameToken, true, 15);
    count.add(SameToken, false, 15);
    EXPECT_DOUBLE_EQ(count.error(), 0.5);
    count.add(Alike, true, 3); // of so few nothing follows
    EXPECT_DOUBLE_EQ(count.error(), 0.5);
    RestCount few;
    few.add(Alike, true, 3);
    few.add(Elsewhere, false, 3);
    EXPECT_DOUBLE_EQ(few.error(), 0.5) << "three of six";
}

} // namespace
