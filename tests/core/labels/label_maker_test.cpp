#include "core/labels/label_maker.h"

#include "core/labels/label_rule.h"
#include "tests/core/labels/planted_workspace.h"

#include <algorithm>

namespace {

using namespace core;

bool isTexan(const std::string& word)
{
    return word == "Dallas" || word == "Houston" || word == "Lubbock" || word == "Austin";
}

/// Uneven in no way that text could tell: a hash of the place.
bool byChance(const std::vector<std::string>& words, std::size_t at, std::size_t oneIn)
{
    std::size_t hash = at * 0x9e3779b97f4a7c15u;
    for (const std::string& word : words)
        hash = (hash ^ std::hash<std::string>()(word)) * 0x100000001b3u;
    return (hash >> 20) % oneIn == 0;
}

class LabelMaking : public ::testing::Test {
protected:
    void make(bool isNoted)
    {
        isAfterTexan = planted.plant([](const auto& words, auto at) {
            return words[at] == "is" && isTexan(words[2]) ? 1 : 0;
        });
        fogTopic = planted.plant([](const auto& words, auto at) {
            const auto end = words.begin() + static_cast<std::ptrdiff_t>(at) + 1;
            return std::any_of(words.begin(), end,
                       [](const std::string& word) {
                           return word == "fog" || word == "bay" || word == "bridge"
                               || word == "ferry";
                       })
                ? 1
                : 0;
        });
        first = planted.plant([](const auto&, auto at) { return at == 1 ? 1 : 0; });
        word
            = planted.plant([](const auto& words, auto at) { return words[at] == "park" ? 1 : 0; });
        // Strong on one word, and weakly here and there.
        noisyWord = planted.plant([](const auto& words, auto at) {
            return words[at] == "river" ? 1.0 : byChance(words, at, 60) ? 0.07 : 0.0;
        });
        for (int i = 0; i < 12; ++i)
            random.push_back(planted.plant([i](const auto& words, auto at) {
                return byChance(words, at + 1000u * static_cast<std::size_t>(i + 1), 40) ? 1 : 0;
            }));
        dead = planted.plant([](const auto&, auto) { return 0; });
        planted.write(folder / "w.db", isNoted);
        outcome = LabelMaker(*planted.reader).label(planted.dictionary, *planted.writer).value();
    }

