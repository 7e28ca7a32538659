#include "core/features/feature_cards.h"
#include "core/features/output_score.h"
#include "core/labels/contrast.h"
#include "core/model/activation_cache.h"
#include "core/store/workspace_reader.h"
#include "tests/core/features/tiny_harvest.h"
#include "tests/core/store/workspace_contents.h"

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>

#include <ATen/core/grad_mode.h>

namespace {

using namespace core;
using tests::TinyHarvest;

/// One feature's activations by passage, computed the plainest way: one passage at a time, nothing
/// padded.
using Activations = std::vector<std::vector<float>>;

std::vector<Activations> bruteForce(const TinyHarvest& tiny, const Dictionary& dictionary)
{
    const at::NoGradGuard noGrad;
    std::vector<Activations> byFeature(static_cast<std::size_t>(dictionary.config().d_sae));
    for (const Passage& passage : tiny.corpus.passages) {
        at::Tensor ids
            = at::empty({1, static_cast<std::int64_t>(passage.tokens.size())}, at::kLong);
        for (std::size_t t = 0; t < passage.tokens.size(); ++t)
            ids.data_ptr<std::int64_t>()[t] = passage.tokens[t].value;
        const auto run = runWithCache(*tiny.model, ids, {dictionary.config().hookIn});
        const at::Tensor acts
            = dictionary.encode(run->cache.at(dictionary.config().hookIn)).feature_acts[0];
        for (std::size_t f = 0; f < byFeature.size(); ++f) {
            std::vector<float>& row = byFeature[f].emplace_back();
            for (std::int64_t t = 0; t < acts.size(0); ++t)
                row.push_back(t == 0
                        ? 0.0f
                        : std::max(0.0f, acts[t][static_cast<std::int64_t>(f)].item<float>()));
        }
    }
    return byFeature;
}

std::unique_ptr<WorkspaceReader> harvested(
    const TinyHarvest& tiny, const std::filesystem::path& path, const HarvestSettings& settings)
{
    auto writer = WorkspaceWriter::open(path).value();
    const auto outcome
        = harvest(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer, settings);
    EXPECT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->tokens, tiny.corpus.tokens);
    return WorkspaceReader::open(path).value();
}

TEST(Harvest, WhereFeaturesRestIsNoted)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    auto reader = harvested(tiny, folder / "w.db", {});
    const auto vocabulary = reader->vocabulary().value();
    int resting = 0, firing = 0;
    for (const auto& dictionary : tiny.dictionaries) {
        const auto stored = reader->dictionary(dictionary->config().name).value().value();
        const CorpusText corpus(reader->passages(stored.corpus).value(), *vocabulary);
        const auto truth = bruteForce(tiny, *dictionary);
        const FiringNotes notes(reader->contrast(stored.id).value(), truth.size());
        ASSERT_EQ(notes.places(), kContrastPlaces);
        ASSERT_FALSE(notes.isEmpty());
        std::map<FeatureId, std::vector<Place>> samples;
        const auto first = reader->passages(stored.corpus)->front().id;
        const auto kept = reader->allSamples(stored.id).value();
        for (const PassageSamples& of : kept)
            for (const PassageSample& sample : of.samples)
                samples[sample.feature].push_back(
                    {static_cast<std::int32_t>(of.passage - first), sample.position});
        for (auto& [feature, places] : samples) {
            std::sort(places.begin(), places.end());
            const auto f = feature.index();
            const auto at = [&](Place place) {
                return truth[f][static_cast<std::size_t>(place.passage)]
                            [static_cast<std::size_t>(place.position)];
            };
            const auto contrast = contrastPlaces(corpus, places, f);
            for (int slot = 0; slot < kContrastPlaces; ++slot) {
                const bool fires = at(contrast[static_cast<std::size_t>(slot)]) > 0;
                EXPECT_EQ(notes.fires(f, slot), fires);
                ++(fires ? firing : resting);
            }
            const float max = reader->columns(stored).value()->max[f];
            for (std::size_t i = 0; i < places.size(); ++i)
                EXPECT_NEAR(notes.strength(f, i), std::ceil(15 * at(places[i]) / max), 1);
        }
    }
    EXPECT_GT(resting, 100);
    EXPECT_GT(firing, 100);
}

