// Trainings of the open model: begun, paused, gone on with, kept; what lies in their folders.
#include "core/api/add_dictionaries.h"
#include "core/api/analyze.h"
#include "core/api/estimate_training.h"
#include "core/api/keep_training.h"
#include "core/api/train.h"
#include "core/api/training_runs.h"
#include "core/engine/open_training.h"
#include "tests/core/engine/open_bench.h"
#include "tests/core/engine/small_training.h"

#include <atomic>
#include <cmath>
#include <future>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::HasSubstr;
using tests::smallTraining;

/// Stops a training after so many of its steps.
class StopAfter {
public:
    explicit StopAfter(std::int64_t steps)
        : m_steps(steps)
    {
    }
    std::stop_token token() { return m_source.get_token(); }
    ProgressFn progress()
    {
        return [this](const Progress& said) {
            if (said.unit == "steps" && said.done >= m_steps)
                m_source.request_stop();
        };
    }

private:
    std::int64_t m_steps;
    std::stop_source m_source;
};

/// What was measured, without how fast.
std::vector<std::vector<double>> measured(const std::vector<TrainMetrics>& rows)
{
    std::vector<std::vector<double>> all;
    for (const TrainMetrics& m : rows)
        all.push_back({m.dictionary == "layer_1" ? 1.0 : 0.0, double(m.step), double(m.tokens),
            m.loss, m.mse, m.sparsity, m.aux, m.l0, m.fvu, double(m.deadFeatures), m.learningRate,
            m.gradientNorm});
    return all;
}

TrainingOutcome ended(const Result<TrainingOutcome>& outcome)
{
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
    return outcome.value_or(TrainingOutcome());
}

TEST(Train, MakesADictionaryOfEachLayerThatOpens)
{
    tests::OpenBench bench;
    const auto out = bench.files.file("runs/first");
    const TrainingOutcome outcome = ended(bench.run(smallTraining(out)));
    EXPECT_FALSE(outcome.isPaused);
    ASSERT_EQ(outcome.dictionaries.size(), 2u);
    EXPECT_EQ(outcome.metrics.size(), 120u); // few steps: each is kept
    const auto opened = bench.run(AddDictionariesRequest{outcome.dictionaries[1]});
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->dictionaries.back().name, "first/layer_1");
    EXPECT_EQ(opened->dictionaries.back().d_sae, 2 * bench.model().info.d_model);
    // Nothing but what it is and measured stays.
    for (const auto& entry : std::filesystem::directory_iterator(out))
        EXPECT_THAT(entry.path().filename().string(), testing::Not(HasSubstr("checkpoint")));

    const auto runs = bench.run(TrainingRunsRequest{bench.files.file("runs").string()});
    ASSERT_TRUE(runs);
    ASSERT_EQ(runs->size(), 1u);
    const TrainingRunInfo& run = runs->front();
    EXPECT_EQ(run.name, "first");
    EXPECT_EQ(run.model, bench.model().info.name);
    EXPECT_TRUE(run.isDone);
    EXPECT_EQ(run.steps, 120);
    EXPECT_EQ(run.settings.layers, (std::vector<int>{0, 1}));
    EXPECT_EQ(run.settings.k, 4);
    EXPECT_EQ(measured(run.metrics), measured(outcome.metrics)); // to the last digit
}

