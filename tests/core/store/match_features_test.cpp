#include "tests/core/store/workspace_fixture.h"

#include "core/store/database.h"

#include <random>
#include <set>

namespace {

using namespace core;

/// Five dictionaries of features with made-up labels and words, known in memory too.
class MatchFeatures : public ::testing::Test {
protected:
    void SetUp() override
    {
        std::mt19937 random(7);
        auto writer = WorkspaceWriter::open(path()).value();
        for (int d = 0; d < 5; ++d) {
            const std::string name = "d" + std::to_string(d);
            HarvestedDictionary harvest = tests::someHarvest(*writer, name);
            const std::size_t size = 60;
            harvest.dictionary.d_sae = static_cast<std::int64_t>(size);
            harvest.columns = {std::vector<float>(size, 0.1f), std::vector<float>(size, 1.0f),
                std::vector<float>(size, 1.0f), std::vector<float>(size, 1.0f)};
            harvest.evidence.assign(size, {});
            harvest.effects.assign(size, {});
            harvest.nearest.assign(size, {});
            harvest.promoted.assign(size, "");
            harvest.samples.clear();
            harvest.words.clear();
            harvest.suggestedLabels.clear();
            for (std::size_t f = 0; f < size; ++f) {
                // Rare in the first, frequent in the last.
                const auto has = [&] { return random() % 12 <= static_cast<unsigned>(2 * d); };
                harvest.words.push_back(has() ? "harbour fog" : "library");
                harvest.suggestedLabels.push_back(has() ? "fog, mist" : "shelf");
            }
            ASSERT_TRUE(writer->putHarvest(harvest));
            m_harvests.push_back(std::move(harvest));
        }
        m_reader = WorkspaceReader::open(path()).value();
        const auto all = m_reader->dictionaries().value();
        for (const StoredDictionary& stored : all)
            m_ids.push_back(stored.id); // all of one layer, so by name
        ASSERT_EQ(m_ids.size(), m_harvests.size());
    }

    std::filesystem::path path() const { return m_folder / "w.db"; }

    /// What matches by looking at each feature.
    std::vector<FeatureKey> expected(
        const std::set<std::int32_t>& dictionaries, int limit, bool inLabel) const
    {
        std::vector<FeatureKey> keys;
        for (std::size_t d = 0; d < m_ids.size(); ++d) {
            int taken = 0;
            for (std::size_t f = 0; f < m_harvests[d].words.size(); ++f) {
                const bool isSaid
                    = m_harvests[d].suggestedLabels[f].find("fog") != std::string::npos
                    || (!inLabel && m_harvests[d].words[f].find("fog") != std::string::npos);
                if (isSaid && taken < limit && dictionaries.contains(m_ids[d])) {
                    keys.push_back({m_ids[d], FeatureId(static_cast<std::int64_t>(f))});
                    ++taken;
                }
            }
        }
        std::sort(keys.begin(), keys.end());
        return keys;
    }

    void expectAsByHand()
    {
        const std::set<std::int32_t> all(m_ids.begin(), m_ids.end());
        for (const auto& dictionaries : {all, std::set{m_ids[1], m_ids[3]}, std::set{m_ids[4]},
                 std::set{m_ids[0], m_ids[4]}, std::set<std::int32_t>()})
            for (const int limit : {0, 1, 2, 7, 20, 1000}) {
                SCOPED_TRACE(std::to_string(dictionaries.size()) + " dictionaries, "
                    + std::to_string(limit));
                EXPECT_EQ(m_reader->matchFeatures("\"fog\"", dictionaries, limit).value(),
                    expected(dictionaries, limit, false));
                EXPECT_EQ(m_reader->matchLabels("\"fog\"", dictionaries, limit).value(),
                    expected(dictionaries, limit, true));
            }
    }

    std::size_t countLabels(const char* text)
    {
        return m_reader->matchLabels(text, {m_ids.begin(), m_ids.end()}, 1000)->size();
    }

    tests::TemporaryFolder m_folder;
    std::vector<HarvestedDictionary> m_harvests;
    std::vector<std::int32_t> m_ids;
    std::unique_ptr<WorkspaceReader> m_reader;
};

TEST_F(MatchFeatures, TheFirstOfEachDictionaryAsByHand)
{
    expectAsByHand();
    EXPECT_TRUE(m_reader->matchFeatures("", {m_ids[0]}, 5)->empty());
    EXPECT_TRUE(m_reader->matchLabels("", {m_ids[0]}, 5)->empty());
}

TEST_F(MatchFeatures, TheIndexOfLabelsFollowsThem)
{
    const FeatureKey key{m_ids[2], FeatureId(5)};
    ASSERT_EQ(countLabels("lighthouse"), 0u);
    auto writer = WorkspaceWriter::open(path()).value();
    ASSERT_TRUE(writer->setLabel(key, {"lighthouses", "", LabelSource::Person}));
    EXPECT_EQ(countLabels("lighthouse"), 1u); // by its stem
    ASSERT_TRUE(writer->setLabel(key, {"", "", LabelSource::Person}));
    EXPECT_EQ(countLabels("lighthouse"), 0u);
    expectAsByHand();
    m_reader.reset(); // packing needs the file for itself
    ASSERT_TRUE(writer->pack());
    m_reader = WorkspaceReader::open(path()).value();
    expectAsByHand();
}

TEST_F(MatchFeatures, AWorkspaceOfAnOlderProgramFindsTheSameAndGetsTheIndexWhenItIsWritten)
{
    m_reader.reset();
    {
        auto database = Database::open(path(), Database::Access::Write).value();
        ASSERT_TRUE(database->run([](SQLite::Database& db) -> Result<void> {
            db.exec("DROP TRIGGER label_text_added; DROP TRIGGER label_text_removed; "
                    "DROP TRIGGER label_text_changed; DROP TABLE label_search");
            return {};
        }));
    }
    m_reader = WorkspaceReader::open(path()).value();
    expectAsByHand();
    ASSERT_TRUE(WorkspaceWriter::open(path()));
    m_reader = WorkspaceReader::open(path()).value();
    auto database = Database::open(path(), Database::Access::Read).value();
    EXPECT_TRUE(database->connection().tableExists("label_search"));
    expectAsByHand();
}

} // namespace