    tests::TemporaryFolder folder;
    tests::PlantedWorkspace planted;
    LabelOutcome outcome;
    int isAfterTexan = 0, fogTopic = 0, first = 0, word = 0, noisyWord = 0, dead = 0;
    std::vector<int> random;
};

TEST_F(LabelMaking, NamesWhatWasPlantedAndScoresIt)
{
    make(true);
    const std::string texan = planted.label(isAfterTexan).text;
    EXPECT_TRUE(texan.starts_with("\"is\" after "))
        << texan << " " << planted.test(isAfterTexan).rule << " score "
        << planted.test(isAfterTexan).score.value() << " bar "
        << planted.test(isAfterTexan).bar.value() << planted.test(isAfterTexan).evidence;
    for (const char* other : {"Oakland", "park", "fog", "Near"})
        EXPECT_EQ(texan.find(other), std::string::npos) << texan;
    const LabelRule rule = readRule(planted.test(isAfterTexan).rule).value();
    ASSERT_EQ(rule.clauses.size(), 2u);
    std::vector<std::string> cities = rule.clauses[1].words;
    std::sort(cities.begin(), cities.end());
    EXPECT_EQ(cities, (std::vector<std::string>{"Austin", "Dallas", "Houston", "Lubbock"}));
    EXPECT_GE(planted.test(isAfterTexan).score.value(), 0.95);

    const std::string topic = planted.label(fogTopic).text;
    EXPECT_TRUE(topic.starts_with("about ")) << topic;
    EXPECT_TRUE(topic.find("fog") != std::string::npos || topic.find("bay") != std::string::npos
        || topic.find("bridge") != std::string::npos)
        << topic;
    EXPECT_GE(planted.test(fogTopic).score.value(), 0.95);

    EXPECT_EQ(planted.label(first).text, "first token of a text");
    EXPECT_GE(planted.test(first).score.value(), 0.99);
    EXPECT_EQ(planted.label(word).text, "\"park\"");
    EXPECT_GE(planted.test(word).score.value(), 0.99);
    EXPECT_EQ(
        planted.label(noisyWord).text, "\"river\""); // the weak firing is little of its firing
    EXPECT_EQ(planted.label(word).source, LabelSource::Suggested);
}

TEST_F(LabelMaking, FiringByChanceGetsNoLabelButKeepsItsEvidence)
{
    make(true);
    int labelled = 0;
    for (const int feature : random) {
        const StoredLabelTest test = planted.test(feature);
        ASSERT_TRUE(test.score && test.bar);
        labelled += !planted.label(feature).text.empty();
        EXPECT_EQ(planted.label(feature).text.empty(), *test.score <= *test.bar);
        EXPECT_LT(*test.score, 0.75);
    }
    EXPECT_LE(labelled, 1); // at a bar that chance passes one time in twenty
    EXPECT_EQ(planted.test(dead), StoredLabelTest());
    // Shuffled features stay around one half, and below the planted ones.
    ASSERT_EQ(outcome.shuffled.size(), 101u);
    EXPECT_NEAR(outcome.shuffled[50], 0.5, 0.05);
    EXPECT_LT(outcome.shuffled[95], 0.7f);
    EXPECT_TRUE(outcome.isExact);
    EXPECT_EQ(outcome.features, std::ssize(random) + 5);
    EXPECT_EQ(planted.reader->shuffledScores(planted.dictionary.id).value(), outcome.shuffled);
    const auto columns = planted.reader->columns(planted.dictionary).value();
    EXPECT_NEAR(columns->labelScoreOf(static_cast<std::size_t>(word)),
        planted.test(word).score.value(), 1e-6);
    EXPECT_TRUE(std::isnan(columns->labelScoreOf(static_cast<std::size_t>(dead))));
}

TEST_F(LabelMaking, AHarvestThatNotedNothingIsGuessedAt)
{
    make(false);
    EXPECT_FALSE(outcome.isExact);
    EXPECT_TRUE(planted.label(isAfterTexan).text.starts_with("\"is\" after "))
        << planted.label(isAfterTexan).text;
    EXPECT_EQ(planted.label(word).text, "\"park\"");
    for (const int feature : random)
        EXPECT_LT(planted.test(feature).score.value(), 0.75);
}

TEST_F(LabelMaking, TheSameWorkspaceGivesTheSameLabels)
{
    make(true);
    std::vector<StoredLabelTest> before;
    for (int f = 0; f <= dead; ++f)
        before.push_back(planted.test(f));
    const auto again
        = LabelMaker(*planted.reader).label(planted.dictionary, *planted.writer).value();
    EXPECT_EQ(again.shuffled, outcome.shuffled);
    for (int f = 0; f <= dead; ++f) {
        EXPECT_EQ(planted.test(f), before[static_cast<std::size_t>(f)]);
        // What did not change is no version.
        EXPECT_TRUE(planted.reader->labelVersions(planted.key(f)).value().empty());
    }
}

TEST_F(LabelMaking, APersonsLabelWinsAndIsTestedByItsWords)
{
    make(true);
    const auto person = [&](int feature, const char* text) {
        ASSERT_TRUE(
            planted.writer->setLabel(planted.key(feature), {text, "", LabelSource::Person}));
    };
    person(fogTopic, "Fog, bay and bridges");
    person(word, "Lubbock");
    person(first, "xyzzy");
    LabelMaker maker(*planted.reader);
    ASSERT_TRUE(maker.label(planted.dictionary, *planted.writer));
    const auto score = [&](int feature) {
        return planted.reader->labelTest(planted.key(feature), LabelSource::Person).value()->score;
    };
    EXPECT_EQ(planted.label(fogTopic).text, "Fog, bay and bridges");
    EXPECT_GT(score(fogTopic).value(), 0.8);
    EXPECT_LT(score(word).value(), 0.65); // another thing's name
    EXPECT_FALSE(score(first)); // none of its words is in the text
    EXPECT_EQ(planted.reader->personScores(planted.dictionary.id)->size(), 2u);
    EXPECT_GT(
        maker.test(planted.dictionary, FeatureId(word), "the park").value().score.value(), 0.95);
    // Another label is not what was tested.
    person(fogTopic, "Something else");
    EXPECT_FALSE(planted.reader->labelTest(planted.key(fogTopic), LabelSource::Person).value());
}

TEST_F(LabelMaking, ASuggestionThatChangesIsKeptAsAVersion)
{
    make(true);
    const std::string before = planted.label(word).text;
    // What an older program had suggested.
    ASSERT_TRUE(planted.writer->suggestLabels({{planted.key(word), "architects, dolphins"}}));
    ASSERT_TRUE(LabelMaker(*planted.reader).label(planted.dictionary, *planted.writer));
    EXPECT_EQ(planted.label(word).text, before);
    const auto versions = planted.reader->labelVersions(planted.key(word)).value();
    ASSERT_EQ(versions.size(), 1u);
    EXPECT_EQ(versions[0].text, "architects, dolphins");
    EXPECT_EQ(versions[0].source, LabelSource::Suggested);
}

TEST_F(LabelMaking, StoppingChangesNothing)
{
    make(true);
    ASSERT_TRUE(planted.writer->suggestLabels({{planted.key(word), "as it was"}}));
    std::stop_source source;
    const auto stopped
        = LabelMaker(*planted.reader)
              .label(
                  planted.dictionary, *planted.writer,
                  [&](const Progress&) { source.request_stop(); }, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    EXPECT_EQ(planted.label(word).text, "as it was");
}

} // namespace