TEST(Train, APauseGoesOnWithTheSameLossesToTheLastDigit)
{
    for (const auto architecture : {TrainedArchitecture::BatchTopK, TrainedArchitecture::TopK,
             TrainedArchitecture::L1, TrainedArchitecture::JumpRelu, TrainedArchitecture::Gated,
             TrainedArchitecture::Matryoshka, TrainedArchitecture::AbsTopK}) {
        tests::OpenBench bench;
        TrainDictionaryRequest request = smallTraining(bench.files.file("whole"));
        request.settings->architecture = architecture;
        request.settings->lambda = 0.1;
        const TrainingOutcome whole = ended(bench.run(request));

        // In memory, and then as after the program was closed.
        request.out = bench.files.file("parts").string();
        StopAfter first(31);
        TrainingOutcome parts = ended(bench.run(request, first.token(), first.progress()));
        EXPECT_TRUE(parts.isPaused);
        EXPECT_TRUE(parts.dictionaries.empty());
        EXPECT_NE(bench.bench().training, nullptr);
        request.isResuming = true;
        StopAfter second(77);
        parts = ended(bench.run(request, second.token(), second.progress()));
        EXPECT_TRUE(parts.isPaused);
        bench.bench().training.reset();
        parts = ended(bench.run(request));
        EXPECT_FALSE(parts.isPaused);
        EXPECT_EQ(measured(parts.metrics), measured(whole.metrics))
            << static_cast<int>(architecture);

        const auto weights = [&](const TrainingOutcome& outcome) {
            auto opened = openDictionaries(outcome.dictionaries[0]);
            return opened ? (*opened)[0]->W_dec() : at::Tensor();
        };
        EXPECT_TRUE(at::equal(weights(parts), weights(whole)));
        // A run that is done is not trained anew.
        parts = ended(bench.run(request));
        EXPECT_EQ(measured(parts.metrics), measured(whole.metrics));
    }
}

TEST(Train, FromAPauseOnItCanHaveAnotherLambdaAndLearningRate)
{
    std::vector<std::vector<double>> inMemory;
    for (const bool isClosed : {false, true}) {
        tests::OpenBench bench;
        TrainDictionaryRequest request = smallTraining(bench.files.file("changed"));
        request.settings->architecture = TrainedArchitecture::L1;
        request.settings->lambda = 0.1;
        request.settings->lambdaWarmUp = request.settings->warmUp = 0.0;
        request.settings->decay = LearningRateDecay::None;
        StopAfter stop(60);
        const auto before = ended(bench.run(request, stop.token(), stop.progress())).metrics;
        request.isResuming = true;
        request.changes = TrainingChanges{-1.0, 5.0};
        const auto refused = bench.run(request);
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message, HasSubstr("The learning rate is -1"));
        request.changes = TrainingChanges{0.0005, 5.0};
        if (isClosed) { // changed, stopped at once and taken up from the folder
            StopAfter again(61);
            ended(bench.run(request, again.token(), again.progress()));
            bench.bench().training.reset();
            request.changes.reset();
        }
        const auto after = ended(bench.run(request)).metrics;
        ASSERT_EQ(after.size(), 120u);
        EXPECT_EQ(measured({after.begin(), after.begin() + std::ssize(before)}), measured(before));
        EXPECT_EQ(before.back().learningRate, request.settings->learningRate);
        const TrainMetrics& next = after[before.size()];
        ASSERT_EQ(next.dictionary, before[before.size() - 2].dictionary);
        EXPECT_EQ(next.learningRate, 0.0005);
        // The penalty is λ times what is active: 50 times what it was, on nearly the same weights.
        EXPECT_NEAR(next.sparsity / before[before.size() - 2].sparsity, 50.0, 15.0);
        const auto info = TrainingFolder(request.out).info();
        ASSERT_TRUE(info);
        EXPECT_EQ(info->settings.lambda, 5.0);
        EXPECT_EQ(info->settings.learningRate, 0.0005);
        if (isClosed) {
            EXPECT_EQ(measured(after), inMemory);
        }
        inMemory = measured(after);
    }
}

TEST(Train, StepsAfterTheLastCheckpointAreMeasuredAgainAndStandOnce)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = smallTraining(bench.files.file("whole"));
    const TrainingOutcome whole = ended(bench.run(request));
    request.out = bench.files.file("crashed").string();
    StopAfter early(20);
    ended(bench.run(request, early.token(), early.progress()));
    // As if the program had ended between a later metrics.csv and its checkpoint.
    const TrainingFolder folder(request.out);
    ASSERT_TRUE(folder.writeMetrics({whole.metrics.begin(), whole.metrics.begin() + 50}));
    bench.bench().training.reset();
    request.isResuming = true;
    EXPECT_EQ(measured(ended(bench.run(request)).metrics), measured(whole.metrics));
}

