#include "core/api/add_dictionaries.h"
#include "core/api/open_model.h"
#include "core/api/session_files.h"
#include "core/store/autosaves.h"
#include "core/store/workspace_writer.h"
#include "tests/core/engine/tiny_workbench.h"

#include <gtest/gtest.h>

namespace {

std::shared_ptr<core::SavedSession> sessionWithPrompt(const std::string& prompt)
{
    auto session = std::make_shared<core::SavedSession>();
    session->prompt = prompt;
    return session;
}

TEST(Autosave, TheNewestComesBackAndEachRunKeepsOne)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto state = tests::ask(*engine, core::OpenModelRequest{bench.model().string(), {}, {}});
    ASSERT_TRUE(state);
    const std::string workspace = (*state)->workspacePath;
    const auto none = tests::ask(*engine, core::ReadAutosaveRequest{workspace});
    ASSERT_TRUE(none) << none.error().message;
    EXPECT_FALSE((*none)->isThere);
    for (const auto& [run, prompt] : {std::pair("a", "first"), {"b", "other"}, {"a", "second"}})
        ASSERT_TRUE(
            tests::ask(*engine, core::AutosaveRequest{workspace, run, sessionWithPrompt(prompt)}));
    const auto newest = tests::ask(*engine, core::ReadAutosaveRequest{workspace});
    ASSERT_TRUE(newest);
    EXPECT_TRUE((*newest)->isThere);
    EXPECT_EQ((*newest)->session.prompt, "second");
    auto database = core::Database::open(workspace, core::Database::Access::Read);
    ASSERT_TRUE(database);
    EXPECT_EQ((*database)->connection().execAndGet("SELECT count(*) FROM autosave").getInt(), 2);
}

TEST(Autosave, GoesToItsOwnWorkspaceWhenAnotherModelIsOpenMeanwhile)
{
    const tests::TinyWorkbench bench;
    std::filesystem::copy(
        bench.model(), bench.file("second"), std::filesystem::copy_options::recursive);
    const auto engine = bench.startEngine();
    const auto first = tests::ask(*engine, core::OpenModelRequest{bench.model().string(), {}, {}});
    const auto second
        = tests::ask(*engine, core::OpenModelRequest{bench.file("second").string(), {}, {}});
    ASSERT_TRUE(first && second);
    ASSERT_NE((*first)->workspacePath, (*second)->workspacePath);
    ASSERT_TRUE(tests::ask(
        *engine, core::AutosaveRequest{(*first)->workspacePath, "a", sessionWithPrompt("p")}));
    EXPECT_EQ(
        (*tests::ask(*engine, core::ReadAutosaveRequest{(*first)->workspacePath}))->session.prompt,
        "p");
    EXPECT_FALSE(
        (*tests::ask(*engine, core::ReadAutosaveRequest{(*second)->workspacePath}))->isThere);
}

/// The built-in model lies elsewhere on every machine: its parts are named, not placed.
TEST(SessionFile, HoldsTheBuiltInModelByName)
{
    const tests::TemporaryFolder folder;
    core::Engine::Options options;
    options.resources = FEATURESCOPE_RESOURCES;
    options.dataFolder = folder.path().string();
    options.threads = 1;
    const auto engine = core::makeEngine(options);
    auto session = std::make_shared<core::SavedSession>();
    session->model.path = "builtin";
    session->dictionaries = {{"saes/layer_0", "builtin:saes/layer_0", {}},
        {"transcoders/layer_1", "builtin:transcoders/layer_1", {}}};
    const std::string path = (folder / "my.featurescope").string();
    const auto saved = tests::ask(*engine, core::SaveSessionRequest{path, session});
    ASSERT_TRUE(saved) << saved.error().message;
    EXPECT_EQ(tests::readAll(path).find(FEATURESCOPE_RESOURCES), std::string::npos);
    const auto read = tests::ask(*engine, core::ReadSessionRequest{path, {}, {}});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE((*read)->notes.empty());
    ASSERT_EQ((*read)->session.dictionaries.size(), 2u);
    EXPECT_EQ((*read)->session.dictionaries[1].path, "builtin:transcoders/layer_1");
    EXPECT_EQ((*read)->session.dictionaries[1].hash.size(), 16u);
    EXPECT_NE((*read)->session.dictionaries[0].hash, (*read)->session.dictionaries[1].hash);
}

/// Commits wait for the disk (SQLite's FULL is 2): what is answered for survives a power cut.
TEST(Workspace, WritesAreSynced)
{
    const tests::TemporaryFolder folder;
    const auto writer = core::WorkspaceWriter::open(folder / "w.sqlite");
    ASSERT_TRUE(writer);
    EXPECT_EQ((*writer)->database().connection().execAndGet("PRAGMA synchronous").getInt(), 2);
}

TEST(Autosaves, OnlyTheNewestTwentyRunsAreKept)
{
    const tests::TemporaryFolder folder;
    const auto writer = core::WorkspaceWriter::open(folder / "w.sqlite");
    ASSERT_TRUE(writer);
    core::Database& database = (*writer)->database();
    for (int run = 0; run < 25; ++run)
        ASSERT_TRUE(core::putAutosave(database, "run " + std::to_string(run), "x"));
    EXPECT_EQ(database.connection().execAndGet("SELECT count(*) FROM autosave").getInt(), 20);
    EXPECT_EQ(database.connection()
                  .execAndGet("SELECT count(*) FROM autosave WHERE run='run 24'")
                  .getInt(),
        1);
}

} // namespace
