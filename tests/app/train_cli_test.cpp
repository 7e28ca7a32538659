// `train sae` and `train transcoder`, run as a program.
#include "tests/app/cli_program.h"

#include <filesystem>
#include <map>
#include <string>

#include <gmock/gmock.h>

using testing::HasSubstr;

namespace {

using tests::Ran;

class TrainCli : public tests::CliProgram {
protected:
    TrainCli()
    {
        std::filesystem::create_directories(texts);
        std::string lines;
        for (int i = 0; i < 60; ++i)
            lines += R"({"body": "The old bridge is far from the new tower.\n\nFog."})"
                     "\n";
        tests::writeAll(texts / "a.jsonl", lines);
        tests::writeAll(texts / "b.txt", "A quiet library.\n\nA loud harbor.");
    }

    Ran train(const std::string& what, const std::string& config, const std::string& out,
        const std::vector<std::string>& more = {}) const
    {
        const auto file = bench.file("config.json");
        tests::writeAll(file, config);
        std::vector<std::string> arguments{"--json", "train", what, bench.model().string(),
            "--corpus", texts.string(), "--text-field", "body", "--config", file.string(), "--out",
            bench.file(out).string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments);
    }

    const std::filesystem::path texts = bench.file("texts");
};

const char* const kSmall = R"({"architecture": "topk", "layers": [0], "d_sae": 24, "k": 3,
    "training_tokens": 2560, "train_batch_size_tokens": 128})"; // 20 steps

TEST_F(TrainCli, LearnsFromAFolderOfTextsIntoADictionaryThatOpens)
{
    const Ran ran = train("sae", kSmall, "out");
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto metrics = ran.json()["metrics"];
    ASSERT_EQ(metrics.size(), 20u) << ran.out;
    EXPECT_EQ(metrics[0]["dictionary"], "layer_0");
    EXPECT_EQ(metrics[19]["step"], 20);
    EXPECT_EQ(metrics[19]["l0"], 3.0);
    EXPECT_GT(metrics[0]["gradient_norm"], 0.0);
    // Of one layer it lies in the folder itself, as always.
    const Ran listed = run({"--json", "dictionary", "inspect", bench.file("out").string()});
    ASSERT_EQ(listed.code, 0) << listed.err;
    EXPECT_EQ(listed.json()["d_sae"], 24);

    // What is done is not done again, and says the same.
    const Ran again = train("sae", kSmall, "out", {"--resume"});
    ASSERT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(again.json()["metrics"], metrics);
}

TEST_F(TrainCli, PartOfTheTranscodersIsSavedLayerByLayer)
{
    const Ran ran = train("transcoder",
        R"({"layers": [1], "d_sae": 24, "k": 3, "training_tokens": 1280,
            "train_batch_size_tokens": 128})",
        "trained");
    ASSERT_EQ(ran.code, 0) << ran.err;
    const Ran listed = run({"--json", "dictionary", "inspect", bench.file("trained").string()});
    ASSERT_EQ(listed.code, 0) << listed.err;
    EXPECT_EQ(listed.json()["kind"], "transcoder");
}

TEST_F(TrainCli, ASweepGivesADictionaryForEachValueWithItsPointOnTheFront)
{
    const Ran ran = train("sae", kSmall, "swept", {"--sweep", "k=2,6", "--held-out", "0.25"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    std::map<std::string, double> l0;
    for (const auto& row : ran.json()["metrics"])
        if (row["step"] == 20) {
            ASSERT_FALSE(row["measured"].is_null());
            EXPECT_GT(row["measured"]["held_out_tokens"], 0);
            EXPECT_LE(row["measured"]["fvu"], 1.5);
            l0[row["dictionary"]] = row["measured"]["l0"];
        }
    EXPECT_EQ(l0, (std::map<std::string, double>{{"layer_0_k_2", 2.0}, {"layer_0_k_6", 6.0}}));
    const Ran listed
        = run({"--json", "dictionary", "inspect", bench.file("swept/layer_0_k_6").string()});
    EXPECT_EQ(listed.code, 0) << listed.err;
    EXPECT_EQ(train("sae", kSmall, "wrong", {"--sweep", "k"}).code, 2);
    const Ran wrong = train("sae", kSmall, "wrong", {"--sweep", "k=2,big"});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("`big` is no whole number"));
}

TEST_F(TrainCli, AWrongFieldIsNamedWithTheLine)
{
    tests::writeAll(texts / "a.jsonl", "{\"content\": \"The bridge.\"}\n");
    const Ran wrong = train("sae", kSmall, "other");
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("a.jsonl: line 1: field `body` is missing"));
    EXPECT_THAT(wrong.err, HasSubstr("`content`"));
}

} // namespace
