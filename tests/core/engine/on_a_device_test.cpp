// What a person asks for, on a device and on the CPU: the same numbers. The device is the pretend
// one, or with FEATURESCOPE_TEST_DEVICE=cuda a real one, whose copies nobody counts.
#include "core/api/analyze.h"
#include "core/api/architecture.h"
#include "core/api/check_graph.h"
#include "core/api/close_dictionary.h"
#include "core/api/compare_dictionaries.h"
#include "core/api/compare_features.h"
#include "core/api/encode.h"
#include "core/api/estimate_trace.h"
#include "core/api/estimate_training.h"
#include "core/api/evaluate.h"
#include "core/api/explain.h"
#include "core/api/feature_map.h"
#include "core/api/feature_rows.h"
#include "core/api/features_on_text.h"
#include "core/api/find_concept.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/api/intervene.h"
#include "core/api/list_features.h"
#include "core/api/logit_histogram.h"
#include "core/api/map_features.h"
#include "core/api/nearest_elsewhere.h"
#include "core/api/patch.h"
#include "core/api/probe.h"
#include "core/api/run_model.h"
#include "core/api/score_outputs.h"
#include "core/api/self_check.h"
#include "core/api/swap.h"
#include "core/api/swap_test.h"
#include "core/api/sweet_spot.h"
#include "core/api/trace.h"
#include "core/api/train.h"
#include "core/api/what_steers.h"
#include "core/api/write_corpus.h"
#include "core/api/writing_relatives.h"
#include "core/interventions/active_interventions.h"
#include "core/interventions/stream_batch.h"
#include "tests/core/engine/open_bench.h"
#include "tests/core/engine/small_training.h"
#include "tests/support/pretend_device.h"

#include <cstdlib>
#include <fstream>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::PretendDevice;

constexpr const char* kRead = "hello world, this is a test";
constexpr double kClose = 2e-4;

bool isPretend()
{
    return std::getenv("FEATURESCOPE_TEST_DEVICE") == nullptr;
}

/// Of two prompts that differ in one token.
PatchRequest patching(std::vector<PatchSite> sites)
{
    PatchRequest request;
    for (const int id : {5, 17, 80, 33, 9})
        request.cleanIds.emplace_back(id);
    request.corruptIds = request.cleanIds;
    request.corruptIds[2] = TokenId(101);
    request.answer = "#12";
    request.other = "#40";
    request.sites = std::move(sites);
    return request;
}

class OnADevice : public testing::Test {
protected:
    static std::string deviceName()
    {
        return isPretend() ? PretendDevice::name() : std::getenv("FEATURESCOPE_TEST_DEVICE");
    }

    template <Request R> typename R::Answer done(tests::OpenBench& bench, const R& request)
    {
        auto answer = bench.run(request);
        EXPECT_TRUE(answer) << R::kName << ": " << (answer ? "" : answer.error().message);
        return answer ? std::move(*answer) : typename R::Answer();
    }

    std::string firstDictionary() { return host.model().dictionaries.back()->config().name; }

    std::string corpus()
    {
        const auto path = host.files.file("corpus.txt");
        std::ofstream file(path);
        for (int i = 0; i < 40; ++i)
            file << "hello world number " << i << ", this is a test of " << i * i
                 << " words about the sea.\n\n";
        return path.string();
    }

    Intervention clamp(double value)
    {
        Intervention change;
        change.feature = {firstDictionary(), FeatureId(3)};
        change.value = value;
        return change;
    }

    std::optional<PretendDevice> m_pretend
        = isPretend() ? std::optional<PretendDevice>(std::in_place) : std::nullopt;
    tests::OpenBench host, device{deviceName()};
};

void expectClose(const std::vector<NextToken>& a, const std::vector<NextToken>& b)
{
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].id, b[i].id) << i;
        EXPECT_NEAR(a[i].probability, b[i].probability, kClose) << i;
    }
}

