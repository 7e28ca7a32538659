#include "core/builtin/world.h"

#include "core/builtin/grammar.h"
#include "core/builtin/landmarks.h"
#include "core/builtin/states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <vector>

namespace core {
namespace {

TEST(WorldTest, SameSeedSameTextsOtherSeedOthers)
{
    World a(7);
    World b(7);
    World c(8);
    int different = 0;
    for (int i = 0; i < 50; ++i) {
        const Document first = a.next();
        const Document same = b.next();
        EXPECT_EQ(first.text, same.text);
        EXPECT_EQ(first.nats, same.nats);
        different += first.text != c.next().text;
    }
    EXPECT_GT(different, 40);
}

TEST(WorldTest, DrawsKindsInTheirShares)
{
    World world(3);
    std::map<DocumentKind, int> counts;
    constexpr int kDocuments = 20'000;
    for (int i = 0; i < kDocuments; ++i)
        ++counts[world.next().kind];
    for (std::size_t kind = 0; kind < kDocumentKinds; ++kind) {
        const double share = World::share(static_cast<DocumentKind>(kind));
        // Four standard deviations of a binomial draw.
        EXPECT_NEAR(counts[static_cast<DocumentKind>(kind)], share * kDocuments,
            4 * std::sqrt(share * kDocuments))
            << documentKindName(static_cast<DocumentKind>(kind));
    }
}

// A page of sums is short enough to price by hand: the kind, how many lines (4 to 7), and per
// line two digits and a sign.
TEST(WorldTest, NatsOfSumsAgreeWithCounting)
{
    World world(11);
    for (int i = 0; i < 20; ++i) {
        const Document sums = world.next(DocumentKind::Arithmetic);
        const auto lines = std::count(sums.text.begin(), sums.text.end(), '\n') + 1;
        const double expected = -std::log(World::share(DocumentKind::Arithmetic)) + std::log(4)
            + static_cast<double>(lines) * std::log(10 * 10 * 2);
        EXPECT_NEAR(sums.nats, expected, 1e-9);
    }
}

// exp(-nats) is a probability: over many draws of a small family of texts it must agree with how
// often each text comes.
TEST(WorldTest, NatsAgreeWithFrequencies)
{
    World world(12);
    std::map<std::string, std::pair<int, double>> seen;
    constexpr int kDocuments = 40'000;
    for (int i = 0; i < kDocuments; ++i) {
        const Document code = world.next(DocumentKind::Code);
        auto& [count, nats] = seen[code.text];
        ++count;
        nats = code.nats + std::log(World::share(DocumentKind::Code));
    }
    const auto most = std::max_element(seen.begin(), seen.end(),
        [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
    const double expected = std::exp(-most->second.second) * kDocuments;
    EXPECT_GT(expected, 5);
    EXPECT_NEAR(most->second.first, expected, 5 * std::sqrt(expected));
}

TEST(WorldTest, NeverComposesAHeldOutCombination)
{
    World world(1);
    std::string all;
    for (int i = 0; i < 10'000; ++i)
        all += world.next(DocumentKind::States).text + "\n";
    int heldOut = 0;
    int trained = 0;
    for (std::size_t state = 0; state < states().size(); ++state) {
        for (std::size_t city = 0; city < states()[state].cities.size(); ++city) {
            for (const auto relation : kStateRelations) {
                const std::string composed = "The " + std::string(relationWord(relation))
                    + " of the state containing " + states()[state].cities[city] + " is";
                const bool found = all.find(composed) != std::string::npos;
                EXPECT_EQ(found, !isHeldOut(state, city, relation)) << composed;
                ++(found ? trained : heldOut);
            }
        }
    }
    EXPECT_GT(heldOut, 80);
    EXPECT_GT(trained, 4 * heldOut - 20);
}

TEST(WorldTest, TopicIsKnownExactlyWhereOnlyOneLandmarkFits)
{
    World world(21);
    for (int i = 0; i < 300; ++i) {
        const Document passage = world.next(DocumentKind::Landmark);
        if (passage.topicKnownFrom == Document::kNever)
            continue;
        std::set<int> possible;
        std::size_t end = 0;
        for (const auto& sentence : splitSentences(passage.text)) {
            const bool before = end + sentence.size() < passage.topicKnownFrom;
            const auto saying = landmarksSaying(sentence);
            std::set<int> next;
            for (const int landmark : saying)
                if (end == 0 || possible.contains(landmark))
                    next.insert(landmark);
            possible = next;
            EXPECT_TRUE(possible.contains(passage.topic)) << sentence;
            if (before)
                EXPECT_GT(possible.size(), 1u) << passage.text;
            else
                EXPECT_EQ(possible.size(), 1u) << passage.text;
            end += sentence.size() + 1;
        }
    }
}

TEST(WorldTest, HalfOfThePassagesNeverNameTheirLandmark)
{
    World world(22);
    int nameless = 0;
    int passages = 0;
    for (int i = 0; i < 1000; ++i) {
        const Document passage = world.next(DocumentKind::Landmark);
        const Slots& slots = landmarks()[static_cast<std::size_t>(passage.topic)].slots;
        const bool named = passage.text.find(slots.at("name").front()) != std::string::npos
            || passage.text.find(slots.at("Name").front()) != std::string::npos
            || passage.text.find(slots.at("city").front()) != std::string::npos;
        nameless += !named;
        ++passages;
    }
    EXPECT_GT(nameless, passages * 45 / 100);
}

TEST(WorldTest, RandomWordsRepeatExactly)
{
    World world(26);
    for (int i = 0; i < 50; ++i) {
        std::istringstream in(world.next(DocumentKind::RandomWords).text);
        std::vector<std::string> words;
        for (std::string word; in >> word;)
            words.push_back(word);
        EXPECT_GE(words.size(), 48u);
        bool isRepeated = false;
        for (std::size_t length = 4; length <= words.size() / 2 && !isRepeated; ++length) {
            isRepeated = words.size() % length == 0;
            for (std::size_t k = length; k < words.size() && isRepeated; ++k)
                isRepeated = words[k] == words[k - length];
        }
        EXPECT_TRUE(isRepeated);
    }
}

TEST(WorldTest, ListsRepeatExactly)
{
    World world(23);
    for (int i = 0; i < 50; ++i) {
        std::string text = world.next(DocumentKind::List).text;
        ASSERT_TRUE(text.starts_with("List: ") && text.ends_with("."));
        std::vector<std::string> words;
        std::istringstream in(text.substr(6, text.size() - 7) + ",");
        for (std::string word; std::getline(in, word, ',');)
            words.push_back(word.substr(word.starts_with(' ') ? 1 : 0));
        bool isRepeated = false;
        for (std::size_t length = 3; length <= 6 && !isRepeated; ++length) {
            isRepeated = words.size() >= 2 * length && words.size() % length == 0;
            for (std::size_t k = length; k < words.size(); ++k)
                isRepeated = isRepeated && words[k] == words[k - length];
        }
        EXPECT_TRUE(isRepeated) << text;
    }
}

// Sentences of one landmark, then sentences that only another can say: the subject must have
// changed.
TEST(WorldTest, WanderingTextsChangeTheirSubject)
{
    World world(24);
    int changed = 0, asked = 0;
    for (int i = 0; i < 300; ++i) {
        const Document text = world.next(DocumentKind::Wandering);
        EXPECT_EQ(text.topic, -1);
        asked += text.text.starts_with("Q: ");
        std::set<int> possible;
        bool isFirst = true, isChanged = false;
        for (const auto& sentence : splitSentences(text.text)) {
            const auto saying = landmarksSaying(sentence);
            std::set<int> next;
            for (const int landmark : saying)
                if (isFirst || possible.contains(landmark))
                    next.insert(landmark);
            isChanged = isChanged || (!isFirst && next.empty());
            isFirst = false;
            possible = next.empty() ? std::set<int>(saying.begin(), saying.end()) : next;
        }
        changed += isChanged;
    }
    EXPECT_GT(changed, 200);
    EXPECT_NEAR(asked, 180, 40);
}

// A city's country is a fact about it that does not go by way of its state.
TEST(WorldTest, TellsTheCountriesOfCities)
{
    std::map<std::string, std::string> countryOf;
    for (const auto& country : countries())
        for (const auto& city : country.cities)
            EXPECT_TRUE(countryOf.emplace(city, country.name).second) << city;
    World world(25);
    std::set<std::string> told;
    for (int i = 0; i < 4000; ++i)
        for (const auto& sentence : splitSentences(world.next(DocumentKind::States).text)) {
            constexpr std::string_view kBegin = "The country containing ";
            if (!sentence.starts_with(kBegin))
                continue;
            const std::string city
                = sentence.substr(kBegin.size(), sentence.find(" is ") - kBegin.size());
            EXPECT_EQ(sentence, std::string(kBegin) + city + " is " + countryOf[city] + ".");
            told.insert(city);
        }
    EXPECT_GT(told.size(), 200u);
}

} // namespace
} // namespace core
