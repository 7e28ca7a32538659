// The command line opens what can be opened of a folder, warns of the rest and lists it.
#include "tests/app/cli_program.h"

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;
using MisfitCli = tests::CliProgram;

TEST_F(MisfitCli, WarnsOnStderrAndListsWhatWasRefused)
{
    namespace fs = std::filesystem;
    const fs::path all = bench.file("all");
    fs::create_directories(all);
    fs::copy(bench.sae(), all / "good");
    fs::copy(bench.sae(), all / "cut");
    fs::resize_file(all / "cut" / "sae_weights.safetensors", 300);
    const auto corpus = bench.file("corpus.txt");
    FILE* const text = fopen(corpus.c_str(), "w");
    fputs("hello world, this is a test\n\nand this is another one\n", text);
    fclose(text);
    for (const std::vector<std::string>& verb :
        {std::vector<std::string>{"--json", "dictionary", "list", all.string()},
            {"--json", "dictionary", "evaluate", bench.model().string(), all.string(), "--corpus",
                corpus.string()}}) {
        const tests::Ran ran = run(verb);
        ASSERT_EQ(ran.code, 0) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr("warning: not opened:"));
        EXPECT_THAT(ran.err, HasSubstr("cut short"));
        const auto json = ran.json();
        ASSERT_EQ(json["dictionaries"].size(), 1u) << ran.out;
        ASSERT_EQ(json["refused"].size(), 1u) << ran.out;
        EXPECT_EQ(json["refused"][0]["name"], "all/cut");
        EXPECT_EQ(json["refused"][0]["path"], (all / "cut").string());
        EXPECT_THAT(json["refused"][0]["reason"].get<std::string>(), HasSubstr("cut short"));
    }
    fs::remove_all(all / "good");
    const tests::Ran none = run({"dictionary", "list", all.string()});
    EXPECT_EQ(none.code, 1);
    EXPECT_THAT(none.err, HasSubstr("cut short"));
}

} // namespace