TEST(Train, APausedOneIsKeptAsItStandsAndCanGoOn)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = smallTraining(bench.files.file("kept"));
    StopAfter stop(40);
    ended(bench.run(request, stop.token(), stop.progress()));
    const TrainingOutcome kept = ended(bench.run(KeepTrainingRequest{request.out}));
    EXPECT_TRUE(kept.isPaused);
    ASSERT_EQ(kept.dictionaries.size(), 2u);
    EXPECT_TRUE(bench.run(AddDictionariesRequest{kept.dictionaries[0]}));
    bench.bench().training.reset();
    request.isResuming = true;
    EXPECT_FALSE(ended(bench.run(request)).isPaused);
}

TEST(Train, StoppedWhileTheTextIsRecordedItLeavesARunThatCanBegin)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = smallTraining(bench.files.file("early"));
    std::stop_source stop;
    const auto stopped
        = bench.run(request, stop.get_token(), [&](const Progress&) { stop.request_stop(); });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    EXPECT_FALSE(bench.run(KeepTrainingRequest{request.out}));
    request.isResuming = true;
    EXPECT_FALSE(ended(bench.run(request)).isPaused);
}

TEST(Train, AWholeSetOfTranscodersIsOneAndPartOfItIsNot)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = smallTraining(bench.files.file("set"));
    request.settings->isTranscoder = true;
    request.settings->hasSkip = true;
    TrainingOutcome outcome = ended(bench.run(request));
    ASSERT_EQ(outcome.dictionaries.size(), 1u);
    EXPECT_TRUE(std::filesystem::exists(
        std::filesystem::path(outcome.dictionaries[0]) / "layer_1.safetensors"));
    request.settings->layers = {1};
    request.out = bench.files.file("one").string();
    outcome = ended(bench.run(request));
    ASSERT_EQ(outcome.dictionaries.size(), 1u);
    const auto opened = bench.run(AddDictionariesRequest{outcome.dictionaries[0]});
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->dictionaries.back().kind, DictionaryKind::Transcoder);
}

TEST(Train, AnotherTextThanTheRunBeganWithIsRefused)
{
    tests::OpenBench bench;
    const auto text = bench.files.file("text.jsonl");
    const auto write = [&](const char* word) {
        std::string lines;
        for (int i = 0; i < 40; ++i)
            lines
                += std::string("{\"content\": \"The ") + word + " is far from the other city.\"}\n";
        tests::writeAll(text, lines);
    };
    write("bridge");
    TrainDictionaryRequest request = smallTraining(bench.files.file("texts"));
    request.text.path = text.string();
    request.text.field = "content";
    StopAfter stop(20);
    ended(bench.run(request, stop.token(), stop.progress()));
    bench.bench().training.reset();
    request.isResuming = true;
    write("tower");
    const auto refused = bench.run(request);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another than the run began with"));
    write("bridge");
    EXPECT_FALSE(ended(bench.run(request)).isPaused);
}

TEST(Train, WhatCannotBeTrainedLeavesNoFolder)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = smallTraining(bench.files.file("none"));
    request.settings->k = 0;
    const auto refused = bench.run(request);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("k is 0"));
    EXPECT_FALSE(std::filesystem::exists(request.out));
}

