// `features lists` and `features export-list`, run as a program over a workspace file.
#include "tests/app/cli_program.h"
#include "tests/core/store/workspace_fixture.h"

#include <filesystem>

#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

using core::FeatureId;
using tests::Ran;

class SavedListsCli : public tests::CliProgram {
protected:
    SavedListsCli()
    {
        const auto writer = core::WorkspaceWriter::open(workspace).value();
        EXPECT_TRUE(writer->putVocabulary({" the", " fog"}));
        for (const char* name : {"saes/a", "saes/b"})
            EXPECT_TRUE(writer->putHarvest(tests::someHarvest(*writer, name)));
    }

    void put(const core::SavedList& list) const
    {
        EXPECT_TRUE(core::WorkspaceWriter::open(workspace).value()->setSavedList("", list));
    }

    Ran features(const std::string& verb, const std::vector<std::string>& more = {},
        const std::string& form = "--quiet") const
    {
        std::vector<std::string> arguments{form, "features", verb, workspace};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }

    const std::string workspace = bench.file("w.db").string(),
                      table = bench.file("list.csv").string(),
                      json = bench.file("list.json").string();
    const core::SavedList bridges{
        "Bridges", "seen in fog", {{"saes/b", FeatureId(3)}, {"saes/a", FeatureId(0)}}};
};

TEST_F(SavedListsCli, NamesTheListsAndWhatIsInThem)
{
    put(bridges);
    put({"Arches", "", {}});
    const Ran ran = features("lists", {}, "--json");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.json(), nlohmann::json::parse(R"({"lists": [
        {"name": "Arches", "description": "", "features": []},
        {"name": "Bridges", "description": "seen in fog", "features": ["saes/b:3", "saes/a:0"]}
    ]})"))
        << ran.out;
    EXPECT_EQ(features("lists").out, "Arches\t0 features\t\nBridges\t2 features\tseen in fog\n");
}

TEST_F(SavedListsCli, WritesAListWithWhatIsKnownAsATableOrAsJson)
{
    put(bridges);
    EXPECT_EQ(run({"features", "label", workspace, "saes/b:3", "fog, \"thick\""}).code, 0);
    const std::string head
        = "dictionary,layer,index,label,notes,density,max_activation,promoted,output_score\n";
    EXPECT_EQ(features("export-list", {"Bridges", table}).out, "2 features written\n");
    EXPECT_EQ(tests::readAll(table),
        head
            + "saes/b,2,3,\"fog, \"\"thick\"\"\",,1,2, fog,\n"
              "saes/a,2,0,\"bridge, fog\",,0.1,4, fog,\n");
    EXPECT_EQ(features("export-list", {"Bridges", json}, "--json").json(),
        (nlohmann::json{{"features", 2}}));
    const auto written = nlohmann::json::parse(tests::readAll(json), nullptr, false);
    EXPECT_EQ(written["name"], "Bridges");
    EXPECT_EQ(written["description"], "seen in fog");
    ASSERT_EQ(written["features"].size(), 2u);
    const auto& first = written["features"][0];
    EXPECT_EQ(first["dictionary"], "saes/b");
    EXPECT_EQ(first["index"], 3);
    EXPECT_EQ(first["label"], "fog, \"thick\"");
    EXPECT_EQ(first["max_activation"], 2.0);
    EXPECT_EQ(first["promoted"], nlohmann::json{" fog"});
}

TEST_F(SavedListsCli, SaysWhichListsThereAreWhereOneIsMissing)
{
    EXPECT_EQ(features("lists").out, "no lists\n");
    EXPECT_EQ(features("lists", {}, "--json").json(),
        (nlohmann::json{{"lists", nlohmann::json::array()}}));
    const Ran none = features("export-list", {"Bridges", table});
    EXPECT_EQ(none.code, 1);
    EXPECT_THAT(none.err, HasSubstr("no list `Bridges`; it has none yet"));
    put(bridges);
    const Ran other = features("export-list", {"bridges", table});
    EXPECT_EQ(other.code, 1);
    EXPECT_THAT(other.err, HasSubstr("no list `bridges`; it has `Bridges`"));
    EXPECT_EQ(other.out, "");
    EXPECT_FALSE(std::filesystem::exists(table));
}

TEST_F(SavedListsCli, SaysWhereAListCannotBeWrittenAndWhatIsNoWorkspace)
{
    put(bridges);
    const Ran nowhere
        = features("export-list", {"Bridges", bench.file("nowhere/list.csv").string()});
    EXPECT_EQ(nowhere.code, 1);
    EXPECT_THAT(nowhere.err, HasSubstr("nowhere"));
    EXPECT_EQ(features("export-list", {"Bridges"}).code, 2);
    const std::string text = bench.file("text.db").string();
    tests::writeAll(text, "no workspace at all, just a line of words");
    const Ran wrong = run({"features", "lists", text});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("text.db"));
    EXPECT_EQ(tests::readAll(text), "no workspace at all, just a line of words");
}

} // namespace