void expectClose(const std::vector<float>& a, const std::vector<float>& b)
{
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        EXPECT_NEAR(a[i], b[i], kClose * (1 + std::abs(a[i]))) << i;
}

TEST_F(OnADevice, ReadsAPrompt)
{
    const AnalyzeRequest request{kRead, {}, 1000};
    done(device, request); // which makes the tables that are kept
    PretendDevice::takeTransfers();
    const auto here = done(host, request), there = done(device, request);
    const auto transfers = PretendDevice::takeTransfers();
    // Ids and their weights up; of each dictionary two tables, and the logits, down.
    EXPECT_LE(transfers.size(), 2u + 2u * here.dictionaries.size() + 1u)
        << tests::textOf(transfers);
    expectClose(here.next, there.next);
    expectClose(here.tokenLoss, there.tokenLoss);
    ASSERT_EQ(here.dictionaries.size(), there.dictionaries.size());
    for (std::size_t d = 0; d < here.dictionaries.size(); ++d) {
        const auto &a = here.dictionaries[d], &b = there.dictionaries[d];
        EXPECT_EQ(a.l0, b.l0);
        expectClose(a.fvu, b.fvu);
        ASSERT_EQ(a.features.size(), b.features.size());
        for (std::size_t f = 0; f < a.features.size(); ++f)
            expectClose(a.features[f].activations, b.features[f].activations);
    }
}

TEST_F(OnADevice, AgreesWithTheFiles)
{
    const auto check = done(device, SelfCheckRequest{});
    EXPECT_TRUE(check.isGood) << check.verdict;
    EXPECT_EQ(check.device, device.model().info.device);
}

TEST_F(OnADevice, WritesNormalAndSteeredText)
{
    GenerateRequest request;
    request.prompt = kRead;
    request.settings.maxTokens = 12;
    request.settings.temperature = 1.0;
    request.settings.seed = 5;
    request.interventions = {clamp(4.0), clamp(2.0)};
    request.interventions[1].feature
        = {host.model().dictionaries.front()->config().name, FeatureId(2)};
    request.interventions[1].positions.kind = PositionRange::Kind::Generated;
    for (const bool isGuarded : {false, true}) {
        if (isGuarded)
            request.settings.guard = FluencyGuard();
        const auto here = done(host, request), there = done(device, request);
        EXPECT_EQ(here.normal.text, there.normal.text);
        EXPECT_EQ(here.steered.text, there.steered.text);
        EXPECT_EQ(here.steered.isOnTopic, there.steered.isOnTopic);
        ASSERT_EQ(here.steered.figures.size(), there.steered.figures.size());
        for (std::size_t i = 0; i < here.steered.figures.size(); ++i) {
            const TokenFigures &a = here.steered.figures[i], &b = there.steered.figures[i];
            EXPECT_NEAR(a.kl, b.kl, kClose);
            EXPECT_NEAR(a.logprob, b.logprob, kClose);
            EXPECT_NEAR(a.deltaNormRatio, b.deltaNormRatio, kClose * (1 + a.deltaNormRatio));
            EXPECT_NEAR(a.lambda, b.lambda, 1e-2);
        }
        EXPECT_GT(here.steered.figures.front().deltaNormRatio, 0.0f);
    }
    request.interventions[0].when = Condition{{firstDictionary(), FeatureId(1)}, 0.01};
    EXPECT_EQ(done(host, request).steered.text, done(device, request).steered.text);
    request.settings.freezeAttention = request.settings.otherAttention = true;
    EXPECT_EQ(done(host, request).other.text, done(device, request).other.text);
}