/// As large models do on a few tokens, one is parked at a vector a thousand times as long: what
/// features do there is in no statistic.
TEST(Harvest, MassiveActivationsCountNowhere)
{
    TinyHarvest tiny;
    const TokenId massive = tiny.corpus.passages.front().tokens.back();
    {
        const at::NoGradGuard noGrad;
        tiny.model->weights().W_E.weight[massive.value].mul_(1000.0);
    }
    tests::TemporaryFolder folder;
    auto reader = harvested(tiny, folder / "w.db", {});
    int higher = 0;
    for (const auto& dictionary : tiny.dictionaries) {
        const auto stored = reader->dictionary(dictionary->config().name).value().value();
        const auto columns = reader->columns(stored).value();
        const auto truth = bruteForce(tiny, *dictionary);
        for (std::size_t f = 0; f < truth.size(); ++f) {
            float ordinary = 0, all = 0;
            for (std::size_t p = 0; p < truth[f].size(); ++p)
                for (std::size_t t = 0; t < truth[f][p].size(); ++t) {
                    all = std::max(all, truth[f][p][t]);
                    if (tiny.corpus.passages[p].tokens[t] != massive)
                        ordinary = std::max(ordinary, truth[f][p][t]);
                }
            EXPECT_NEAR(columns->max[f], ordinary, 1e-4 * std::max(1.0f, ordinary));
            higher += all > 10 * ordinary;
        }
    }
    EXPECT_GT(higher, 5) << "the massive token would have been the maximum of many";
}

TEST(Harvest, EveryStatisticEqualsBruteForce)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    HarvestSettings settings;
    settings.batchTokens = 100;
    auto reader = harvested(tiny, folder / "w.db", settings);
    int alive = 0;
    for (const auto& dictionary : tiny.dictionaries) {
        const auto stored = reader->dictionary(dictionary->config().name).value().value();
        EXPECT_EQ(stored.harvestedTokens, tiny.corpus.tokens);
        const auto columns = reader->columns(stored).value();
        const auto truth = bruteForce(tiny, *dictionary);
        for (std::size_t f = 0; f < truth.size(); ++f) {
            std::vector<float> positive, peaks;
            for (const auto& passage : truth[f]) {
                for (const float a : passage)
                    if (a > 0)
                        positive.push_back(a);
                peaks.push_back(*std::max_element(passage.begin(), passage.end()));
            }
            std::sort(peaks.begin(), peaks.end(), std::greater<>());
            const auto n = static_cast<double>(positive.size());
            const FeatureRef ref{stored.name, FeatureId(static_cast<std::int64_t>(f))};
            const FeatureCard card = featureCard(*reader, ref).value();
            EXPECT_NEAR(card.row.density, n / double(tiny.corpus.tokens), 1e-6);
            EXPECT_EQ(card.row.density, columns->density[f]);
            if (positive.empty()) {
                EXPECT_TRUE(card.histogram.empty());
                EXPECT_EQ(card.row.maxActivation, 0.0f);
                continue;
            }
            ++alive;
            const float max = peaks[0];
            EXPECT_NEAR(card.row.maxActivation, max, 1e-4);
            EXPECT_NEAR(card.meanActivation,
                std::accumulate(positive.begin(), positive.end(), 0.0) / n, 1e-4);
            EXPECT_EQ(columns->samples[f],
                static_cast<float>(std::min(positive.size(), std::size_t(64))));

            // Bins and shares: the same counts, but for values within rounding of an edge.
            ASSERT_EQ(card.histogram.size(), 40u);
            std::vector<double> bins(40);
            for (const float a : positive)
                ++bins[std::min<std::size_t>(39, static_cast<std::size_t>(double(a) / max * 40))];
            double wrong = 0;
            for (std::size_t b = 0; b < 40; ++b)
                wrong += std::abs(bins[b] - double(card.histogram[b]));
            EXPECT_LE(wrong, 2);
            ASSERT_EQ(card.intervals.size(), 5u);
            double shares = 0;
            std::vector<float> shown;
            for (std::size_t k = 0; k < 5; ++k) {
                const ExampleInterval& interval = card.intervals[k];
                shares += interval.share;
                EXPECT_NEAR(interval.high, max * double(5 - k) / 5, 1e-4);
                for (const FeatureExample& example : interval.examples) {
                    const float peak = example.activations[static_cast<std::size_t>(example.peak)];
                    EXPECT_GE(peak, interval.low - 1e-4);
                    EXPECT_LE(peak, interval.high + 1e-4);
                    EXPECT_EQ(example.tokens.size(), example.activations.size());
                    shown.push_back(peak);
                }
            }
            EXPECT_NEAR(shares, 1.0, 1e-9);
            // The strongest are shown in order, one for each passage.
            EXPECT_TRUE(std::is_sorted(shown.begin(), shown.end(), std::greater<>()));
            const auto firing = static_cast<std::size_t>(
                std::count_if(peaks.begin(), peaks.end(), [](float p) { return p > 0; }));
            for (std::size_t i = 0; i < std::min(firing, std::size_t(10)); ++i)
                EXPECT_NEAR(shown[i], peaks[i], 1e-4) << "feature " << f << " example " << i;
        }
    }
    EXPECT_GT(alive, 20);
}

