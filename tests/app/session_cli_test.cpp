// A session that the window saved, replayed as a program.
#include "core/api/add_dictionaries.h"
#include "core/api/open_model.h"
#include "core/api/session_files.h"
#include "tests/app/cli_program.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

namespace fs = std::filesystem;

class SessionCli : public tests::CliProgram {
protected:
    /// Runs one of each kind with the engine of the window and saves it as the window does.
    fs::path saved()
    {
        const auto engine = bench.startEngine();
        EXPECT_TRUE(tests::ask(*engine, core::OpenModelRequest{bench.model().string(), {}, {}}));
        EXPECT_TRUE(
            tests::ask(*engine, core::AddDictionariesRequest{bench.transcoders().string()}));
        core::SavedSession session;
        session.model.path = bench.model().string();
        session.model.name = "tiny";
        for (const char* name : {"plt/layer_0", "plt/layer_1"})
            session.dictionaries.push_back({name, bench.transcoders().string(), {}});
        const auto step = [&](auto request) {
            const auto answer = tests::ask(*engine, request);
            ASSERT_TRUE(answer) << answer.error().message;
            session.steps.push_back({request, *answer, {}});
        };
        core::GenerateRequest generate;
        generate.prompt = "The quick brown fox";
        generate.settings.maxTokens = 8;
        generate.settings.temperature = 0.9;
        generate.settings.seed = 5;
        core::Intervention add;
        add.feature = {"plt/layer_0", core::FeatureId(3)};
        add.mode = core::InterventionMode::Add;
        add.value = 4;
        generate.interventions = {add};
        step(generate);
        step(core::AnalyzeRequest{"The quick brown fox", {}, 40});
        core::TraceRequest trace;
        trace.prompt = "The quick brown fox";
        step(trace);
        core::PatchRequest patch;
        patch.cleanIds = {core::TokenId(5), core::TokenId(70), core::TokenId(8)};
        patch.corruptIds = {core::TokenId(5), core::TokenId(90), core::TokenId(8)};
        patch.answer = "#65";
        patch.other = "#66";
        patch.sites = {core::PatchSite::ResidPre, core::PatchSite::Feature};
        step(patch);
        const fs::path path = bench.file("my.featurescope");
        const auto written = tests::ask(*engine,
            core::SaveSessionRequest{
                path.string(), std::make_shared<core::SavedSession>(std::move(session))});
        EXPECT_TRUE(written) << written.error().message;
        return path;
    }
    static nlohmann::json jsonOf(const fs::path& path)
    {
        return nlohmann::json::parse(tests::readAll(path));
    }
};

TEST_F(SessionCli, ReplaysWhatTheWindowRanWithTheSameNumbers)
{
    const fs::path path = saved();
    const tests::Ran ran = run({"--json", "session", "run", path.string()});
    ASSERT_EQ(ran.code, 0) << ran.err << ran.out;
    const nlohmann::json json = ran.json();
    ASSERT_EQ(json["steps"].size(), 4u);
    for (const nlohmann::json& step : json["steps"])
        EXPECT_TRUE(step["same"].get<bool>()) << step.dump();
    EXPECT_EQ(json["steps"][0]["what"], "generate: The quick brown fox");
    EXPECT_TRUE(json["notes"].empty()) << json["notes"].dump();
}

TEST_F(SessionCli, NamesTheNumberThatDiffersAndEndsWithOne)
{
    const fs::path path = saved();
    nlohmann::json json = jsonOf(path);
    nlohmann::json& logprobs = json["steps"][0]["result"]["steered.logprobs"];
    ASSERT_EQ(logprobs.size(), 8u);
    logprobs[2] = logprobs[2].get<double>() - 0.5;
    std::ofstream(path) << json.dump();
    const tests::Ran ran = run({"--json", "session", "run", path.string()});
    EXPECT_EQ(ran.code, 1);
    const nlohmann::json steps = ran.json()["steps"];
    ASSERT_EQ(steps.size(), 4u);
    EXPECT_FALSE(steps[0]["same"].get<bool>());
    EXPECT_THAT(steps[0]["difference"].get<std::string>(), HasSubstr("steered.logprobs[2]: "));
    EXPECT_TRUE(steps[1]["same"].get<bool>());
    EXPECT_TRUE(steps[2]["same"].get<bool>());
}

TEST_F(SessionCli, OpensWhereTheModelLiesElsewhere)
{
    const fs::path path = saved();
    const fs::path elsewhere = bench.file("elsewhere");
    fs::create_directories(elsewhere);
    fs::rename(bench.model(), elsewhere / "tiny");
    fs::rename(bench.transcoders(), elsewhere / "plt");
    // Neither where it was nor beside the file.
    const tests::Ran lost = run({"session", "run", path.string()});
    EXPECT_EQ(lost.code, 1);
    EXPECT_THAT(lost.err, HasSubstr("model.path"));
    const tests::Ran told = run({"session", "run", path.string(), "--model",
        (elsewhere / "tiny").string(), "--dictionary", (elsewhere / "plt").string()});
    EXPECT_EQ(told.code, 0) << told.err << told.out;
    fs::rename(path, elsewhere / "my.featurescope");
    const tests::Ran beside = run({"session", "run", (elsewhere / "my.featurescope").string()});
    EXPECT_EQ(beside.code, 0) << beside.err << beside.out;
}

TEST_F(SessionCli, SaysWhenTheModelIsAnother)
{
    const fs::path path = saved();
    nlohmann::json json = jsonOf(path);
    ASSERT_EQ(json["model"]["hash"].get<std::string>().size(), 16u);
    json["model"]["hash"] = "0000000000000000";
    std::ofstream(path) << json.dump();
    const tests::Ran ran = run({"--json", "session", "run", path.string()});
    EXPECT_EQ(ran.code, 0);
    ASSERT_EQ(ran.json()["notes"].size(), 1u);
    EXPECT_THAT(ran.json()["notes"][0].get<std::string>(), HasSubstr("another hash"));
}

} // namespace
