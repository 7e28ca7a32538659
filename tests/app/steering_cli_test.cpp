#include "tests/app/cli_program.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

using testing::HasSubstr;
using tests::Ran;

namespace {

const std::string kPrompt = "Q: What can I do in Paris?\nA:";

} // namespace

class SteeringCli : public tests::CliProgram {
protected:
    Ran failing(const std::vector<std::string>& arguments) const
    {
        Ran ran = run(arguments);
        EXPECT_EQ(ran.code, 1) << ran.out;
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
        return ran;
    }
    static std::vector<std::string> generate(std::vector<std::string> more)
    {
        std::vector<std::string> all{"--json", "generate", "builtin", "--prompt", kPrompt,
            "--max-tokens", "24", "--temperature", "0.6", "--intervene",
            "saes/layer_1:857:clamp=10x"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
};

TEST_F(SteeringCli, AGuardedTextSaysWhatItSpent)
{
    const Ran ran = run(generate({"--kl-budget", "0.2:6", "--candidates", "1"}));
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json json = ran.json(), steered = json["steered"];
    const std::size_t tokens = steered["ids"].size();
    ASSERT_EQ(steered["lambda"].size(), tokens);
    ASSERT_EQ(steered["spent"].size(), tokens);
    double spent = 0.0;
    for (const auto& each : steered["spent"])
        spent += each.get<double>();
    EXPECT_LE(spent, json["budget"]["spent"].get<double>() + 1e-4); // the end token's is not listed
    EXPECT_EQ(steered["text_kl"], json["budget"]["spent"]);
    EXPECT_LE(json["budget"]["spent"].get<double>(), json["budget"]["allowed"].get<double>());
    EXPECT_EQ(json["budget"]["beyond"], 0.0);
    EXPECT_EQ(run(generate({"--kl-budget", "0.2:6", "--candidates", "1"})).json()["steered"]["ids"],
        steered["ids"]);
}

TEST_F(SteeringCli, ABudgetThatIsNoneIsRefused)
{
    EXPECT_THAT(failing(generate({"--kl-budget", "much"})).err, HasSubstr("MEAN or MEAN:PEAK"));
    EXPECT_THAT(failing(generate({"--kl-budget=-1:4"})).err, HasSubstr("-1"));
    EXPECT_THAT(failing(generate({"--kl-budget", "inf"})).err, HasSubstr("inf"));
    EXPECT_THAT(failing(generate({"--max-surprisal", "2"})).err, HasSubstr("--kl-budget"));
}

TEST_F(SteeringCli, ASweepListsEveryCell)
{
    const Ran ran = run({"--json", "sweep", "builtin", "--prompt", kPrompt, "--intervene",
        "saes/layer_2:373:clamp=1x", "--methods", "clamp,add", "--strengths", "1,2", "--kl-budget",
        "0.2:12", "--candidates", "4", "--temperature", "0.6", "--max-tokens", "20"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json json = ran.json();
    ASSERT_EQ(json["cells"].size(), 8u); // two methods, with and without the guard, two strengths
    EXPECT_EQ(json["iso_kl"].size(), 4u);
    for (const auto& cell : json["cells"]) {
        EXPECT_TRUE(cell["text"].is_string());
        EXPECT_GE(cell["kl_p95"], 0.0);
        EXPECT_EQ(cell["spent"] > 0.0,
            cell["method"].get<std::string>().find("guarded") != std::string::npos);
    }
    if (!json["proposal"].is_null()) {
        bool isThere = false;
        for (const auto& cell : json["cells"])
            isThere = isThere
                || (cell["method"] == json["proposal"]["method"]
                    && cell["strength"] == json["proposal"]["strength"] && cell["is_whole"] == true
                    && cell["on_topic"] > json["normal"]["on_topic"]);
        EXPECT_TRUE(isThere);
    }
    EXPECT_THAT(failing({"sweep", "builtin", "--prompt", kPrompt, "--intervene",
                            "saes/layer_2:373:clamp=1x", "--strengths", "1,lots"})
                    .err,
        HasSubstr("lots"));
    EXPECT_THAT(failing({"sweep", "builtin", "--prompt", kPrompt, "--intervene",
                            "saes/layer_2:373:clamp=1x", "--strengths", "1", "--methods", "twist"})
                    .err,
        HasSubstr("twist"));
}

TEST_F(SteeringCli, WhatSteersRanksWordsAndFeatures)
{
    const Ran ran = run({"--json", "features", "steering", "builtin", "golden", "gate", "--prompt",
        kPrompt, "--most", "4", "--strengths", "5", "--samples", "1", "--kl-budget", "0.2:12",
        "--candidates", "4", "--temperature", "0.6", "--max-tokens", "20"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const nlohmann::json json = ran.json();
    ASSERT_EQ(json["results"].size(), 4u);
    const int steering = json["steering"];
    for (int i = 0; i < 4; ++i)
        EXPECT_EQ(json["results"][i]["steers"], i < steering);
    EXPECT_EQ(json["topic"].size(), 4u);
    EXPECT_THAT(failing({"features", "steering", "builtin", "zzyzx", "--prompt", kPrompt}).err,
        HasSubstr("zzyzx"));
}
