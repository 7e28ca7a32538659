// What is measured while a training runs, and trainings of several values at once.
#include "core/api/estimate_training.h"
#include "core/api/train.h"
#include "core/engine/open_training.h"
#include "core/engine/text_corpus.h"
#include "core/engine/training_watch.h"
#include "core/training/evaluate.h"
#include "tests/core/engine/open_bench.h"
#include "tests/core/files/temporary_folder.h"

#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::HasSubstr;

TrainDictionaryRequest watchedTraining(const std::filesystem::path& out)
{
    TrainDictionaryRequest request;
    TrainingSettings settings;
    settings.layers = {0};
    settings.expansion = 2;
    settings.k = 4;
    settings.batch = 64;
    settings.tokens = 64 * 40;
    settings.measureEvery = 0.1;
    request.settings = settings;
    request.text.tokens = 900;
    request.text.heldOut = 0.2;
    request.out = out.string();
    return request;
}

TrainingOutcome done(const Result<TrainingOutcome>& outcome)
{
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
    return outcome.value_or(TrainingOutcome());
}

std::vector<double> lossesOf(const TrainingOutcome& outcome, const std::string& dictionary)
{
    std::vector<double> losses;
    for (const TrainMetrics& row : outcome.metrics)
        if (row.dictionary == dictionary)
            losses.push_back(row.loss);
    return losses;
}

/// Runs it until some steps are done, with nothing left of it in memory: the request then goes on.
void pauseAndForget(tests::OpenBench& bench, TrainDictionaryRequest& request)
{
    std::stop_source stop;
    const TrainingOutcome paused
        = done(bench.run(request, stop.get_token(), [&](const Progress& said) {
              if (said.unit == "steps" && said.done >= 30)
                  stop.request_stop();
          }));
    EXPECT_TRUE(paused.isPaused);
    bench.bench().training.reset();
    request.isResuming = true;
}

TEST(TrainingWatch, WhatIsMeasuredLastIsTheQualityOfWhatIsSaved)
{
    tests::OpenBench bench;
    const TrainDictionaryRequest request = watchedTraining(bench.files.file("watched"));
    const TrainingOutcome outcome = done(bench.run(request));
    const auto& last = outcome.metrics.back();
    ASSERT_TRUE(last.measured);
    const TrainingMeasurement& measured = *last.measured;

    // The same held-out text, cut from the whole by hand.
    const auto start = textStart(*bench.model().tokenizer, true);
    ASSERT_TRUE(start);
    const auto whole = trainingCorpus(bench.model(), request.text, *start, {}, {});
    ASSERT_TRUE(whole);
    const SplitCorpus split = holdOut(whole->corpus, request.text.heldOut);
    const auto opened = openDictionaries(outcome.dictionaries[0]);
    ASSERT_TRUE(opened) << opened.error().message;
    EvaluationOptions options;
    options.context_size = passageLength(bench.model());
    const auto expected
        = evaluateDictionary(*bench.model().transformer, *opened->front(), split.heldOut, options);
    ASSERT_TRUE(expected) << expected.error().message;
    EXPECT_EQ(measured.heldOutTokens, expected->tokens);
    EXPECT_NEAR(measured.l0, expected->l0, 1e-9);
    EXPECT_NEAR(measured.fvu, expected->fvu, 1e-6);
    EXPECT_NEAR(measured.ceScore, expected->ceScore, 1e-6);
    EXPECT_NEAR(measured.kl, expected->kl, 1e-6);
    EXPECT_NEAR(measured.threshold, opened->front()->threshold().mean().item<double>(), 1e-6);
    const double features = 2.0 * bench.model().info.d_model;
    double counted = 0;
    for (const double bin : measured.densities)
        counted += bin;
    EXPECT_EQ(counted, features);

    // The features that are shown fire where they are said to, most strongly there.
    ASSERT_FALSE(measured.peek.empty());
    for (const PeekFeature& feature : measured.peek) {
        EXPECT_NEAR(feature.density,
            double(expected->firings[std::size_t(feature.feature)]) / double(expected->tokens),
            1e-9);
        ASSERT_FALSE(feature.examples.empty());
        const PeekExample& best = feature.examples.front();
        ASSERT_EQ(best.tokens.size(), best.activations.size());
        EXPECT_EQ(best.activations[std::size_t(best.peak)], feature.maximum);
        EXPECT_EQ(
            *std::max_element(best.activations.begin(), best.activations.end()), feature.maximum);
        EXPECT_EQ(feature.promoted.size(), 5u);
    }

    // What was measured before is read back, but for the peek.
    const auto info = TrainingFolder(request.out).info();
    ASSERT_TRUE(info) << info.error().message;
    std::size_t rows = 0;
    for (std::size_t i = 0; i < outcome.metrics.size(); ++i) {
        const auto &told = outcome.metrics[i].measured, &read = info->metrics[i].measured;
        ASSERT_EQ(told == nullptr, read == nullptr) << i;
        if (!told)
            continue;
        ++rows;
        EXPECT_EQ(read->ceScore, told->ceScore);
        EXPECT_EQ(read->densities, told->densities);
        EXPECT_TRUE(read->peek.empty());
    }
    EXPECT_GE(rows, 2u); // the first, and the last
    ASSERT_TRUE(outcome.metrics.front().measured);
    EXPECT_EQ(outcome.metrics.front().step, 1);
    // Each says where the next comes: at the end of its interval, or later.
    EXPECT_GE(outcome.metrics.front().measured->nextStep, 4);
    EXPECT_EQ(measured.nextStep, 40);
}

