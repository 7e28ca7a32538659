#include "tests/app/cli_program.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;
using ExplainCli = tests::CliProgram;

TEST_F(ExplainCli, GivesBoxesArrowsAndSentencesAndAGraphThatHoldsThem)
{
    const std::string file = bench.file("story.json").string();
    const std::vector<std::string> words{"explain", bench.model().string(), "--dictionary",
        bench.transcoders().string(), "--prompt", "the red house is", "--boxes", "6", "--out",
        file};
    std::vector<std::string> asJson{"--json"};
    asJson.insert(asJson.end(), words.begin(), words.end());
    const auto ran = run(asJson);
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto json = ran.json();
    EXPECT_THAT(json["title"].get<std::string>(), HasSubstr("Why "));
    EXPECT_NEAR(json["carried"].get<double>() + json["through_errors"].get<double>()
            + json["left_out"].get<double>(),
        1.0, 1e-6);
    EXPECT_GE(json["boxes"].size(), 2u);
    EXPECT_LE(json["boxes"].size(), 6u);
    EXPECT_EQ(json["boxes"].back()["kind"], "logit");
    ASSERT_EQ(json["sentences"].size(), json["arrows"].size());
    const auto& boxes = json["boxes"];
    for (std::size_t i = 0; i < json["arrows"].size(); ++i) {
        const auto& arrow = json["arrows"][i];
        const std::string sentence = json["sentences"][i];
        EXPECT_LT(arrow["from"], arrow["to"]) << "from the words up";
        EXPECT_THAT(sentence,
            HasSubstr(boxes[arrow["from"].get<std::size_t>()]["name"].get<std::string>()));
        EXPECT_EQ(sentence.find('{'), std::string::npos) << sentence;
    }
    std::ifstream written(file);
    const auto graph = nlohmann::json::parse(written, nullptr, false);
    ASSERT_TRUE(graph.is_object());
    std::size_t groups = 0;
    for (const auto& box : boxes)
        groups += box["kind"] == "feature";
    EXPECT_EQ(graph["qParams"]["supernodes"].size(), groups);

    const auto text = run(words);
    EXPECT_EQ(text.code, 0) << text.err;
    EXPECT_THAT(text.out, HasSubstr(json["title"].get<std::string>()));
    for (const auto& sentence : json["sentences"])
        EXPECT_THAT(text.out, HasSubstr(sentence.get<std::string>()));
}

TEST_F(ExplainCli, RefusesWhatCannotBe)
{
    EXPECT_EQ(run({"explain", bench.model().string(), "--prompt", "the", "--boxes", "2"}).code, 2);
    EXPECT_EQ(run({"explain", bench.model().string()}).code, 2);
    const auto without = run({"explain", bench.model().string(), "--prompt", "the red house"});
    EXPECT_EQ(without.code, 1);
    EXPECT_FALSE(without.err.empty());
}

} // namespace