TEST(Harvest, ExamplesCarryTheActivationOfEveryTokenOfTheirText)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    HarvestSettings settings;
    settings.window = 9;
    settings.windowBefore = 5;
    auto reader = harvested(tiny, folder / "w.db", settings);
    const auto truth = bruteForce(tiny, *tiny.dictionaries[1]);
    const auto stored = reader->dictionary("saes/b").value().value();
    const std::int64_t firstId
        = reader->matchPassages(fullTextQuery("word40"), stored.corpus, 1).value()[0].id;
    std::size_t firstIndex = 0; // Ids are corpus indices behind an offset; find it by that passage.
    while (tiny.corpus.passages[firstIndex].tokens != reader->passage(firstId)->tokens)
        ++firstIndex;
    int checked = 0;
    for (std::size_t f = 0; f < truth.size(); ++f) {
        const FeatureKey key{stored.id, FeatureId(static_cast<std::int64_t>(f))};
        const FeatureEvidence evidence = reader->evidence(key).value();
        for (const StoredInterval& interval : evidence.intervals)
            for (const StoredExample& example : interval.examples) {
                const auto passage
                    = static_cast<std::size_t>(example.passage - firstId) + firstIndex;
                EXPECT_EQ(
                    example.activations.size(), std::min<std::size_t>(9, truth[f][passage].size()));
                const double rounding = 1e-4 + peakOf(example) / 65535; // As examples are stored.
                for (std::size_t i = 0; i < example.activations.size(); ++i, ++checked)
                    EXPECT_NEAR(example.activations[i],
                        truth[f][passage][static_cast<std::size_t>(example.start) + i], rounding);
            }
    }
    EXPECT_GT(checked, 1000);
}

