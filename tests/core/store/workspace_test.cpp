#include "tests/core/store/workspace_fixture.h"

#include <cmath>
#include <limits>
#include <thread>

namespace {

using namespace core;
using tests::TemporaryFolder;

struct Open {
    std::unique_ptr<WorkspaceWriter> writer;
    std::unique_ptr<WorkspaceReader> reader;
};

Open openBoth(const std::filesystem::path& path)
{
    Open open;
    open.writer = WorkspaceWriter::open(path).value();
    open.reader = WorkspaceReader::open(path).value();
    return open;
}

TEST(Workspace, KeepsAHarvestAndSurvivesReopening)
{
    TemporaryFolder folder;
    {
        auto writer = WorkspaceWriter::open(folder / "w.db").value();
        ASSERT_TRUE(writer->putVocabulary({"The", " bridge", " fog", "."}));
        const auto put = writer->putHarvest(tests::someHarvest(*writer, "saes/layer_2"));
        ASSERT_TRUE(put) << put.error().message;
    }
    auto reader = WorkspaceReader::open(folder / "w.db").value();
    const auto dictionary = reader->dictionary("saes/layer_2").value();
    ASSERT_TRUE(dictionary);
    EXPECT_EQ(dictionary->d_sae, 4);
    EXPECT_EQ(dictionary->layer, Layer(2));
    EXPECT_EQ(dictionary->harvestedTokens, 7);
    EXPECT_FALSE(reader->dictionary("saes/layer_3").value());
    const auto columns = reader->columns(*dictionary).value();
    EXPECT_EQ(columns->max, (std::vector<float>{4, 3, 0, 2}));
    EXPECT_EQ(columns->density[1], 0.2f);

    const FeatureKey key{dictionary->id, FeatureId(0)};
    EXPECT_EQ(reader->evidence(key)->histogram, (std::vector<float>{5, 0, 300}));
    EXPECT_EQ(reader->effects(key)->positive[0].first, TokenId(1));
    EXPECT_EQ(reader->nearest(key)->at(0).first, FeatureId(3));
    EXPECT_EQ(reader->vocabulary().value()->at(1), " bridge");
    const auto passage = reader->passage(reader->evidence(key)->intervals[0].examples[0].passage);
    ASSERT_TRUE(passage);
    EXPECT_EQ(passage->tokens[4], TokenId(70000));
    EXPECT_EQ(reader->corpusTokens(dictionary->corpus), 7);
    EXPECT_TRUE(reader->check());
    // Never harvested: empty, not an error.
    EXPECT_EQ(reader->evidence({dictionary->id, FeatureId(1000)}).value(), FeatureEvidence());
}

TEST(Workspace, OutputScoresMayBeMissingAndComeLater)
{
    TemporaryFolder folder;
    auto [writer, reader] = openBoth(folder / "w.db");
    ASSERT_TRUE(
        writer->putHarvest(tests::someHarvest(*writer, "d"))); // as an older version wrote it
    const auto dictionary = reader->dictionary("d").value();
    const auto before = reader->columns(*dictionary).value();
    EXPECT_TRUE(before->outputScore.empty());
    EXPECT_TRUE(std::isnan(before->outputScoreOf(1))) << "unknown, not 0";

    const float none = std::numeric_limits<float>::quiet_NaN();
    const auto put = writer->putOutputScores("d", "hash-1", {0.5f, 0.0f, none, 1.0f});
    ASSERT_TRUE(put) << put.error().message;
    const auto after = reader->columns(*dictionary).value(); // the kept ones are seen to be old
    EXPECT_EQ(after->outputScoreOf(0), 0.5f);
    EXPECT_EQ(after->outputScoreOf(1), 0.0f);
    EXPECT_TRUE(std::isnan(after->outputScoreOf(2)));
    EXPECT_EQ(after->max, before->max);

    // Of other weights, of another size, of a dictionary that is not there.
    EXPECT_FALSE(writer->putOutputScores("d", "hash-2", {0, 0, 0, 0}));
    EXPECT_FALSE(writer->putOutputScores("d", "hash-1", {0, 0, 0}));
    EXPECT_EQ(writer->putOutputScores("e", "hash-1", {0}).error().code, Error::Code::NotFound);
    EXPECT_EQ(reader->columns(*dictionary).value()->outputScoreOf(3), 1.0f);

    // A harvest without them takes the old ones away, one with them brings its own.
    ASSERT_TRUE(writer->putHarvest(tests::someHarvest(*writer, "d")));
    EXPECT_TRUE(reader->columns(*dictionary).value()->outputScore.empty());
    auto harvest = tests::someHarvest(*writer, "d");
    harvest.columns.outputScore = {0.25f, 0, 0, 0};
    ASSERT_TRUE(writer->putHarvest(harvest));
    EXPECT_EQ(reader->columns(*dictionary).value()->outputScoreOf(0), 0.25f);
}

TEST(Workspace, FindsByWordStemAndBeginning)
{
    TemporaryFolder folder;
    auto [writer, reader] = openBoth(folder / "w.db");
    const auto harvest = tests::someHarvest(*writer, "d");
    ASSERT_TRUE(writer->putHarvest(harvest));
    const auto count
        = [&](const char* text) { return reader->matchFeatures(fullTextQuery(text), 100)->size(); };
    EXPECT_EQ(count("bridges"), 1u); // Plural of what is stored.
    EXPECT_EQ(count("libr"), 1u); // A beginning.
    EXPECT_EQ(count("bridge fog"), 1u);
    EXPECT_EQ(count("bridge library"), 0u);
    EXPECT_EQ(count("\"; DROP TABLE label; --"), 0u);
    EXPECT_EQ(count("' OR * NEAR("), 0u);
    EXPECT_EQ(fullTextQuery(" ?! "), "");
    EXPECT_EQ(count(" ?! "), 0u);

    const auto corpus = harvest.dictionary.corpus;
    const auto passages = reader->matchPassages(fullTextQuery("bridge"), corpus, 100).value();
    ASSERT_EQ(passages.size(), 1u);
    EXPECT_EQ(passages[0].text, "The bridges in the fog");
    const auto dictionary = reader->dictionary("d").value();
    const auto samples = reader->samples(dictionary->id, passages).value();
    ASSERT_EQ(samples.size(), 1u);
    EXPECT_EQ(samples[0].samples.size(), 3u);
    EXPECT_EQ(reader->matchPassages(fullTextQuery("bridge"), corpus + 1, 100)->size(), 0u);
}

TEST(Workspace, AHarvestReplacesTheOneBeforeButNotAPersonsLabels)
{
    TemporaryFolder folder;
    auto [writer, reader] = openBoth(folder / "w.db");
    auto harvest = tests::someHarvest(*writer, "d");
    ASSERT_TRUE(writer->putHarvest(harvest));
    const auto dictionary = reader->dictionary("d").value().value();
    ASSERT_TRUE(
        writer->setLabel({dictionary.id, FeatureId(1)}, {"books", "mine", LabelSource::Person}));
    EXPECT_EQ(reader->columns(dictionary).value()->max[0], 4.0f);

    harvest.columns.max[0] = 99;
    harvest.suggestedLabels[0] = "something else";
    ASSERT_TRUE(writer->putHarvest(harvest));
    EXPECT_EQ(
        reader->columns(dictionary).value()->max[0], 99.0f); // The reader's own copy is not stale.
    EXPECT_EQ(reader->label({dictionary.id, FeatureId(1)})->text, "books");
    EXPECT_EQ(reader->matchFeatures(fullTextQuery("books"), 10)->size(), 1u);
    EXPECT_EQ(reader->label({dictionary.id, FeatureId(0)})->text, "something else");
    EXPECT_EQ(reader->matchFeatures(fullTextQuery("bridge fog"), 10)->size(),
        1u); // Found once, by its words.
    EXPECT_EQ(reader->matchPassages(fullTextQuery("bridge"), dictionary.corpus, 10)->size(),
        1u); // Stored once.

    // The same name with other weights: what is known of it no longer holds.
    auto retrained = harvest.dictionary;
    retrained.weightsHash = "hash-2";
    ASSERT_TRUE(writer->putDictionary(retrained));
    const auto after = reader->dictionary("d").value().value();
    EXPECT_EQ(after.harvestedTokens, 0);
    EXPECT_EQ(reader->columns(after).value()->max[0], 0.0f);
    EXPECT_EQ(reader->evidence({after.id, FeatureId(0)})->histogram.size(), 0u);
    EXPECT_EQ(reader->label({after.id, FeatureId(1)})->text, "books");
    ASSERT_TRUE(writer->removeUnusedCorpora());
    EXPECT_EQ(reader->matchPassages(fullTextQuery("bridge"), dictionary.corpus, 10)->size(), 0u);
    EXPECT_TRUE(reader->check());
}

TEST(Workspace, ASnapshotSeesOneStateAndWhatComesAfterItTheNext)
{
    TemporaryFolder folder;
    auto [writer, reader] = openBoth(folder / "w.db");
    auto harvest = tests::someHarvest(*writer, "d");
    ASSERT_TRUE(writer->putHarvest(harvest));
    const auto dictionary = reader->dictionary("d").value().value();
    const FeatureKey key{dictionary.id, FeatureId(0)};
    const std::string first = reader->label(key)->text;
    harvest.columns.max[0] = 99;
    harvest.suggestedLabels[0] = "something else";
    {
        const WorkspaceReader::Snapshot snapshot(*reader);
        EXPECT_EQ(reader->label(key)->text, first);
        {
            const WorkspaceReader::Snapshot nested(*reader);
            ASSERT_TRUE(writer->putHarvest(harvest)) << "a reader keeps nobody from writing";
        }
        EXPECT_EQ(reader->label(key)->text, first);
        EXPECT_EQ((**reader->column(dictionary, "max"))[0], 4.0f);
    }
    EXPECT_EQ(reader->label(key)->text, "something else");
    EXPECT_EQ((**reader->column(dictionary, "max"))[0], 99.0f);
    {
        const WorkspaceReader::Snapshot again(*reader);
        EXPECT_EQ(reader->label(key)->text, "something else");
    }
}

TEST(Workspace, HarvestStateComesBackUntilItIsCleared)
{
    TemporaryFolder folder;
    const std::string bytes("\0state\xff", 7);
    ASSERT_TRUE(WorkspaceWriter::open(folder / "w.db").value()->saveHarvestState("d", bytes));
    auto writer = WorkspaceWriter::open(folder / "w.db").value();
    EXPECT_EQ(writer->harvestState("d").value(), bytes);
    ASSERT_TRUE(writer->clearHarvestState("d"));
    EXPECT_FALSE(writer->harvestState("d").value());
}

TEST(Workspace, AStopEndsALongQuery)
{
    TemporaryFolder folder;
    auto writer = WorkspaceWriter::open(folder / "w.db").value();
    std::stop_source source;
    std::jthread later([&] { source.request_stop(); });
    const auto endless = writer->database().run(
        [](SQLite::Database& db) -> Result<std::int64_t> {
            return db
                .execAndGet("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT "
                            "max(x) FROM c")
                .getInt64();
        },
        source.get_token());
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, Error::Code::Cancelled);
}

} // namespace
