// What a training refuses, and that it writes nothing then; what it may go on with.
#include "core/api/train.h"
#include "core/engine/open_training.h"
#include "core/engine/training_config.h"
#include "core/engine/training_sweep.h"
#include "tests/core/engine/open_bench.h"
#include "tests/core/engine/small_training.h"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using namespace core;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

struct TrainRefusals : testing::Test {
    tests::OpenBench bench;
    const json good{{"architecture", "l1"}, {"layers", {0}}, {"d_sae", 32},
        {"training_tokens", 6400}, {"train_batch_size_tokens", 64}, {"l1_coefficient", 0.1}};

    TrainDictionaryRequest request(const json& changes, const std::string& name = "out")
    {
        json config = good;
        config.merge_patch(changes); // null takes a field away
        const auto file = bench.files.file("config.json");
        tests::writeAll(file, config.dump());
        TrainDictionaryRequest asked;
        asked.configFile = file.string();
        asked.text.tokens = 600;
        asked.out = bench.files.file(name).string();
        return asked;
    }

    std::string refusal(const TrainDictionaryRequest& asked)
    {
        const auto result = bench.run(asked);
        EXPECT_FALSE(result);
        return result ? std::string() : result.error().message;
    }
};

TEST_F(TrainRefusals, NameTheFieldAndWriteNothing)
{
    const std::vector<std::pair<std::string, json>> wrong{
        {"lr", {{"lr", -1}}},
        {"lr", {{"lr", 0}}},
        {"lr_end", {{"lr_end", 5}, {"lr_scheduler_name", "linear"}}},
        {"lr_warm_up_steps", {{"lr_warm_up_steps", -5}}},
        {"lr_decay_steps", {{"lr_decay_steps", -5}}},
        {"l1_coefficient", {{"l1_coefficient", -1}}},
        {"l1_warm_up_steps", {{"l1_warm_up_steps", -10}}},
        {"max_grad_norm", {{"max_grad_norm", -1}}},
        {"dead_feature_window", {{"dead_feature_window", 0}}},
        {"resample_every", {{"resample_every", -1}}},
        {"measure_every", {{"measure_every", 5}}},
        {"training_tokens", {{"training_tokens", 9223372036854775807LL}}},
        {"train_batch_size_tokens", {{"train_batch_size_tokens", 1000000000000LL}}},
        {"seed", {{"seed", -1}}},
        {"d_sae", {{"d_sae", -3}}},
        {"expansion_factor", {{"d_sae", nullptr}, {"expansion_factor", 1000000000000000000LL}}},
        {"dtype", {{"dtype", "float8"}}},
        {"layers", {{"layers", {7}}}},
        {"layers", {{"layers", {99999999999LL}}}},
        {"hook_name", {{"layers", nullptr}, {"hook_name", "blocks.0.attn.hook_z"}}},
        {"hook_name", {{"layers", nullptr}, {"hook_name", "blocks.0.attn.hook_pattern"}}},
        {"hook_name", {{"layers", nullptr}, {"hook_name", "blocks.0.hook_nowhere"}}},
        {"has_skip", {{"has_skip", true}}},
        {"k is 100000", {{"architecture", "topk"}, {"l1_coefficient", nullptr}, {"k", 100000}}},
    };
    for (const auto& [field, changes] : wrong) {
        const auto asked = request(changes);
        EXPECT_THAT(refusal(asked), AllOf(HasSubstr(field), HasSubstr("config.json"))) << changes;
        EXPECT_FALSE(std::filesystem::exists(asked.out)) << changes;
    }
}

TEST_F(TrainRefusals, WhatDoesNotFitIntoMemoryIsSaidBeforeItIsTaken)
{
    const auto asked = request({{"d_sae", 2000000000}});
    EXPECT_THAT(refusal(asked), AllOf(HasSubstr("GiB are free"), HasSubstr("smaller d_sae")));
    EXPECT_FALSE(std::filesystem::exists(asked.out));
}

TEST_F(TrainRefusals, ATranscoderThatNoFileHoldsOrNothingCanMean)
{
    auto asked = request({{"architecture", "topk"}, {"l1_coefficient", nullptr}});
    asked.isTranscoder = true;
    EXPECT_THAT(refusal(asked), AllOf(HasSubstr("architecture"), HasSubstr("Choose batchtopk")));
    asked = request({{"layers", nullptr}, {"hook_name", "blocks.0.hook_resid_post"}});
    asked.isTranscoder = true;
    EXPECT_THAT(refusal(asked), AllOf(HasSubstr("hook_name"), HasSubstr("mlp.hook_in")));
    EXPECT_FALSE(std::filesystem::exists(asked.out));
}