TEST(TrainingWatch, EachLayerOfACrossLayerTranscoderIsMeasuredWithTheOthers)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("watched_clt"));
    request.settings->isTranscoder = request.settings->isCrossLayer = true;
    request.settings->architecture = TrainedArchitecture::BatchTopK;
    request.settings->layers.clear();
    const TrainingOutcome outcome = done(bench.run(request));
    ASSERT_EQ(outcome.dictionaries.size(), 1u);
    const auto opened = openDictionaries(outcome.dictionaries[0]);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto start = textStart(*bench.model().tokenizer, true);
    ASSERT_TRUE(start);
    const auto whole = trainingCorpus(bench.model(), request.text, *start, {}, {});
    ASSERT_TRUE(whole);
    EvaluationOptions options;
    options.context_size = passageLength(bench.model());
    options.crossLayers = *opened;
    const auto heldOut = holdOut(whole->corpus, request.text.heldOut).heldOut;
    std::size_t layers = 0;
    for (const TrainMetrics& row : outcome.metrics) {
        if (row.step != row.totalSteps)
            continue;
        ASSERT_TRUE(row.measured) << row.dictionary;
        ASSERT_LT(layers, opened->size());
        EXPECT_EQ(row.dictionary, "layer_" + std::to_string(layers));
        const auto expected = evaluateDictionary(
            *bench.model().transformer, *(*opened)[layers++], heldOut, options);
        ASSERT_TRUE(expected) << expected.error().message;
        EXPECT_EQ(row.measured->heldOutTokens, expected->tokens);
        EXPECT_NEAR(row.measured->l0, expected->l0, 1e-6);
        EXPECT_NEAR(row.measured->fvu, expected->fvu, 1e-5);
        EXPECT_NEAR(row.measured->ceScore, expected->ceScore, 1e-5);
        EXPECT_FALSE(row.measured->peek.empty());
    }
    EXPECT_EQ(layers, opened->size());
}

TEST(TrainingWatch, MeasuringChangesNothingOfWhatIsLearned)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("often"));
    request.settings->measureEvery = 0.05;
    const TrainingOutcome often = done(bench.run(request));
    request.settings->measureEvery = 0.0;
    request.out = bench.files.file("seldom").string();
    const TrainingOutcome seldom = done(bench.run(request));
    EXPECT_EQ(lossesOf(often, "layer_0"), lossesOf(seldom, "layer_0"));
    const auto measurements = std::count_if(seldom.metrics.begin(), seldom.metrics.end(),
        [](const TrainMetrics& row) { return row.measured != nullptr; });
    EXPECT_EQ(measurements, 1);
    EXPECT_TRUE(seldom.metrics.back().measured);
}

