// `train sae` and `train transcoder`, run as a program.
#include "tests/app/cli_program.h"
#include "tests/support/free_port.h"

#include <filesystem>
#include <map>
#include <string>
#include <thread>

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

TEST_F(TrainCli, ACrossLayerTranscoderOpensAsASet)
{
    const Ran printed = run({"train", "clt", "--print-config", "clt"});
    ASSERT_EQ(printed.code, 0) << printed.err;
    EXPECT_THAT(printed.out, HasSubstr("\"cross_layer\": true"));
    std::string config = printed.out; // smaller
    for (const auto& [from, to] :
        {std::pair("\"training_tokens\": 1638400", "\"training_tokens\": 640"),
            std::pair("\"train_batch_size_tokens\": 2048", "\"train_batch_size_tokens\": 64")}) {
        ASSERT_NE(config.find(from), std::string::npos) << config;
        config.replace(config.find(from), std::string(from).size(), to);
    }
    const Ran ran = train("clt", config, "clt");
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.json()["metrics"][1]["dictionary"], "layer_1");
    const Ran listed = run({"--json", "dictionary", "list", bench.file("clt").string()});
    ASSERT_EQ(listed.code, 0) << listed.err;
    EXPECT_EQ(listed.json()["dictionaries"].size(), 2u);
    EXPECT_EQ(listed.json()["dictionaries"][0]["format"], "circuit-tracer");

    // And learning goes on from it.
    const Ran further = train("clt", config, "further", {"--from", bench.file("clt").string()});
    ASSERT_EQ(further.code, 0) << further.err;
    EXPECT_LT(further.json()["metrics"][0]["loss"].get<double>(),
        ran.json()["metrics"][0]["loss"].get<double>());
}

TEST_F(TrainCli, TwoProcessesHaveTheLossesOfOneWithTheDoubleBatch)
{
    const auto config = [](int batch) {
        return R"({"architecture": "batchtopk", "layers": [0, 1], "d_sae": 40, "k": 3,
            "training_tokens": 2560, "train_batch_size_tokens": )"
            + std::to_string(batch) + "}";
    };
    const Ran alone = train("transcoder", config(128), "alone");
    ASSERT_EQ(alone.code, 0) << alone.err;
    const std::string port = std::to_string(tests::freePort());
    Ran ran[2];
    const auto worker = [&](int rank) {
        const auto file = bench.file("config_64.json");
        ran[rank] = run({"--json", "train", "transcoder", bench.model().string(), "--corpus",
                            texts.string(), "--text-field", "body", "--config", file.string(),
                            "--out", bench.file("both").string(), "--world-size", "2", "--rank",
                            std::to_string(rank), "--master-port", port},
            "stderr_" + std::to_string(rank) + ".txt");
    };
    tests::writeAll(bench.file("config_64.json"), config(64));
    std::thread second(worker, 1);
    worker(0);
    second.join();
    for (const Ran& each : ran) {
        ASSERT_EQ(each.code, 0) << each.err;
        const auto a = each.json()["metrics"], b = alone.json()["metrics"];
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) {
            EXPECT_EQ(a[i]["tokens"], b[i]["tokens"]);
            EXPECT_NEAR(a[i]["loss"].get<double>(), b[i]["loss"].get<double>(),
                1e-3 * b[i]["loss"].get<double>())
                << i;
        }
    }
    // The first one measures on what both hold out.
    EXPECT_GT(ran[0].json()["metrics"].back()["measured"]["held_out_tokens"], 0);
    EXPECT_TRUE(ran[1].json()["metrics"].back()["measured"].is_null());
    const Ran listed = run({"--json", "dictionary", "list", bench.file("both").string()});
    EXPECT_EQ(listed.json()["dictionaries"].size(), 2u) << listed.err;
}

TEST_F(TrainCli, AWorkerThatIsLostEndsTheRunWithACheckpointThatGoesOn)
{
    const auto config = [](std::int64_t steps) {
        return R"({"architecture": "topk", "layers": [0], "d_sae": 24, "k": 3,
            "train_batch_size_tokens": 64, "training_tokens": )"
            + std::to_string(steps * 128) + "}";
    };
    // The second one means to take twenty steps and is gone then; the first knows nothing of it.
    tests::writeAll(bench.file("0.json"), config(1'000'000));
    tests::writeAll(bench.file("1.json"), config(20));
    const std::string port = std::to_string(tests::freePort());
    const auto worker = [&](const std::string& rank) {
        return run({"train", "sae", bench.model().string(), "--corpus", texts.string(),
                       "--text-field", "body", "--config", bench.file(rank + ".json").string(),
                       "--out", bench.file("lost").string(), "--world-size", "2", "--rank", rank,
                       "--master-port", port},
            "stderr_" + rank + ".txt");
    };
    std::thread second([&] { worker("1"); });
    const Ran first = worker("0");
    second.join();
    EXPECT_EQ(first.code, 1);
    EXPECT_THAT(first.err, HasSubstr("Worker 0 of 2 lost another one"));
    EXPECT_THAT(first.err, HasSubstr("is kept in"));
    const auto record = nlohmann::json::parse(
        tests::readAll(bench.file("lost/training_run.json")), nullptr, false);
    EXPECT_EQ(record["steps"], 20);

    // What is left is a run like any other that was stopped: alone it goes on, here to its end.
    const auto kept = bench.file("lost/training_config.json");
    auto ends = nlohmann::json::parse(tests::readAll(kept));
    ends["training_tokens"] = 25 * 64;
    tests::writeAll(kept, ends.dump());
    const Ran on = train("sae", ends.dump(), "lost", {"--resume"});
    ASSERT_EQ(on.code, 0) << on.err;
    EXPECT_EQ(on.json()["metrics"].back()["step"], 25);
}

TEST_F(TrainCli, ASweepGivesADictionaryForEachValueWithItsPointOnTheFront)
{
    const Ran ran = train("sae", kSmall, "swept", {"--sweep", "k=2,6", "--held-out", "0.25"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    std::map<std::string, double> l0;
    const auto metrics = ran.json()["metrics"];
    for (const auto& row : metrics)
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
