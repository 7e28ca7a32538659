// `harvest` by several processes, run as programs.
#include "tests/app/cli_program.h"
#include "tests/core/store/workspace_contents.h"
#include "tests/support/free_port.h"

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

using tests::Ran;

class HarvestCli : public tests::CliProgram {
protected:
    HarvestCli()
    {
        std::string text;
        for (int i = 0; i < 400; ++i)
            text += "The old bridge is far from the new tower " + std::to_string(i) + ".\n\n";
        tests::writeAll(bench.file("corpus.txt"), text);
    }

    Ran harvest(const std::string& workspace, const std::vector<std::string>& more,
        const std::string& err = "stderr.txt") const
    {
        std::vector<std::string> arguments{"--json", "harvest", bench.model().string(),
            bench.sae().string(), "--corpus", bench.file("corpus.txt").string(), "--workspace",
            bench.file(workspace).string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments, err);
    }
};

TEST_F(HarvestCli, TwoProcessesMakeTheWorkspaceOfOne)
{
    const Ran alone = harvest("alone.sqlite", {});
    ASSERT_EQ(alone.code, 0) << alone.err;
    const std::string port = std::to_string(tests::freePort());
    Ran ran[2];
    const auto worker = [&](int rank) {
        const std::string name = std::to_string(rank);
        ran[rank] = harvest("both_" + name + ".sqlite",
            {"--world-size", "2", "--rank", name, "--master-port", port},
            "stderr_" + name + ".txt");
    };
    std::thread second(worker, 1);
    worker(0);
    second.join();
    for (const Ran& each : ran)
        ASSERT_EQ(each.code, 0) << each.err;
    EXPECT_EQ(tests::workspaceContents(bench.file("both_0.sqlite")),
        tests::workspaceContents(bench.file("alone.sqlite")));
    EXPECT_EQ(ran[0].json()["tokens"], alone.json()["tokens"]);
    EXPECT_EQ(ran[0].json()["features_alive"], alone.json()["features_alive"]);
    EXPECT_GT(ran[1].json()["tokens"], 0);
    // The first one writes alone.
    EXPECT_FALSE(std::filesystem::exists(bench.file("both_1.sqlite")));
}

TEST_F(HarvestCli, ARankThatCannotBeIsRefusedBeforeAnything)
{
    const Ran ran = harvest("w.sqlite", {"--world-size", "2", "--rank", "2"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("worker 2 of 2 cannot be"));
    EXPECT_FALSE(std::filesystem::exists(bench.file("w.sqlite")));
}

} // namespace