// The list of what moves while text is written: ids up; logits, and beside them in the same copy
// two numbers for the curve below the text, down.
TEST_F(OnADevice, AStepOfThePairMovesIdsUpAndLogitsDown)
{
    if (!isPretend())
        GTEST_SKIP() << "copies of a real device are not counted";
    const LoadedModel& model = device.model();
    const auto active = ActiveInterventions::create({clamp(4.0)}, model.dictionaries);
    ASSERT_TRUE(active) << active.error().message;
    std::vector<BatchStream> streams(2);
    streams[1].interventions = std::make_shared<LiveInterventions>(*active);
    streams[1].hasReference = true;
    streams[1].changeShare = 0.5;
    BatchOptions options;
    const auto topic
        = ActivationReader::create({{firstDictionary(), FeatureId(3)}}, model.dictionaries);
    ASSERT_TRUE(topic) << topic.error().message;
    options.topic = *topic;
    const std::vector<TokenId> prompt = promptFromText(model, kRead)->ids;
    auto batch = StreamBatch::start(*model.transformer, prompt, streams, options);
    ASSERT_TRUE(batch) << batch.error().message;
    const std::vector<TokenId> next{TokenId(7), TokenId(9)};
    const int numbers = 3 * model.info.d_vocab + 3 + 1; // logits, the topic, the ratio
    for (int step = 0; step < 3; ++step) {
        PretendDevice::takeTransfers();
        PretendDevice::takeWaits();
        const auto advanced = batch->advance(next);
        ASSERT_TRUE(advanced) << advanced.error().message;
        EXPECT_EQ(tests::textOf(PretendDevice::takeTransfers()),
            "up Long [3, 1]\ndown Float [" + std::to_string(numbers) + "]\n");
        EXPECT_THAT(PretendDevice::takeWaits(), testing::IsEmpty());
    }
    EXPECT_GT(batch->deltaNormRatio(1), 0.0);
}

TEST_F(OnADevice, Harvests)
{
    HarvestRequest request;
    request.corpusPath = corpus();
    request.tokens = 1500;
    PretendDevice::takeTransfers();
    const auto there = done(device, request);
    const auto transfers = PretendDevice::takeTransfers();
    const auto here = done(host, request);
    EXPECT_EQ(here.tokens, there.tokens);
    EXPECT_EQ(here.featuresAlive, there.featuresAlive);
    EXPECT_GT(here.featuresAlive, 0);
    FeatureQuery query;
    query.sort = FeatureSort::Index;
    const auto list = done(host, query), other = done(device, query);
    ASSERT_EQ(list.total, other.total);
    const auto rows = done(host, FeatureRowsRequest{list.features.toVector()}),
               same = done(device, FeatureRowsRequest{other.features.toVector()});
    ASSERT_EQ(rows.size(), same.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].feature, same[i].feature);
        EXPECT_NEAR(rows[i].maxActivation, same[i].maxActivation, kClose);
        EXPECT_NEAR(rows[i].density, same[i].density, 1e-6);
        EXPECT_EQ(rows[i].promoted, same[i].promoted);
        EXPECT_NEAR(rows[i].outputScore.value_or(-1), same[i].outputScore.value_or(-1), kClose);
    }
    for (const tests::Transfer& transfer : transfers)
        EXPECT_TRUE(transfer.isUp || transfer.type != c10::ScalarType::Bool) << transfer.text();
    // A feature's directions are not sent up one by one.
    EXPECT_LT(std::count_if(transfers.begin(), transfers.end(),
                  [](const tests::Transfer& one) { return one.isScalar; }),
        40);
}

TEST_F(OnADevice, MeasuresADictionary)
{
    EvaluateRequest request;
    request.dictionary = firstDictionary();
    request.corpusPath = corpus();
    PretendDevice::takeTransfers();
    const auto here = done(host, request), there = done(device, request);
    const auto transfers = PretendDevice::takeTransfers();
    EXPECT_LE(std::count_if(transfers.begin(), transfers.end(),
                  [](const tests::Transfer& one) { return one.isScalar; }),
        16)
        << "three a batch: its sums come down together";
    EXPECT_EQ(here.tokens, there.tokens);
    EXPECT_NEAR(here.fvu, there.fvu, kClose);
    EXPECT_NEAR(here.ceDictionary, there.ceDictionary, kClose);
    EXPECT_NEAR(here.kl, there.kl, kClose);
    EXPECT_NEAR(here.l0, there.l0, kClose);
    EXPECT_NEAR(here.encoderNorm.median, there.encoderNorm.median, kClose);
}