TEST_F(TrainRefusals, ASweepThatSaysNothing)
{
    for (const json& values : {json::array(), json{0.1, 0.1}, json(std::vector<double>(40, 0.5))}) {
        const auto asked = request({{"sweep", {{"lambda", values}}}});
        EXPECT_THAT(refusal(asked), HasSubstr("sweep")) << values;
        EXPECT_FALSE(std::filesystem::exists(asked.out));
    }
    EXPECT_THAT(refusal(request({{"sweep", {{"architecture", {"dense"}}}}})),
        AllOf(HasSubstr("`dense`"), HasSubstr("matryoshka_batchtopk")));
}

TEST_F(TrainRefusals, ATextShorterThanABatchAndAFileThatIsNoText)
{
    auto asked = request(json::object());
    const auto text = bench.files.file("text.txt");
    asked.text.path = text.string();
    tests::writeAll(text, "A word or two.");
    EXPECT_THAT(
        refusal(asked), AllOf(HasSubstr("text.txt holds"), HasSubstr("fewer than one batch")));
    EXPECT_FALSE(std::filesystem::exists(asked.out));
    tests::writeAll(text, std::string("MZ\0\3\0 and so on", 15));
    EXPECT_THAT(refusal(asked), AllOf(HasSubstr("text.txt"), HasSubstr("byte 2 is zero")));
    EXPECT_FALSE(std::filesystem::exists(asked.out));
}

TEST_F(TrainRefusals, LeaveARunThatIsThereAsItWas)
{
    const auto asked = request(json::object());
    const auto made = bench.run(asked);
    ASSERT_TRUE(made) << made.error().message;
    const auto files = [&] {
        std::map<std::string, std::string> all;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(asked.out))
            if (entry.is_regular_file())
                all[entry.path().string()] = tests::readAll(entry.path());
        return all;
    };
    const auto before = files();
    EXPECT_THAT(refusal(request({{"d_sae", -1}})), HasSubstr("d_sae"));
    auto missing = request(json::object());
    missing.text.path = bench.files.file("nowhere.txt").string();
    EXPECT_THAT(refusal(missing), HasSubstr("nowhere.txt"));
    EXPECT_EQ(files(), before);
}

struct PausedTraining : TrainRefusals {
    /// 30 of 100 steps, and forgotten, as after the program was closed.
    void pause(const json& changes = json::object())
    {
        std::stop_source source;
        const auto paused = bench.run(request(changes), source.get_token(), [&](const Progress& p) {
            if (p.unit == "steps" && p.done >= 30)
                source.request_stop();
        });
        ASSERT_TRUE(paused) << paused.error().message;
        ASSERT_TRUE(paused->isPaused);
        bench.bench().training.reset();
    }

    Result<TrainingOutcome> goOn(const json& changes)
    {
        auto asked = request(changes);
        asked.isResuming = true;
        return bench.run(asked);
    }
};

TEST_F(PausedTraining, GoesOnWithOtherRatesOfTheConfigurationAndRefusesTheRest)
{
    pause();
    const auto refused = goOn({{"d_sae", 64}});
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("only lr and the coefficient"));
    const auto done = goOn({{"lr", 1e-5}, {"l1_coefficient", 0.7}, {"lr_decay_steps", 20}});
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_FALSE(done->isPaused);
    EXPECT_EQ(done->metrics.back().step, 100);
    const auto config = TrainingFolder(request(json::object()).out).config(false);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->options.schedule.lr, 1e-5);
    EXPECT_EQ(config->options.l1_coefficient, 0.7);
    for (const TrainMetrics& row : done->metrics)
        if (row.step > 50 && row.step < 80) { // between warm-up and decay
            EXPECT_EQ(row.learningRate, 1e-5) << row.step;
        }
}

TEST_F(PausedTraining, WithoutItsCheckpointDoesNotBeginAnewInSilence)
{
    pause();
    std::filesystem::remove(TrainingRun::checkpoint(request(json::object()).out, "layer_0"));
    const auto lost = goOn(json::object());
    ASSERT_FALSE(lost);
    EXPECT_THAT(lost.error().message, HasSubstr("checkpoint of the run is not there"));
}

TEST_F(PausedTraining, HasACurveHoweverLongItWasToBe)
{
    pause({{"training_tokens", 640'000'000}});
    const auto info = TrainingFolder(request(json::object()).out).info();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->totalSteps, 10'000'000);
    EXPECT_EQ(std::ssize(info->metrics), info->steps);
}