TEST(Harvest, EffectsAndNeighboursEqualTheirDefinitions)
{
    for (const std::string type : {"llama", "gpt2"}) {
        TinyHarvest tiny;
        tiny.model = tests::tinyModel(type);
        tests::TemporaryFolder folder;
        auto reader = harvested(tiny, folder / "w.db", {});
        const Dictionary& dictionary = *tiny.dictionaries[0];
        const auto& weights = tiny.model->weights();
        const auto id = reader->dictionary("saes/a").value()->id;
        const at::NoGradGuard noGrad;
        const at::Tensor W_U = weights.W_U.weight.to(at::kDouble),
                         gain = weights.final.gain.to(at::kDouble);
        for (std::int64_t f = 0; f < 24; ++f) {
            at::Tensor row = dictionary.W_dec()[f].to(at::kDouble);
            if (type == "gpt2")
                row = row - row.mean();
            at::Tensor logits = at::mv(W_U, row * gain);
            logits = logits - logits.mean();
            const at::Tensor order = logits.argsort(0, true);
            const StoredEffects effects = reader->effects({id, FeatureId(f)}).value();
            ASSERT_EQ(effects.positive.size(), 10u);
            for (std::int64_t i = 0; i < 10; ++i) {
                const auto top = static_cast<std::size_t>(i);
                EXPECT_EQ(effects.positive[top].first.value, order[i].item<std::int64_t>());
                EXPECT_NEAR(effects.positive[top].second, logits[order[i]].item<double>(), 1e-4);
                EXPECT_EQ(effects.negative[top].first.value, order[63 - i].item<std::int64_t>());
            }
            const StoredNearest nearest = reader->nearest({id, FeatureId(f)}).value();
            ASSERT_EQ(nearest.size(), 10u);
            std::vector<double> cosines;
            for (std::int64_t g = 0; g < 24; ++g)
                if (g != f)
                    cosines.push_back(at::cosine_similarity(dictionary.W_dec()[f].to(at::kDouble),
                        dictionary.W_dec()[g].to(at::kDouble), 0)
                                          .item<double>());
            std::sort(cosines.begin(), cosines.end(), std::greater<>());
            for (std::size_t i = 0; i < 10; ++i) {
                EXPECT_NE(nearest[i].first.value, f);
                EXPECT_NEAR(nearest[i].second, cosines[i], 1e-5);
            }
        }
    }
}

TEST(Harvest, StoresTheOutputScores)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    auto reader = harvested(tiny, folder / "w.db", {});
    const auto prompt = neutralPrompt(*tiny.tokenizer, tiny.dictionaries).value();
    EXPECT_EQ(prompt.size(), 4u); // "<s> From my experience,"
    for (const auto& dictionary : tiny.dictionaries) {
        const std::string& name = dictionary->config().name;
        const auto scores
            = outputScores(*tiny.model, *dictionary, prompt, tiny.tokenizer->size()).value();
        for (std::size_t f = 0; f < scores.size(); ++f) {
            const auto row
                = featureRow(*reader, {name, FeatureId(static_cast<std::int64_t>(f))}).value();
            EXPECT_EQ(row.outputScore.has_value(), !std::isnan(scores[f]));
            if (row.outputScore) {
                EXPECT_EQ(*row.outputScore, static_cast<double>(scores[f]));
            }
            EXPECT_EQ(row.writes(), row.outputScore && *row.outputScore >= 0.01);
        }
    }
}

TEST(Harvest, StoppedAndContinuedAnywhereEqualsUninterrupted)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    HarvestSettings settings;
    settings.batchTokens = 64;
    harvested(tiny, folder / "whole.db", settings);
    const std::string whole = tests::workspaceContents(folder / "whole.db");

    // As if the program was closed after every few slices; and with too little memory to keep
    // activations.
    settings.cacheBytes = 3000;
    for (int round = 0;; ++round) {
        ASSERT_LT(round, 200);
        auto writer = WorkspaceWriter::open(folder / "pieces.db").value();
        auto run = Harvest::start(
            tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer, settings);
        ASSERT_TRUE(run) << run.error().message;
        EXPECT_EQ((*run)->progress().done > 0, round > 0);
        bool isDone = false;
        for (int i = 0; i < 3 && !isDone; ++i)
            isDone = (*run)->step().value();
        if (isDone)
            break;
        ASSERT_TRUE((*run)->save());
    }
    EXPECT_EQ(tests::workspaceContents(folder / "pieces.db"), whole);

    // Stopped by its token: the work so far is kept, and another run finishes it.
    auto writer = WorkspaceWriter::open(folder / "stopped.db").value();
    std::stop_source source;
    const auto stopped = harvest(
        tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer, settings,
        [&](const Progress& progress) {
            if (progress.done == 7)
                source.request_stop();
        },
        source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    std::int64_t first = -1;
    const auto finished
        = harvest(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer, settings,
            [&](const Progress& progress) { first = first < 0 ? progress.done : first; });
    ASSERT_TRUE(finished);
    EXPECT_EQ(first, 7);
    EXPECT_EQ(tests::workspaceContents(folder / "stopped.db"), whole);
}

