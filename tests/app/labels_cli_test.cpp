// `features labels`, `suggest-labels` and `score-labels`, run as a program over a workspace file.
#include "tests/app/cli_program.h"
#include "tests/core/labels/planted_workspace.h"

#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

using tests::Ran;

class LabelsCli : public tests::CliProgram {
protected:
    LabelsCli()
    {
        planted.plant([](const auto& words, auto at) { return words[at] == "park" ? 1 : 0; });
        planted.plant([](const auto& words, auto at) { return words[at] == "river" ? 1 : 0; });
        planted.write(workspace, true);
        planted.reader.reset();
    }
    Ran features(const std::string& verb, const std::vector<std::string>& more = {},
        const std::string& form = "--json") const
    {
        std::vector<std::string> arguments{form, "features", verb, workspace};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }

    const std::string workspace = bench.file("w.db").string();
    tests::PlantedWorkspace planted;
};

TEST_F(LabelsCli, SuggestsListsAndScores)
{
    const auto made = features("suggest-labels");
    ASSERT_EQ(made.code, 0) << made.err;
    EXPECT_EQ(made.json()["dictionaries"][0]["labelled"], 2);
    EXPECT_EQ(made.json()["dictionaries"][0]["exact"], true);

    const auto listed = features("labels", {"--dictionary", "d", "--limit", "1"}).json();
    ASSERT_EQ(listed["results"].size(), 1u);
    EXPECT_GT(listed["results"][0]["score"], 0.95);
    EXPECT_LT(listed["dictionaries"][0]["shuffled"]["q50"], 0.6);
    EXPECT_THAT(features("labels", {}, "--quiet").out, HasSubstr("\"park\""));

    ASSERT_EQ(features("label", {"d:0", "a park"}).code, 0);
    const auto scored = features("score-labels").json();
    ASSERT_EQ(scored["results"].size(), 1u);
    EXPECT_GT(scored["results"][0]["score"], 0.95);
    // Of a file, for another feature: the park says nothing about the river.
    const std::string file = bench.file("labels.jsonl").string();
    ASSERT_EQ(features("export-labels", {file}).code, 0);
    EXPECT_THAT(
        features("score-labels", {file}, "--quiet").out, HasSubstr("its words predict firing: "));
    EXPECT_EQ(features("labels", {"--dictionary", "none"}).code, 1);
    EXPECT_EQ(features("show", {"d:1"}).json()["suggestion_test"]["input"], "\"river\"");
}

} // namespace