TEST_F(OnADevice, Traces)
{
    TraceRequest request;
    request.prompt = kRead;
    request.settings.maxLogits = 3;
    const auto here = done(host, request), there = done(device, request);
    EXPECT_EQ(here.unprunedNodes, there.unprunedNodes);
    ASSERT_EQ(here.nodes.size(), there.nodes.size());
    EXPECT_NEAR(here.replacementScore, there.replacementScore, kClose);
    EXPECT_NEAR(here.completenessScore, there.completenessScore, kClose);
    ASSERT_EQ(here.edges.size(), there.edges.size());
    std::map<std::pair<int, int>, float> weights;
    for (const auto& edge : here.edges)
        weights[{edge.source, edge.target}] = edge.weight;
    for (const auto& edge : there.edges) {
        const auto found = weights.find({edge.source, edge.target});
        ASSERT_NE(found, weights.end());
        EXPECT_NEAR(found->second, edge.weight, kClose * (1 + std::abs(edge.weight)));
    }
    done(device, EstimateTraceRequest{request});
}

TEST_F(OnADevice, Intervenes)
{
    InterveneRequest request;
    request.prompt = kRead;
    request.settings = {
        {{Layer(0), Position(2), FeatureId(3)}, 5.0}, {{Layer(1), Position(3), FeatureId(1)}, 2.0}};
    request.generate = 4;
    for (const int last : {-1, 1}) {
        request.constrainFirst = last < 0 ? -1 : 0;
        request.constrainLast = last;
        const auto here = done(host, request), there = done(device, request);
        expectClose(here.before, there.before);
        expectClose(here.after, there.after);
        EXPECT_EQ(here.textAfter, there.textAfter);
    }
    const SwapRequest swap{kRead, "hello water, this is a test", {}};
    const auto here = done(host, swap), there = done(device, swap);
    expectClose(here.after, there.after);
    EXPECT_EQ(here.removed.size(), there.removed.size());
    EXPECT_EQ(here.inserted.size(), there.inserted.size());
    EXPECT_EQ(here.isSwapped, there.isSwapped);
}

TEST_F(OnADevice, Patches)
{
    PatchRequest request = patching({PatchSite::ResidPre, PatchSite::AttnOut, PatchSite::MlpOut,
        PatchSite::Head, PatchSite::Feature});
    request.exactFeatures = 10;
    const auto here = done(host, request), there = done(device, request);
    EXPECT_NEAR(here.cleanMetric, there.cleanMetric, kClose);
    ASSERT_EQ(here.maps.size(), there.maps.size());
    for (std::size_t m = 0; m < here.maps.size(); ++m) {
        expectClose(here.maps[m].exact, there.maps[m].exact);
        expectClose(here.maps[m].approximate, there.maps[m].approximate);
    }
    EXPECT_EQ(here.featuresInAll, there.featuresInAll);
}

TEST_F(OnADevice, TrainsADictionary)
{
    const auto training = [&](const tests::OpenBench& bench) {
        auto request = tests::smallTraining(bench.files.file("run"), 20);
        request.text.path = corpus();
        request.text.tokens = 400;
        return request;
    };
    const auto here = done(host, training(host)), there = done(device, training(device));
    ASSERT_EQ(here.metrics.size(), there.metrics.size());
    ASSERT_FALSE(here.metrics.empty());
    for (std::size_t i = 0; i < here.metrics.size(); ++i) {
        EXPECT_NEAR(here.metrics[i].loss, there.metrics[i].loss, 1e-3 * (1 + here.metrics[i].loss));
        const auto &a = here.metrics[i].measured, &b = there.metrics[i].measured;
        // Which steps between the first and the last are measured, the clock says.
        const bool isEnd
            = here.metrics[i].step == 1 || here.metrics[i].step == here.metrics[i].totalSteps;
        ASSERT_TRUE(!isEnd || (a && b));
        if (a && b) {
            EXPECT_NEAR(a->fvu, b->fvu, 1e-2);
            EXPECT_NEAR(a->ceClean, b->ceClean, kClose);
        }
    }
    ASSERT_EQ(there.dictionaries.size(), 2u);
    done(device, AddDictionariesRequest{there.dictionaries[1]});
    EstimateTrainingRequest estimate;
    estimate.settings = *training(device).settings;
    estimate.text.tokens = 400;
    done(device, estimate);
}