TEST(Train, LossesThatLeaveTheRangeOfNumbersKeepNoWeightsThatMakeThem)
{
    tests::OpenBench bench;
    const auto config = bench.files.file("config.json");
    // At the third step the weights are no numbers any more.
    tests::writeAll(config,
        R"({"architecture": "l1", "layers": [0], "d_sae": 32, "training_tokens": 6400,
            "train_batch_size_tokens": 64, "lr": 1e30, "lr_warm_up_steps": 0})");
    TrainDictionaryRequest request;
    request.configFile = config.string();
    request.text.tokens = 600;
    request.out = bench.files.file("nan").string();
    const auto result = bench.run(request);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("at step"));
    EXPECT_THAT(result.error().message, HasSubstr("There is no checkpoint yet: begin again."));
    const auto info = TrainingFolder(request.out).info();
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_FALSE(info->isDone);
    EXPECT_EQ(info->steps, 0);
    EXPECT_FALSE(info->metrics.empty()); // how it went stays
    EXPECT_FALSE(std::filesystem::exists(TrainingRun::checkpoint(request.out, "layer_0")));
}

TEST(Train, LossesThatLeaveTheRangeOfNumbersLeaveTheCheckpointBeforeThemAsItWas)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = smallTraining(bench.files.file("whole"));
    request.settings->architecture = TrainedArchitecture::L1;
    request.settings->lambda = 0.1;
    const TrainingOutcome whole = ended(bench.run(request));
    request.out = bench.files.file("spoilt").string();
    StopAfter stop(20);
    ended(bench.run(request, stop.token(), stop.progress()));
    bench.bench().training.reset();

    // Gone on with at a rate that no weight survives.
    const std::filesystem::path folder = request.out, config = folder / "training_config.json";
    const std::string before = tests::readAll(config);
    const std::string checkpoint = tests::readAll(TrainingRun::checkpoint(folder, "layer_1"));
    const auto paused = TrainingFolder(request.out).info();
    ASSERT_TRUE(paused) << paused.error().message;
    const std::string spoilt
        = std::regex_replace(before, std::regex(R"("lr": *[0-9.e+-]+)"), "\"lr\": 1e30");
    ASSERT_NE(spoilt, before);
    tests::writeAll(config, spoilt);
    request.isResuming = true;
    const auto result = bench.run(request);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message,
        HasSubstr("What was learned up to step " + std::to_string(paused->steps) + " is kept in "
            + request.out));

    // The steps before the loss that was no number are spoilt already: none of them was saved.
    EXPECT_EQ(tests::readAll(TrainingRun::checkpoint(folder, "layer_1")), checkpoint);
    const auto left = TrainingFolder(request.out).info();
    ASSERT_TRUE(left) << left.error().message;
    EXPECT_EQ(left->steps, paused->steps);
    EXPECT_FALSE(left->isDone);
    EXPECT_GT(left->metrics.size(), paused->metrics.size()); // what went wrong can be looked at

    // With the rate it had, it goes on as if nothing had been.
    tests::writeAll(config, before);
    bench.bench().training.reset();
    EXPECT_EQ(measured(ended(bench.run(request)).metrics), measured(whole.metrics));
}

TEST(Train, ASecondModelsTrainingIsRefusedByName)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = smallTraining(bench.files.file("other"));
    StopAfter stop(20);
    ended(bench.run(request, stop.token(), stop.progress()));
    const TrainingFolder folder(request.out);
    auto record = folder.record();
    ASSERT_TRUE(record);
    record->model = "another-model";
    ASSERT_TRUE(folder.writeRecord(*record));
    bench.bench().training.reset();
    request.isResuming = true;
    const auto refused = bench.run(request);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("another-model"));
}