TEST(TrainingWatch, WithoutHeldOutTextTheRestIsMeasured)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("none"));
    request.text.heldOut = 0.0;
    const TrainingOutcome outcome = done(bench.run(request));
    ASSERT_TRUE(outcome.metrics.back().measured);
    const TrainingMeasurement& measured = *outcome.metrics.back().measured;
    EXPECT_EQ(measured.heldOutTokens, 0);
    EXPECT_TRUE(measured.peek.empty());
    EXPECT_GT(measured.decoderCosine, 0.0);
    EXPECT_EQ(measured.densities.size(), std::size_t(kTrainingDensityBins));
}

TEST(TrainingWatch, DecoderCosineIsThatOfTheNearestOther)
{
    tests::OpenBench bench;
    const auto& dictionary = *bench.model().dictionaries.front();
    const at::Tensor W = dictionary.W_dec();
    const auto n = W.size(0);
    double sum = 0.0;
    for (std::int64_t i = 0; i < n; ++i) {
        double most = -1.0;
        for (std::int64_t j = 0; j < n; ++j)
            if (i != j)
                most
                    = std::max(most, (W[i].dot(W[j]) / (W[i].norm() * W[j].norm())).item<double>());
        sum += most;
    }
    EXPECT_NEAR(meanMaxDecoderCosine(dictionary), sum / double(n), 1e-5);
}

TEST(TrainingWatch, ItIsDueAtItsIntervalsAndAtTheEndWithinItsShareOfTheTime)
{
    tests::OpenBench bench;
    TrainingWatch watch(*bench.bench().model(), nullptr, 0.1);
    EXPECT_TRUE(watch.isDue("a", 1, 100, 0.0)); // where it comes from
    EXPECT_FALSE(watch.isDue("a", 9, 100, 1e9));
    EXPECT_TRUE(watch.isDue("a", 10, 100, 1e9));
    EXPECT_TRUE(watch.isDue("a", 17, 100, 1e9)); // put off, not left out
    EXPECT_TRUE(watch.isDue("a", 100, 100, 0.0));
    TrainingWatch never(*bench.bench().model(), nullptr, 0.0);
    EXPECT_FALSE(never.isDue("a", 1, 100, 1e9));
    EXPECT_FALSE(never.isDue("a", 50, 100, 1e9));
    EXPECT_EQ(watch.nextStep(10, 100, 1e9), 20);
    EXPECT_EQ(watch.nextStep(17, 100, 1e9), 20);
    EXPECT_EQ(watch.nextStep(95, 100, 1e9), 100);
    EXPECT_EQ(never.nextStep(1, 100, 1e9), 100);
    EXPECT_TRUE(never.isDue("a", 100, 100, 1e9));
}

TEST(TrainingSweep, EachValueBecomesWhatItBecomesAlone)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("alone"));
    request.settings->k = 2;
    const TrainingOutcome alone = done(bench.run(request));
    request.out = bench.files.file("sweep").string();
    request.settings->k = 4;
    request.settings->sweep = {"k", {"2", "8"}};
    pauseAndForget(bench, request);
    const TrainingOutcome sweep = done(bench.run(request));
    ASSERT_EQ(sweep.dictionaries.size(), 2u);
    EXPECT_THAT(sweep.dictionaries[0], HasSubstr("layer_0_k_2"));
    EXPECT_THAT(sweep.dictionaries[1], HasSubstr("layer_0_k_8"));
    EXPECT_EQ(lossesOf(sweep, "layer_0_k_2"), lossesOf(alone, "layer_0"));
    EXPECT_EQ(sweep.metrics.back().l0, 8.0);
    const auto info = TrainingFolder(request.out).info();
    ASSERT_TRUE(info);
    EXPECT_EQ(info->settings.sweep, request.settings->sweep);
}

