#include "core/engine/training_settings.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace core {
namespace {

using testing::HasSubstr;

ModelInfo fourLayers()
{
    ModelInfo model;
    model.n_layers = 4;
    model.d_model = 16;
    return model;
}

TEST(TrainingSettings, DefaultsHaveNoProblem)
{
    EXPECT_TRUE(trainingProblems({}, {}, fourLayers()).empty());
}

TEST(TrainingSettings, EveryProblemNamesItsFieldAndTheMend)
{
    struct Case {
        std::string field;
        std::function<void(TrainingSettings&, TrainingText&)> spoil;
        std::string words;
    };
    const std::vector<Case> cases{
        {"layers",
            [](auto& s, auto&) {
                s.layers = {1, 4};
            },
            "0 to 3"},
        {"hook", [](auto& s, auto&) { s.hook = "hook_nowhere"; }, "hook_nowhere"},
        {"architecture",
            [](auto& s, auto&) {
                s.isTranscoder = true;
                s.architecture = TrainedArchitecture::TopK;
            },
            "BatchTopK"},
        {"expansion",
            [](auto& s, auto&) {
                s.expansion = 0;
                s.k = 1;
            },
            "from 1 to 1024"},
        {"k", [](auto& s, auto&) { s.k = 129; }, "from 1 to the number of features, 128"},
        {"lambda",
            [](auto& s, auto&) {
                s.architecture = TrainedArchitecture::L1;
                s.lambda = 0.0;
            },
            "Choose"},
        {"tokens", [](auto& s, auto&) { s.tokens = 0; }, "Choose"},
        {"batch", [](auto& s, auto&) { s.batch = 0; }, "Choose"},
        {"learning_rate", [](auto& s, auto&) { s.learningRate = -1.0; }, "Choose"},
        {"learning_rate", [](auto& s, auto&) { s.learningRate = std::nan(""); }, "Choose"},
        {"warm_up", [](auto& s, auto&) { s.warmUp = 1.5; }, "from 0 to 1"},
        {"dead_window", [](auto& s, auto&) { s.deadWindow = 0.0; }, "Choose"},
        {"seed", [](auto& s, auto&) { s.seed = -1; }, "from 0 on"},
        {"has_skip", [](auto& s, auto&) { s.hasSkip = true; }, "transcoder"},
        {"text_tokens", [](auto&, auto& t) { t.tokens = 1; }, "at least 2"},
        {"text_tokens", [](auto&, auto& t) { t.tokens = 0; }, "at least 2"},
        {"text", [](auto&, auto& t) { t.path = "/no/such/text.txt"; }, "no such file"},
    };
    for (const Case& each : cases) {
        TrainingSettings settings;
        TrainingText text;
        each.spoil(settings, text);
        const auto problems = trainingProblems(settings, text, fourLayers());
        ASSERT_FALSE(problems.empty()) << each.field;
        EXPECT_EQ(problems.front().field, each.field);
        EXPECT_THAT(problems.front().message, HasSubstr(each.words)) << each.field;
    }
}

TEST(TrainingSettings, SharesOfTheRunBecomeStepsAndTokens)
{
    TrainingSettings settings;
    settings.architecture = TrainedArchitecture::L1;
    settings.tokens = 100'000;
    settings.batch = 1000; // 100 steps
    settings.warmUp = 0.1;
    settings.lambdaWarmUp = 0.2;
    settings.deadWindow = 0.05;
    settings.lambda = 0.7;
    DictionaryTrainerOptions options = trainingConfig(settings).options;
    EXPECT_EQ(options.schedule.lr_warm_up_steps, 10);
    EXPECT_EQ(options.l1_warm_up_steps, 20);
    EXPECT_EQ(options.dead_feature_window, 5000);
    EXPECT_EQ(options.resample_every, 25);
    EXPECT_EQ(options.l1_coefficient, 0.7);
    EXPECT_EQ(options.schedule.lr_scheduler_name, LrScheduler::CosineAnnealing);
    settings.decay = LearningRateDecay::LastFifth;
    settings.architecture = TrainedArchitecture::JumpRelu;
    options = trainingConfig(settings).options;
    EXPECT_EQ(options.schedule.lr_decay_steps, 20);
    EXPECT_EQ(options.schedule.lr_scheduler_name, LrScheduler::Constant);
    EXPECT_EQ(options.l0_coefficient, 0.7);
}

TEST(TrainingSettings, AWrittenConfigurationReadsBackEqual)
{
    const tests::TemporaryFolder folder;
    for (const auto architecture : {TrainedArchitecture::BatchTopK, TrainedArchitecture::TopK,
             TrainedArchitecture::L1, TrainedArchitecture::JumpRelu})
        for (const bool isTranscoder : {false, true}) {
            TrainingSettings settings;
            settings.isTranscoder = isTranscoder;
            settings.hook = isTranscoder ? "mlp.hook_in" : "hook_attn_out";
            settings.layers = {0, 3};
            settings.architecture = architecture;
            settings.expansion = 5;
            settings.k = 7;
            settings.lambda = 0.123456789;
            settings.tokens = 1'000'000;
            settings.batch = 1000;
            settings.learningRate = 0.00123;
            settings.decay = LearningRateDecay::LastFifth;
            settings.restartsDead = true;
            settings.hasSkip = isTranscoder;
            settings.seed = 9;
            if (settings.hasK())
                settings.lambda = TrainingSettings().lambda; // has none to keep
            const std::string text = writtenDictionaryTraining(trainingConfig(settings));
            tests::writeAll(folder / "c.json", text);
            const auto read = readDictionaryTraining(folder / "c.json", isTranscoder);
            ASSERT_TRUE(read) << read.error().message;
            EXPECT_EQ(trainingSettings(*read, isTranscoder), settings)
                << static_cast<int>(architecture) << text;
            EXPECT_EQ(writtenDictionaryTraining(*read), text);
        }
}

// The window has no field for it, but a run set up by a file keeps it on disk.
TEST(TrainingSettings, AFileKeepsHowFeaturesBegin)
{
    const tests::TemporaryFolder folder;
    for (const bool fromData : {false, true}) {
        DictionaryTrainingConfig config = trainingConfig(TrainingSettings());
        config.options.initFromData = fromData;
        tests::writeAll(folder / "c.json", writtenDictionaryTraining(config));
        const auto read = readDictionaryTraining(folder / "c.json", false);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read->options.initFromData, fromData);
    }
}

} // namespace
} // namespace core