TEST(Train, ItsEstimateGrowsWithWhatIsAskedAndSaysWhatIsWrong)
{
    tests::OpenBench bench;
    const auto request = smallTraining(bench.files.file("x"));
    EstimateTrainingRequest small{*request.settings, request.text}, large = small;
    large.settings.expansion *= 4;
    large.settings.tokens *= 1000;
    large.text.tokens *= 1000;
    const auto little = bench.run(small), much = bench.run(large);
    ASSERT_TRUE(little) << little.error().message;
    ASSERT_TRUE(much);
    EXPECT_TRUE(little->problems.empty());
    EXPECT_GT(little->textSeconds, 0.0);
    EXPECT_GT(little->learnSeconds, 0.0);
    EXPECT_GT(much->learnSeconds, 100 * little->learnSeconds);
    EXPECT_GT(much->textSeconds, 100 * little->textSeconds);
    const std::int64_t d = bench.model().info.d_model;
    EXPECT_EQ(little->features, 2 * d);
    EXPECT_EQ(little->steps, 60);
    // Of two dictionaries: four times the weights, and the activations at two places.
    const std::int64_t weights = 2 * 4 * (2 * (2 * d) * d + 2 * (2 * d) + d);
    EXPECT_EQ(little->memoryBytes, 4 * weights + 600 * 2 * d * 4);
    small.settings.layers = {7};
    const auto wrong = bench.run(small);
    ASSERT_TRUE(wrong);
    ASSERT_EQ(wrong->problems.size(), 1u);
    EXPECT_EQ(wrong->problems[0].field, "layers");
}

TrainDictionaryRequest smallCrossLayer(const std::filesystem::path& out)
{
    TrainDictionaryRequest request = smallTraining(out);
    request.settings->isTranscoder = request.settings->isCrossLayer = true;
    request.settings->layers.clear();
    request.settings->architecture = TrainedArchitecture::BatchTopK; // it has no nested widths
    return request;
}

TEST(Train, ACrossLayerTranscoderIsMeasuredLayerByLayerAndOpensAsOneSet)
{
    tests::OpenBench bench;
    const TrainingOutcome outcome = ended(bench.run(smallCrossLayer(bench.files.file("clt"))));
    EXPECT_FALSE(outcome.isPaused);
    const auto n = static_cast<std::size_t>(bench.model().info.n_layers);
    EXPECT_EQ(outcome.metrics.size(), 60 * n);
    EXPECT_EQ(outcome.metrics[0].dictionary, "layer_0");
    EXPECT_EQ(outcome.metrics[1].dictionary, "layer_1");
    EXPECT_EQ(outcome.metrics[1].step, 1);
    ASSERT_EQ(outcome.dictionaries.size(), 1u);
    const auto before = bench.model().dictionaries.size();
    const auto opened = bench.run(AddDictionariesRequest{outcome.dictionaries[0]});
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_EQ(opened->dictionaries.size(), before + n);
    EXPECT_EQ(opened->dictionaries.back().kind, DictionaryKind::CrossLayerTranscoder);
    EXPECT_EQ(opened->dictionaries.back().d_sae, 2 * bench.model().info.d_model);
    const auto info = TrainingFolder(outcome.folder).info();
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->settings.isCrossLayer);
    EXPECT_EQ(info->steps, 60);
}

TEST(Train, ACrossLayerTranscoderGoesOnWithTheSameLossesToTheLastDigit)
{
    for (const auto architecture :
        {TrainedArchitecture::BatchTopK, TrainedArchitecture::JumpRelu}) {
        tests::OpenBench bench;
        TrainDictionaryRequest request = smallCrossLayer(bench.files.file("whole"));
        request.settings->architecture = architecture;
        request.settings->lambda = 0.1;
        const TrainingOutcome whole = ended(bench.run(request));
        request.out = bench.files.file("parts").string();
        StopAfter stop(23);
        EXPECT_TRUE(ended(bench.run(request, stop.token(), stop.progress())).isPaused);
        bench.bench().training.reset(); // as after the program was closed
        request.isResuming = true;
        const TrainingOutcome parts = ended(bench.run(request));
        EXPECT_FALSE(parts.isPaused);
        EXPECT_EQ(measured(parts.metrics), measured(whole.metrics));
    }
}

TEST(Train, ACrossLayerTranscoderOfSomeLayersOrWithASkipIsRefusedByField)
{
    tests::OpenBench bench;
    auto request = smallCrossLayer(bench.files.file("x"));
    request.settings->layers = {0};
    request.settings->hasSkip = true;
    const auto estimate = bench.run(EstimateTrainingRequest{*request.settings, request.text});
    ASSERT_TRUE(estimate);
    ASSERT_EQ(estimate->problems.size(), 2u);
    EXPECT_EQ(estimate->problems[0].field, "layers");
    EXPECT_EQ(estimate->problems[1].field, "has_skip");
    EXPECT_FALSE(bench.run(request));
    EXPECT_FALSE(std::filesystem::exists(request.out));
}