TEST(Harvest, DamagedNotesOfAnInterruptedRunOnlyCostTime)
{
    const TinyHarvest tiny;
    tests::TemporaryFolder folder;
    {
        auto writer = WorkspaceWriter::open(folder / "w.db").value();
        auto run
            = Harvest::start(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer)
                  .value();
        ASSERT_TRUE(run->step());
        ASSERT_TRUE(run->save());
        writer->database().connection().exec(
            "UPDATE harvest_state SET data=substr(data, 1, length(data)/2)");
    }
    auto writer = WorkspaceWriter::open(folder / "w.db").value();
    auto run = Harvest::start(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer);
    ASSERT_TRUE(run);
    EXPECT_EQ((*run)->progress().done, 0);
}

TEST(Harvest, RefusesWhatDoesNotFitTheModel)
{
    TinyHarvest tiny;
    tests::TemporaryFolder folder;
    auto writer = WorkspaceWriter::open(folder / "w.db").value();
    const auto start = [&] {
        return Harvest::start(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer);
    };
    const auto whole = tiny.corpus;
    tiny.corpus.passages[0].tokens.assign(33, TokenId(5));
    EXPECT_NE(start().error().message.find("33"), std::string::npos);
    tiny.corpus.passages[0].tokens.assign(3, TokenId(64));
    EXPECT_NE(start().error().message.find("64"), std::string::npos);
    tiny.corpus = {};
    EXPECT_EQ(start().error().code, Error::Code::InvalidFile);
    tiny.corpus = whole;
    tiny.dictionaries = {tests::randomDictionary("deep", "blocks.7.hook_resid_post", 4, 1)};
    EXPECT_NE(start().error().message.find("deep"), std::string::npos);
    tiny.dictionaries = {tests::randomDictionary("wide", "blocks.0.mlp.hook_post", 4, 1)};
    EXPECT_NE(start().value()->step().error().message.find("wide"), std::string::npos);
    tiny.dictionaries.clear();
    EXPECT_EQ(start().error().code, Error::Code::NotFound);
}

TEST(HarvestCorpus, DocumentsAreCutAtBlankLinesAndToTheModelsLength)
{
    const tests::WordTokenizer tokenizer;
    const TextStart start = textStart(tokenizer, false).value();
    const auto corpus = corpusFromText(
        "the golden gate\nis red\n\n \r\n\na quiet library\n", tokenizer, start, {100, 4})
                            .value();
    ASSERT_EQ(corpus.passages.size(), 3u);
    EXPECT_EQ(corpus.passages[0].text, " the golden gate");
    EXPECT_EQ(corpus.passages[1].text, " is red");
    EXPECT_EQ(corpus.passages[1].tokens[0], TokenId(0)); // Each begins as a text does.
    EXPECT_EQ(corpus.passages[2].text, " a quiet library");
    EXPECT_EQ(corpus.tokens, 8);
    EXPECT_EQ(
        corpusFromText("the golden gate\n\na quiet library", tokenizer, start, {4, 32})->tokens, 4);
    EXPECT_FALSE(corpusFromText(" \n\n", tokenizer, start, {}));
    EXPECT_FALSE(corpusFromFile("/no/such/file.txt", tokenizer, start, {}));
    tests::TemporaryFolder folder;
    std::ofstream(folder / "empty.txt").flush();
    EXPECT_FALSE(corpusFromFile(folder / "empty.txt", tokenizer, start, {}));
}

TEST(HarvestCorpus, TheModelWritesTheSameTextForTheSameSeed)
{
    const TinyHarvest tiny;
    const auto first = corpusByModel(*tiny.model, *tiny.tokenizer, {}, {700, 20}, 4).value();
    EXPECT_EQ(first.tokens, 700);
    EXPECT_EQ(corpusByModel(*tiny.model, *tiny.tokenizer, {}, {700, 20}, 4)->hash, first.hash);
    EXPECT_NE(corpusByModel(*tiny.model, *tiny.tokenizer, {}, {700, 20}, 5)->hash, first.hash);
    for (const Passage& passage : first.passages)
        EXPECT_LE(passage.tokens.size(), 20u);
}

} // namespace
