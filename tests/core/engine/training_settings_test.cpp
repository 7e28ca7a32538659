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
        {"architecture",
            [](auto& s, auto&) {
                s.isTranscoder = true;
                s.architecture = TrainedArchitecture::Gated;
            },
            "gated transcoder"},
        {"architecture",
            [](auto& s, auto&) {
                s.isTranscoder = true;
                s.architecture = TrainedArchitecture::AbsTopK;
            },
            "Choose BatchTopK or JumpReLU"},
        {"levels",
            [](auto& s, auto&) {
                s.architecture = TrainedArchitecture::Matryoshka;
                s.levels = 9; // of 128 features
            },
            "128 features"},
        {"target_l0",
            [](auto& s, auto&) {
                s.architecture = TrainedArchitecture::JumpRelu;
                s.firingPenalty = FiringPenalty::TargetCount;
                s.targetL0 = 0.0;
            },
            "Choose"},
        {"decoder_norm",
            [](auto& s, auto&) {
                s.architecture = TrainedArchitecture::L1;
                s.hasFreeDecoder = true;
                s.decoderNorm = 0.0;
            },
            "Choose"},
        {"clipped_norm", [](auto& s, auto&) { s.clippedNorm = -1.0; }, "Choose"},
        {"auxiliary", [](auto& s, auto&) { s.auxiliary = -1.0; }, "Choose"},
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
             TrainedArchitecture::L1, TrainedArchitecture::JumpRelu, TrainedArchitecture::Gated,
             TrainedArchitecture::Matryoshka, TrainedArchitecture::AbsTopK})
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
            settings.clippedNorm = 1.5;
            settings.startsFromData = settings.startsAtMedian = true;
            settings.auxiliary = 0.1;
            if (architecture == TrainedArchitecture::Matryoshka)
                settings.levels = 3;
            if (architecture == TrainedArchitecture::JumpRelu) {
                settings.firingPenalty = FiringPenalty::TargetCount;
                settings.targetL0 = 12.5;
            }
            if (!settings.hasK()) {
                settings.hasFreeDecoder = true;
                settings.decoderNorm = 0.2;
            }
            const std::string text = writtenDictionaryTraining(trainingConfig(settings));
            tests::writeAll(folder / "c.json", text);
            const auto read = readDictionaryTraining(folder / "c.json", isTranscoder);
            ASSERT_TRUE(read) << read.error().message;
            EXPECT_EQ(trainingSettings(*read, isTranscoder), settings)
                << static_cast<int>(architecture) << text;
            EXPECT_EQ(writtenDictionaryTraining(*read), text);
        }
}

TEST(TrainingSettings, TheDefaultOfEveryArchitectureReadsBack)
{
    const tests::TemporaryFolder folder;
    for (const std::string name : {"standard", "l1", "gated", "topk", "abstopk", "batchtopk",
             "matryoshka_batchtopk", "jumprelu"}) {
        const auto text = defaultDictionaryTraining(name, false);
        ASSERT_TRUE(text) << text.error().message;
        tests::writeAll(folder / "c.json", *text);
        const auto read = readDictionaryTraining(folder / "c.json", false);
        ASSERT_TRUE(read) << name << ": " << read.error().message;
        // What is written out is what is taken where nothing is written.
        tests::writeAll(folder / "plain.json", R"({"architecture": ")" + name + R"("})");
        const auto plain = readDictionaryTraining(folder / "plain.json", false);
        ASSERT_TRUE(plain) << name << ": " << plain.error().message;
        EXPECT_EQ(writtenDictionaryTraining(*read), writtenDictionaryTraining(*plain)) << name;
        EXPECT_EQ(read->options.adam.maxGradNorm, 1.0);
        EXPECT_EQ(read->options.schedule.lr_decay_steps, 160); // a fifth of 800
        // A shorter run has shorter schedules, or its learning rate would fall from the start.
        tests::writeAll(folder / "short.json",
            R"({"architecture": ")" + name + R"(", "training_tokens": 204800})");
        const auto shorter = readDictionaryTraining(folder / "short.json", false);
        ASSERT_TRUE(shorter);
        EXPECT_EQ(shorter->options.schedule.lr_decay_steps, 20);
        EXPECT_EQ(shorter->options.l1_warm_up_steps, name == "jumprelu" ? 100 : 0);
    }
    const auto unknown = defaultDictionaryTraining("dense", false);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("matryoshka_batchtopk"));
}

TEST(TrainingSettings, AFileThatContradictsItselfNamesTheFieldAndTheMend)
{
    const tests::TemporaryFolder folder;
    struct Case {
        std::string text, field, mend;
    };
    for (const Case& each : {
             Case{R"({"architecture": "jumprelu", "k": 50})", "`k`", "choose topk or batchtopk"},
             Case{R"({"architecture": "topk", "l1_coefficient": 5})", "`l1_coefficient`",
                 "choose standard or l1 or gated"},
             Case{R"({"architecture": "gated", "l0_coefficient": 5})", "`l0_coefficient`",
                 "choose jumprelu"},
             Case{R"({"architecture": "batchtopk", "matryoshka_widths": [4, 8]})",
                 "`matryoshka_widths`", "choose matryoshka_batchtopk"},
             Case{R"({"architecture": "matryoshka_batchtopk", "matryoshka_widths": [4],
                      "matryoshka_levels": 2})",
                 "`matryoshka_levels`", "give one of the two"},
             Case{R"({"architecture": "jumprelu", "target_l0": 20})", "`target_l0`", "quadratic"},
             Case{R"({"architecture": "jumprelu", "jumprelu_sparsity_loss_mode": "quadratic"})",
                 "`target_l0`", "is missing"},
             Case{R"({"architecture": "jumprelu", "jumprelu_sparsity_loss_mode": "l3"})",
                 "`jumprelu_sparsity_loss_mode`", "tanh, step, quadratic"},
             Case{R"({"architecture": "dense"})", "`architecture`", "abstopk"},
             Case{R"({"matryoshka_widths": "all"})", "`matryoshka_widths`", "list"},
             Case{R"({"b_dec_init_method": "zeros"})", "`b_dec_init_method`", "geometric_median"},
             Case{R"({"lamda": 3})", "`lamda`", "Known are"},
         }) {
        tests::writeAll(folder / "c.json", each.text);
        const auto read = readDictionaryTraining(folder / "c.json", false);
        ASSERT_FALSE(read) << each.text;
        EXPECT_THAT(read.error().message, HasSubstr(each.field));
        EXPECT_THAT(read.error().message, HasSubstr(each.mend));
    }
}

// A run set up by a file keeps it on disk.
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