TEST_F(OnADevice, LooksAtFeatures)
{
    const FeatureRef feature{firstDictionary(), FeatureId(3)};
    const auto here = done(host, LogitHistogramRequest{feature, 20, 4}),
               there = done(device, LogitHistogramRequest{feature, 20, 4});
    EXPECT_EQ(here.counts, there.counts);
    const FeaturesOnTextRequest text{kRead, {}, {}, 100, {}};
    EXPECT_EQ(done(host, text).features.size(), done(device, text).features.size());
    const CompareDictionariesRequest compared{firstDictionary(), firstDictionary(), kRead, {}, 0};
    done(device, compared);
    done(device, FeatureMapRequest{});
    EncodeRequest encode;
    encode.dictionary = device.files.sae().string();
    encode.text = kRead;
    encode.out = device.files.file("acts.safetensors").string();
    const auto a = done(device, encode), b = done(host, encode);
    EXPECT_NEAR(a.l0, b.l0, kClose);
    EXPECT_NEAR(a.fvu.value_or(-1), b.fvu.value_or(-1), kClose);
}

TEST_F(OnADevice, AnswersWhatElseIsAsked)
{
    const FeatureRef feature{firstDictionary(), FeatureId(3)},
        other{firstDictionary(), FeatureId(5)};
    for (tests::OpenBench* bench : {&host, &device}) {
        HarvestRequest harvest;
        harvest.corpusPath = corpus();
        harvest.tokens = 1000;
        done(*bench, harvest);
    }
    const ArchitectureRequest diagram{kRead, firstDictionary(), Position(2)};
    const auto seen = done(host, diagram), same = done(device, diagram);
    expectClose(seen.reconstruction, same.reconstruction);
    EXPECT_NEAR(seen.fvu, same.fvu, kClose);

    const ConceptRequest idea{{"hello water"}, {"this is"}, {}, 5};
    const auto found = done(host, idea), again = done(device, idea);
    ASSERT_EQ(found.features.size(), again.features.size());
    for (std::size_t i = 0; i < found.features.size(); ++i)
        EXPECT_NEAR(found.features[i].meanWith, again.features[i].meanWith, kClose);

    TraceRequest trace;
    trace.prompt = kRead;
    CheckRequest checkHere, checkThere;
    checkHere.features = checkThere.features = 4;
    const auto graph = std::make_shared<const AttributionGraph>(done(device, trace));
    checkHere.graph = done(host, trace).id;
    checkThere.graph = graph->id;
    EXPECT_NEAR(done(host, checkHere).meanCosine, done(device, checkThere).meanCosine, 1e-3);
    ExplainRequest explain;
    explain.graph = graph;
    done(device, explain);
    SwapTestRequest swaps;
    swaps.pairs = {{kRead, "hello water, this is a test", ""}};
    swaps.method = SwapMethod::Difference;
    EXPECT_EQ(done(host, swaps).successRate, done(device, swaps).successRate);

    EXPECT_NEAR(done(host, CompareFeaturesRequest{feature, other}).decoderCosine.value_or(-2),
        done(device, CompareFeaturesRequest{feature, other}).decoderCosine.value_or(-2), kClose);
    EXPECT_EQ(done(host, NearestElsewhereRequest{feature, 6}).nearest.size(),
        done(device, NearestElsewhereRequest{feature, 6}).nearest.size());
    done(device, WritingRelativesRequest{feature});
    done(device, ScoreOutputsRequest{});
    done(device, MapFeaturesRequest{});
    SweetSpotRequest spot;
    spot.feature = feature;
    spot.prompt = kRead;
    done(device, spot);
    WhatSteersRequest steers;
    steers.candidates = {feature, other};
    steers.prompt = kRead;
    steers.samples = 1;
    steers.multiples = {2};
    steers.settings.maxTokens = 5;
    EXPECT_EQ(done(device, steers).ranked.size(), 2u);
    WriteCorpusRequest texts;
    texts.prompts = {kRead, "hello"};
    texts.maxTokens = 6;
    texts.out = device.files.file("written.jsonl").string();
    EXPECT_EQ(done(device, texts).texts, 2);
    RunModelRequest plain;
    plain.text = kRead;
    plain.hooks = {"*"};
    plain.out = device.files.file("run.safetensors").string();
    EXPECT_GT(done(device, plain).written.size(), 10u);

    const auto labelled = host.files.file("labelled.jsonl");
    {
        std::ofstream file(labelled);
        for (int i = 0; i < 60; ++i)
            file << "{\"text\": \"" << (i % 2 ? "hello world " : "this is a test ") << i
                 << "\", \"kind\": \"" << (i % 2 ? "a" : "b") << "\"}\n";
    }
    ProbeRequest probe;
    probe.dictionary = firstDictionary();
    probe.corpusPath = labelled.string();
    probe.labelField = "kind";
    EXPECT_NEAR(done(host, probe).accuracy, done(device, probe).accuracy, 0.05);
}