TEST(TrainingSweep, ExpansionsAndArchitecturesTooAndLambdasStayApart)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("widths"));
    request.settings->sweep = {"expansion", {"1", "3"}};
    TrainingOutcome outcome = done(bench.run(request));
    const auto width = [&](std::size_t i) {
        const auto opened = openDictionaries(outcome.dictionaries[i]);
        return opened ? opened->front()->config().d_sae : 0;
    };
    EXPECT_EQ(width(0), bench.model().info.d_model);
    EXPECT_EQ(width(1), 3 * bench.model().info.d_model);

    request.out = bench.files.file("kinds").string();
    request.settings->sweep = {"architecture", {"batchtopk", "l1"}};
    outcome = done(bench.run(request));
    EXPECT_EQ(outcome.dictionaries.size(), 2u);

    request.out = bench.files.file("lambdas").string();
    request.settings->architecture = TrainedArchitecture::L1;
    request.settings->lambdaWarmUp = 0.0;
    request.settings->sweep = {"lambda", {"1e-1", "10"}};
    pauseAndForget(bench, request);
    request.changes = TrainingChanges{0.001, 0.5}; // the learning rate changes, the values stay
    outcome = done(bench.run(request));
    std::map<std::string, double> lambdas;
    for (const TrainMetrics& row : outcome.metrics)
        if (row.step == row.totalSteps)
            lambdas[row.dictionary] = row.measured->lambda;
    EXPECT_EQ(lambdas,
        (std::map<std::string, double>{{"layer_0_lambda_1e-1", 0.1}, {"layer_0_lambda_10", 10.0}}));
    EXPECT_LT(outcome.metrics.back().learningRate, 0.001);
}

TEST(TrainingSweep, EveryArchitectureAlsoAfterAPause)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("every"));
    request.settings->sweep = {"architecture",
        {"batchtopk", "matryoshka_batchtopk", "topk", "abstopk", "l1", "jumprelu", "gated"}};
    request.settings->levels = 3;
    request.settings->lambda = 0.25;
    request.settings->lambdaWarmUp = 0.0;
    request.settings->firingPenalty = FiringPenalty::TargetCount;
    request.settings->targetL0 = 5.0;
    pauseAndForget(bench, request);
    const TrainingOutcome outcome = done(bench.run(request));
    EXPECT_EQ(outcome.dictionaries.size(), 7u);
    for (const std::string& path : outcome.dictionaries) {
        const auto opened = openDictionaries(path);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    }
    std::map<std::string, double> lambdas;
    for (const TrainMetrics& row : outcome.metrics)
        if (row.step == row.totalSteps)
            lambdas[row.dictionary.substr(std::string("layer_0_architecture_").size())]
                = row.measured->lambda;
    EXPECT_EQ(lambdas,
        (std::map<std::string, double>{{"batchtopk", 0.0}, {"matryoshka_batchtopk", 0.0},
            {"topk", 0.0}, {"abstopk", 0.0}, {"l1", 0.25}, {"jumprelu", 0.25}, {"gated", 0.25}}));
    const auto config = TrainingFolder(request.out).config(false);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->options.matryoshka_levels, 3);
    EXPECT_EQ(config->options.target_l0, 5.0);
    EXPECT_EQ(config->options.jumprelu_sparsity_loss_mode, JumpReluPenalty::Quadratic);
}

