#include "core/steering/risen_words.h"

#include <cmath>

#include <gtest/gtest.h>

using namespace core;

TEST(RisenWords, CountsTextsAndGivesTheLogOddsByHand)
{
    // "fog" in 8 of 10 against 1 of 10; "the" in all; "sea" the other way round.
    std::vector<std::string> steered(10, " the quiet"), normal(10, " the quiet");
    for (std::size_t i = 0; i < 8; ++i)
        steered[i] += " Fog, fog, fogs";
    normal[3] += " fog";
    for (std::size_t i = 0; i < 9; ++i)
        normal[i] += " sea";
    const auto risen = risenAmong(steered, normal);
    ASSERT_FALSE(risen.empty());
    EXPECT_EQ(risen[0].word, "Fog");
    EXPECT_EQ(risen[0].steered, 8); // a text counts once, and "fogs" is "fog"
    EXPECT_EQ(risen[0].normal, 1);
    // Ten pseudo-texts, 9 of 20 of which say it: 4.5.
    const double a = std::log(12.5 / 7.5), b = std::log(5.5 / 14.5);
    EXPECT_NEAR(risen[0].z, (a - b) / std::sqrt(1 / 12.5 + 1 / 5.5), 1e-12);
    for (const RisenWord& one : risen) {
        EXPECT_NE(one.word, "the");
        EXPECT_NE(one.word, "sea");
        EXPECT_GE(one.z, 2.5);
    }
}

TEST(RisenWords, NothingRisesBetweenTextsOfOneKind)
{
    const std::vector<std::string> texts{" a bridge", " the fog", "", " bridges in fog"};
    EXPECT_TRUE(risenAmong(texts, texts).empty());
    EXPECT_TRUE(risenAmong({}, {}).empty());
}