// On a device a 16-bit model also computes in 16 bits, beside dictionaries and graphs that do not.
TEST_F(OnADevice, DoesAllOfItIn16Bits)
{
    tests::OpenBench narrow(deviceName(), "bfloat16");
    constexpr double kRounded = 0.05;
    const auto here = done(host, AnalyzeRequest{kRead, {}, 5}),
               there = done(narrow, AnalyzeRequest{kRead, {}, 5});
    ASSERT_EQ(here.tokenLoss.size(), there.tokenLoss.size());
    for (std::size_t i = 0; i < here.tokenLoss.size(); ++i)
        EXPECT_NEAR(here.tokenLoss[i], there.tokenLoss[i], kRounded * (1 + here.tokenLoss[i]));
    GenerateRequest text;
    text.prompt = kRead;
    text.settings.maxTokens = 6;
    text.interventions = {clamp(4.0)};
    EXPECT_EQ(done(narrow, text).steered.tokens.size(), 6u);
    HarvestRequest harvest;
    harvest.corpusPath = corpus();
    harvest.tokens = 600;
    EXPECT_GT(done(narrow, harvest).featuresAlive, 0);
    EvaluateRequest evaluate;
    evaluate.dictionary = firstDictionary();
    evaluate.corpusPath = corpus();
    EXPECT_NEAR(done(narrow, evaluate).ceClean, done(host, evaluate).ceClean, kRounded);
    TraceRequest trace;
    trace.prompt = kRead;
    EXPECT_NEAR(done(narrow, trace).replacementScore, done(host, trace).replacementScore, kRounded);
    const SwapRequest swap{kRead, "hello water, this is a test", {}};
    done(narrow, swap);
    const PatchRequest patch = patching({PatchSite::ResidPre, PatchSite::Head, PatchSite::Feature});
    const auto a = done(host, patch), b = done(narrow, patch);
    ASSERT_EQ(a.maps.size(), b.maps.size());
    EXPECT_NEAR(
        a.maps[0].exact[2], b.maps[0].exact[2], 2 * kRounded * (1 + std::abs(a.maps[0].exact[2])));
}

} // namespace
