#include "tests/core/store/workspace_fixture.h"

#include "core/features/saved_list_file.h"

#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

namespace {

using namespace core;

class SavedListsStore : public ::testing::Test {
protected:
    void SetUp() override
    {
        m_writer = WorkspaceWriter::open(m_folder / "w.db").value();
        for (const char* name : {"saes/a", "saes/b"})
            ASSERT_TRUE(m_writer->putHarvest(tests::someHarvest(*m_writer, name)));
        m_reader = WorkspaceReader::open(m_folder / "w.db").value();
    }
    std::vector<SavedList> lists() { return m_reader->savedLists().value(); }
    int tables()
    {
        return m_writer->database()
            .run([](SQLite::Database& db) -> Result<int> {
                return db.execAndGet("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'saved%'")
                    .getInt();
            })
            .value();
    }

    tests::TemporaryFolder m_folder;
    std::unique_ptr<WorkspaceWriter> m_writer;
    std::unique_ptr<WorkspaceReader> m_reader;
    const SavedList m_bridges{
        "Bridges", "seen in \"fog\"", {{"saes/b", FeatureId(3)}, {"saes/a", FeatureId(0)}}};
};

TEST_F(SavedListsStore, AWorkspaceWithoutListsIsAsOlderProgramsWroteItAndReads)
{
    EXPECT_EQ(tables(), 0);
    EXPECT_TRUE(lists().empty());
    ASSERT_TRUE(m_writer->setSavedList("", m_bridges));
    EXPECT_EQ(tables(), 2);
    // An older program looks at the schema's version alone.
    EXPECT_EQ(m_writer->database()
                  .run([](SQLite::Database& db) -> Result<int> {
                      return db.execAndGet("PRAGMA user_version").getInt();
                  })
                  .value(),
        1);
}

TEST_F(SavedListsStore, AreMadeChangedRenamedAndTakenAway)
{
    ASSERT_TRUE(m_writer->setSavedList("", m_bridges));
    EXPECT_EQ(lists(), std::vector<SavedList>{m_bridges}); // in the order they were added
    SavedList changed = m_bridges;
    changed.name = "Arches";
    changed.features.push_back({"saes/b", FeatureId(3)}); // twice
    changed.features.push_back({"saes/b", FeatureId(1)});
    ASSERT_TRUE(m_writer->setSavedList("Bridges", changed));
    changed.features.erase(changed.features.begin() + 2);
    EXPECT_EQ(lists(), std::vector<SavedList>{changed});
    ASSERT_TRUE(m_writer->setSavedList("", SavedList{"Bookmarks", "", {}}));
    EXPECT_EQ(lists().size(), 2u);
    ASSERT_TRUE(m_writer->setSavedList("Arches", std::nullopt));
    EXPECT_EQ(lists(), (std::vector<SavedList>{{"Bookmarks", "", {}}}));
}

TEST_F(SavedListsStore, WhatCannotBeKeptIsRefusedAndChangesNothing)
{
    ASSERT_TRUE(m_writer->setSavedList("", m_bridges));
    const auto refused = [&](const std::string& name, const SavedList& after) {
        const auto result = m_writer->setSavedList(name, after);
        EXPECT_EQ(lists(), std::vector<SavedList>{m_bridges});
        return result ? std::string() : result.error().message;
    };
    EXPECT_NE(refused("", {"", "", {}}).find("name"), std::string::npos);
    EXPECT_NE(refused("", m_bridges).find("already"), std::string::npos);
    EXPECT_NE(refused("Bridges", {"Bridges", "", {{"gone", FeatureId(0)}}}).find("gone"),
        std::string::npos);
    EXPECT_NE(refused("Bridges", {"Bridges", "", {{"saes/a", FeatureId(4)}}}).find("saes/a"),
        std::string::npos);
}

TEST_F(SavedListsStore, StayWhenTheDictionaryIsHarvestedAgain)
{
    ASSERT_TRUE(m_writer->setSavedList("", m_bridges));
    ASSERT_TRUE(m_writer->putHarvest(tests::someHarvest(*m_writer, "saes/a")));
    EXPECT_EQ(lists(), std::vector<SavedList>{m_bridges});
}

TEST_F(SavedListsStore, ExportsHoldWhatIsKnown)
{
    FeatureRow row;
    row.feature = {"saes/b", FeatureId(3)};
    row.layer = Layer(2);
    row.label = {"fog, \"thick\"", "a note", LabelSource::Person};
    row.density = 0.25;
    row.maxActivation = 4;
    row.promoted = {" fog", " bridge"};
    const auto written = [&](const char* name) {
        EXPECT_TRUE(writeSavedList(m_bridges, {row}, m_folder / name));
        std::ifstream file(m_folder / name);
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    };
    EXPECT_EQ(written("list.csv"),
        "dictionary,layer,index,label,notes,density,max_activation,promoted,output_score\n"
        "saes/b,2,3,\"fog, \"\"thick\"\"\",a note,0.25,4, fog | bridge,\n");
    const auto json = nlohmann::json::parse(written("list.json"));
    EXPECT_EQ(json["name"], "Bridges");
    EXPECT_EQ(json["description"], "seen in \"fog\"");
    EXPECT_EQ(json["features"][0]["index"], 3);
    EXPECT_EQ(json["features"][0]["label"], "fog, \"thick\"");
    EXPECT_EQ(json["features"][0]["max_activation"], 4.0);
    EXPECT_TRUE(json["features"][0]["output_score"].is_null());
    row.outputScore = 0.5;
    EXPECT_NE(written("list.csv").find(" fog | bridge,0.5\n"), std::string::npos);
    EXPECT_EQ(nlohmann::json::parse(written("list.json"))["features"][0]["output_score"], 0.5);
}

} // namespace