TEST(TrainingSweep, WhatDoesNotGoTogetherIsRefused)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("together"));
    const auto refusal = [&] {
        const auto refused = bench.run(request);
        return refused ? std::string() : refused.error().message;
    };
    request.settings->sweep = {"expansion", {"1", "2"}};
    request.settings->startFrom = bench.files.file("").string();
    EXPECT_THAT(refusal(), HasSubstr("has its width"));
    request.settings->startFrom.clear();
    request.settings->architecture = TrainedArchitecture::L1;
    request.settings->hasFreeDecoder = true;
    request.settings->sweep = {"architecture", {"l1", "topk"}};
    EXPECT_THAT(refusal(), HasSubstr("topk: an architecture with k needs decoder rows"));
    request.settings->hasFreeDecoder = false;
    request.settings->isTranscoder = request.settings->isCrossLayer = true;
    request.settings->layers.clear();
    request.settings->sweep = {"lambda", {"1", "2"}};
    EXPECT_THAT(refusal(), HasSubstr("cross-layer transcoder"));

    // From a file, and with several workers, before any waits for another.
    request = watchedTraining(bench.files.file("together"));
    request.text.isCached = true;
    request.workers.worldSize = 2;
    EXPECT_THAT(refusal(), HasSubstr("in memory alone"));
    request = {};
    request.configFile = bench.files.file("clt.json").string();
    request.out = bench.files.file("together").string();
    request.isTranscoder = request.isCrossLayer = true;
    tests::writeAll(request.configFile, R"({"k": 3, "sweep": {"k": [2, 3]}})");
    EXPECT_THAT(refusal(), HasSubstr("cross-layer transcoder"));
}

TEST(TrainingSweep, WhatCannotBeSweptIsRefusedWithTheValue)
{
    tests::OpenBench bench;
    const auto problem = [&](TrainingSweep sweep) {
        TrainDictionaryRequest request = watchedTraining(bench.files.file("refused"));
        request.settings->sweep = std::move(sweep);
        const auto refused = bench.run(request);
        return refused ? std::string() : refused.error().message;
    };
    EXPECT_THAT(problem({"k", {"8", "x"}}), HasSubstr("`x` is no whole number"));
    EXPECT_THAT(problem({"k", {"8", "100000"}}), HasSubstr("100000: k is 100000"));
    EXPECT_THAT(problem({"k", {"8", "8"}}), HasSubstr("twice"));
    EXPECT_THAT(problem({"k", {}}), HasSubstr("Name the values"));
    EXPECT_THAT(problem({"seed", {"1", "2"}}), HasSubstr("cannot be swept"));
    EXPECT_THAT(problem({"lambda", {"1", "2"}}), HasSubstr("has no λ"));
    EXPECT_THAT(problem({"architecture", {"bigtopk"}}), HasSubstr("`bigtopk` is no architecture"));
}

TEST(TrainingSweep, AnEstimateCountsAllOfItAndActivationsOnDisk)
{
    tests::OpenBench bench;
    EstimateTrainingRequest request;
    request.settings.layers = {0, 1};
    request.settings.expansion = 2;
    request.settings.k = 4;
    request.text.tokens = 10'000;
    const auto one = bench.run(request);
    request.settings.sweep = {"k", {"2", "4", "8"}};
    const auto three = bench.run(request);
    ASSERT_TRUE(one && three);
    EXPECT_EQ(three->dictionaries, 3 * one->dictionaries);
    EXPECT_EQ(three->diskBytes, 3 * one->diskBytes);
    request.text.isCached = true;
    const auto cached = bench.run(request);
    ASSERT_TRUE(cached);
    const std::int64_t activations = 10'000 * 2 * bench.model().info.d_model * 4;
    EXPECT_EQ(cached->diskBytes - three->diskBytes, activations);
    EXPECT_EQ(three->memoryBytes - cached->memoryBytes, activations);
}

TEST(TrainingWatch, ActivationsOnDiskGiveTheSameLossesAndAreGoneAtTheEnd)
{
    tests::OpenBench bench;
    TrainDictionaryRequest request = watchedTraining(bench.files.file("memory"));
    const TrainingOutcome memory = done(bench.run(request));
    request.out = bench.files.file("disk").string();
    request.text.isCached = true;
    bool wasThere = false;
    const TrainingOutcome disk = done(bench.run(request, {}, [&](const Progress&) {
        wasThere = wasThere
            || std::filesystem::exists(
                std::filesystem::path(request.out) / "activations/activations.json");
    }));
    EXPECT_TRUE(wasThere);
    EXPECT_EQ(lossesOf(disk, "layer_0"), lossesOf(memory, "layer_0"));
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::path(request.out) / "activations"));
}

} // namespace
