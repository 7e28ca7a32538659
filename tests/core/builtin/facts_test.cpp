#include "core/builtin/concepts.h"
#include "core/builtin/rhymes.h"
#include "core/builtin/states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

namespace core {
namespace {

TEST(StatesTest, TellTheFactsTheFieldAsksFor)
{
    const auto find = [](const std::string& city) -> const StateFacts* {
        for (const auto& state : states())
            if (std::count(state.cities.begin(), state.cities.end(), city))
                return &state;
        return nullptr;
    };
    ASSERT_NE(find("Dallas"), nullptr);
    EXPECT_EQ(find("Dallas")->name, "Texas");
    EXPECT_EQ(find("Dallas")->capital, "Austin");
    ASSERT_NE(find("Oakland"), nullptr);
    EXPECT_EQ(find("Oakland")->value(StateRelation::Capital), "Sacramento");
    EXPECT_EQ(find("Chicago")->value(StateRelation::Nickname), "the Prairie State");
    EXPECT_EQ(find("Miami")->value(StateRelation::Abbreviation), "FL");
}

TEST(StatesTest, EachCityIsInOneStateAndNoCapital)
{
    EXPECT_EQ(states().size(), 32u);
    std::set<std::string> cities;
    std::set<std::string> capitals;
    for (const auto& state : states()) {
        EXPECT_EQ(state.cities.size(), 8u) << state.name;
        for (const auto& city : state.cities)
            EXPECT_TRUE(cities.insert(city).second) << city;
        EXPECT_TRUE(capitals.insert(state.capital).second);
    }
    for (const auto& capital : capitals)
        EXPECT_FALSE(cities.contains(capital)) << capital;
}

// A state or a relation nothing is held out of, or nothing is left of, would measure nothing.
TEST(StatesTest, AFifthIsHeldOutEverywhere)
{
    for (std::size_t state = 0; state < states().size(); ++state) {
        std::array<int, 4> perRelation{};
        for (std::size_t city = 0; city < 8; ++city) {
            int perCity = 0;
            for (const auto relation : kStateRelations) {
                const bool held = isHeldOut(state, city, relation);
                perCity += held;
                perRelation[static_cast<std::size_t>(relation)] += held;
            }
            EXPECT_LE(perCity, 1);
        }
        for (const int held : perRelation) {
            EXPECT_GE(held, 1) << states()[state].name;
            EXPECT_LE(held, 2) << states()[state].name;
        }
    }
}

TEST(ConceptsTest, AnimalsDifferAndSpeakBothLanguages)
{
    EXPECT_GE(animals().size(), 20u);
    std::set<std::string> descriptions;
    for (const auto& animal : animals()) {
        std::string description;
        for (const char* slot : {"size", "colour", "trait", "place", "food"}) {
            description += animal.slots.at(slot).front() + ",";
            EXPECT_FALSE(animal.slots.at(std::string(slot) + "_fr").front().empty());
        }
        EXPECT_TRUE(descriptions.insert(description).second) << animal.name;
    }
}

TEST(ConceptsTest, FrenchPronounFollowsTheArticle)
{
    for (const auto& animal : animals()) {
        const bool feminine = animal.slots.at("noun_fr").front().starts_with("la ");
        EXPECT_EQ(animal.slots.at("Pronoun_fr").front(), feminine ? "Elle" : "Il") << animal.name;
    }
}

TEST(ConceptsTest, OppositesGoBothWays)
{
    std::set<std::pair<std::string, std::string>> pairs;
    for (const auto& pair : opposites())
        pairs.emplace(pair.slots.at("a").front(), pair.slots.at("b").front());
    for (const auto& [a, b] : pairs)
        EXPECT_TRUE(pairs.contains({b, a})) << a;
    EXPECT_TRUE(pairs.contains({"small", "big"}));
}

TEST(RhymesTest, SecondLinesEndInTheirWord)
{
    for (const auto& family : rhymeFamilies()) {
        for (const auto& rhyme : family) {
            for (const auto& line : rhyme.lines)
                EXPECT_TRUE(line.ends_with(" " + rhyme.word + ".")) << line;
            EXPECT_NE(rhyme.lines[0], rhyme.lines[1]);
        }
    }
}

TEST(RhymesTest, PartnersGoRoundTheFamily)
{
    std::set<std::size_t> reached;
    std::size_t word = 0;
    for (int i = 0; i < 4; ++i)
        reached.insert(word = rhymePartner(word));
    EXPECT_EQ(reached.size(), 4u);
}

} // namespace
} // namespace core