TEST_F(PausedTraining, KeepsTheRowsOfOneThatWasNeverStoppedAlsoWhereTheyAreThinned)
{
    const json longer{{"training_tokens", 64 * 1100}, {"measure_every", 0}};
    const auto whole = bench.run(request(longer, "whole"));
    ASSERT_TRUE(whole) << whole.error().message;
    std::stop_source source;
    const auto paused = bench.run(request(longer), source.get_token(), [&](const Progress& p) {
        if (p.unit == "steps" && p.done >= 700)
            source.request_stop();
    });
    ASSERT_TRUE(paused && paused->isPaused);
    bench.bench().training.reset();
    const auto parts = goOn(longer);
    ASSERT_TRUE(parts) << parts.error().message;
    std::vector<std::int64_t> steps;
    for (const TrainMetrics& row : whole->metrics)
        steps.push_back(row.step);
    ASSERT_EQ(steps.size(), 275u); // every fourth
    EXPECT_EQ(steps.front(), 4);
    EXPECT_EQ(steps.back(), 1100);
    ASSERT_EQ(parts->metrics.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        EXPECT_EQ(parts->metrics[i].step, steps[i]);
        EXPECT_EQ(parts->metrics[i].loss, whole->metrics[i].loss);
    }
}

TEST_F(TrainRefusals, ABeginningThatDoesNotFitLeavesARunThatIsThereAsItWas)
{
    auto asked = request(json::object());
    ASSERT_TRUE(bench.run(asked));
    const auto before = tests::readAll(std::filesystem::path(asked.out) / "training_run.json");
    asked.startFrom = bench.files.file("nowhere").string();
    EXPECT_THAT(refusal(asked), HasSubstr("nowhere"));
    EXPECT_EQ(tests::readAll(std::filesystem::path(asked.out) / "training_run.json"), before);
}

TEST_F(PausedTraining, OfASweepOverArchitecturesKeepsTheirCoefficientsWithAnotherLearningRate)
{
    const json swept{{"architecture", "batchtopk"}, {"l1_coefficient", 5.0}, {"k", 3},
        {"l0_coefficient", 0.5}, {"sweep", {{"architecture", {"jumprelu", "standard"}}}}};
    pause(swept);
    json slower = swept;
    slower["lr"] = 1e-4;
    const auto done = goOn(slower);
    ASSERT_TRUE(done) << done.error().message;
    std::map<std::string, double> lambdas;
    for (const TrainMetrics& row : done->metrics)
        if (row.step == row.totalSteps)
            lambdas[row.dictionary] = row.measured->lambda;
    EXPECT_EQ(lambdas["layer_0_architecture_jumprelu"], 0.5);
    EXPECT_EQ(lambdas["layer_0_architecture_standard"], 5.0);
}

/// Each architecture of a sweep is what it would be by itself.
TEST_F(TrainRefusals, ASweepsJumpReluHasTheScheduleOfItsOwn)
{
    auto config = request({{"architecture", "batchtopk"}, {"l1_coefficient", nullptr},
        {"sweep", {{"architecture", {"batchtopk", "jumprelu", "standard"}}}}});
    const auto swept = readDictionaryTraining(config.configFile, false);
    ASSERT_TRUE(swept) << swept.error().message;
    const auto all = sweptOptions(*swept, {0});
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 3u);
    for (const DictionaryTrainerOptions& options : *all) {
        const bool isJumpRelu = options.objective == DictionaryObjective::JumpRelu;
        EXPECT_EQ(options.l1_warm_up_steps, isJumpRelu ? 100 : 0);
    }
    // Read back from the folder of the run it is the same; one that somebody wrote stays.
    tests::writeAll(config.configFile, writtenDictionaryTraining(*swept));
    const auto again = readDictionaryTraining(config.configFile, false);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ((*sweptOptions(*again, {0}))[1].l1_warm_up_steps, 100);
    config = request({{"architecture", "batchtopk"}, {"l1_coefficient", nullptr},
        {"l1_warm_up_steps", 7}, {"sweep", {{"architecture", {"jumprelu"}}}}});
    EXPECT_EQ(sweptOptions(*readDictionaryTraining(config.configFile, false), {0})
                  ->front()
                  .l1_warm_up_steps,
        7);
}

TEST(Restarts, LeaveWhatBeginsAnewAsManyStepsToLearn)
{
    DictionaryTrainerOptions options;
    options.resample_every = 976; // a quarter of 3,907, rounded down
    std::vector<std::int64_t> restarts;
    for (std::int64_t step = 1; step <= 3907; ++step)
        if (options.isRestartDue(step, 3907))
            restarts.push_back(step);
    EXPECT_EQ(restarts, (std::vector<std::int64_t>{976, 1952, 2928}));
    options.resample_every = 0;
    EXPECT_FALSE(options.isRestartDue(976, 3907));
}

} // namespace