TEST(Train, ACrossLayerTranscoderIsEstimatedWithItsDecoders)
{
    tests::OpenBench bench;
    const auto request = smallCrossLayer(bench.files.file("x"));
    const auto estimate = bench.run(EstimateTrainingRequest{*request.settings, request.text});
    ASSERT_TRUE(estimate) << estimate.error().message;
    EXPECT_TRUE(estimate->problems.empty());
    const std::int64_t d = bench.model().info.d_model, n = bench.model().info.n_layers, F = 2 * d;
    // n encoders, n (n + 1) / 2 decoders; activations at the inputs and outputs of all layers.
    const std::int64_t weights = 4 * (n * F * d + n * (n + 1) / 2 * F * d + n * (2 * F + d));
    EXPECT_EQ(estimate->memoryBytes, 4 * weights + 600 * 2 * n * d * 4);
    EXPECT_GT(estimate->learnSeconds, 0.0);
}

TEST(Train, GoesOnLearningWhatAnotherRunMade)
{
    tests::OpenBench bench;
    const TrainingOutcome first = ended(bench.run(smallTraining(bench.files.file("first"))));
    TrainDictionaryRequest request = smallTraining(bench.files.file("second"));
    request.settings->expansion = 7; // not used
    request.settings->startFrom = first.folder;
    request.settings->learningRate = 1e-5;
    StopAfter stop(31);
    const TrainingOutcome paused = ended(bench.run(request, stop.token(), stop.progress()));
    ASSERT_TRUE(paused.isPaused);
    // It begins where the other ended, not where new weights begin.
    EXPECT_LT(paused.metrics[0].mse, 0.7 * first.metrics[0].mse);
    EXPECT_EQ(paused.metrics[0].features, first.metrics[0].features);
    // It can go on when the one it began with is not there any more.
    std::filesystem::remove_all(first.folder);
    bench.bench().training.reset();
    request.isResuming = true;
    EXPECT_FALSE(ended(bench.run(request)).isPaused);

    request = smallTraining(bench.files.file("third"));
    request.settings->startFrom = first.folder;
    const auto refused = bench.run(request);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("is not there"));
}

TEST(Train, OtherRequestsAreAnsweredWhileItLearnsAndPartsComeInOrder)
{
    const tests::TinyWorkbench files;
    const auto engine = files.startEngine();
    ASSERT_TRUE(tests::ask(*engine, OpenModelRequest{files.model().string()}));
    TrainDictionaryRequest request = smallTraining(files.file("busy"));
    request.settings->tokens = 64 * 3000;
    std::promise<std::int64_t> answeredAt;
    std::atomic<std::int64_t> step = 0;
    std::vector<std::int64_t> kept;
    bool isAsked = false;
    std::promise<void> done;
    engine->ask(
        "train", request,
        [&](Result<std::shared_ptr<const TrainingOutcome>> outcome) {
            EXPECT_TRUE(outcome);
            EXPECT_TRUE((*outcome)->isPaused);
            done.set_value();
        },
        [&](const TrainMetrics& row) {
            step = row.step;
            if (row.dictionary == "layer_0" && row.isKept)
                kept.push_back(row.step);
            if (isAsked || row.step < 30)
                return;
            isAsked = true;
            engine->ask("encode", AnalyzeRequest{"The bridge"},
                [&](Result<std::shared_ptr<const PromptAnalysis>> analysis) {
                    EXPECT_TRUE(analysis);
                    answeredAt.set_value(step);
                    engine->cancel("train");
                });
        });
    EXPECT_LT(answeredAt.get_future().get(), 3000);
    done.get_future().wait();
    EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
    EXPECT_GE(kept.size(), 5u);
}

} // namespace
