// A dictionary trained on texts that begin with BOS, for a model whose tokenizer adds none.
#include "core/api/analyze.h"
#include "core/api/encode.h"
#include "core/api/engine_state.h"
#include "core/api/evaluate.h"
#include "core/api/feature_card.h"
#include "core/api/features_on_text.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/features/text_start.h"
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"
#include "tests/core/engine/open_bench.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ATen/core/grad_mode.h>

using testing::HasSubstr;

namespace {

/// The tiny model with an SAE whose file says `prepend_bos: true`; its tokenizer is GPT-2's.
class PrependBos : public testing::Test {
protected:
    PrependBos()
    {
        const auto cfg = bench.files.sae() / "cfg.json";
        nlohmann::json json = nlohmann::json::parse(std::ifstream(cfg));
        json["metadata"]["prepend_bos"] = true;
        std::ofstream(cfg) << json;
        const auto opened = bench.run(core::OpenModelRequest{bench.files.model().string()});
        EXPECT_TRUE(opened) << opened.error().message;
        const auto state = bench.run(core::AddDictionariesRequest{bench.files.sae().string()});
        EXPECT_TRUE(state) << state.error().message;
        for (const core::DictionaryInfo& info : state->dictionaries)
            if (info.kind == core::DictionaryKind::Sae)
                name = info.name;
    }

    std::shared_ptr<const core::Dictionary> dictionary() const
    {
        return *bench.model().dictionary(name);
    }

    /// Activations on the text with BOS put in front by hand, its row left out: [T, d_sae].
    at::Tensor byHand(const std::string& text) const
    {
        const core::LoadedModel& model = bench.model();
        std::vector<core::TokenId> ids = model.tokenizer->encode(text, false)->ids;
        ids.insert(ids.begin(), *model.tokenizer->bos());
        const auto& sae = *dictionary();
        const at::NoGradGuard noGrad;
        const auto run = core::runWithCache(
            *model.transformer, core::promptFromIds(model, ids)->tensor(), {sae.config().hookIn});
        return sae.activations(run->cache.at(sae.config().hookIn)[0]).slice(0, 1);
    }

    tests::OpenBench bench;
    std::string name;
    const std::string text = "the cat sat on the mat.";
};

TEST_F(PrependBos, APromptIsReadWithItAndSaysSo)
{
    const auto analysis = bench.run(core::AnalyzeRequest{text, {name}, 1000});
    ASSERT_TRUE(analysis) << analysis.error().message;
    EXPECT_TRUE(analysis->hasBos);
    EXPECT_EQ(analysis->tokens.front().id, *bench.model().tokenizer->bos());
    EXPECT_THAT(analysis->note, HasSubstr("put in front"));
    const at::Tensor peaks = std::get<0>(byHand(text).max(0));
    ASSERT_FALSE(analysis->dictionaries.front().features.empty());
    for (const core::FeatureTrace& trace : analysis->dictionaries.front().features)
        EXPECT_NEAR(trace.peak, peaks[trace.row.feature.feature.value].item<float>(), 1e-4);

    const auto found = bench.run(core::FeaturesOnTextRequest{text, {}, {name}, 1});
    ASSERT_TRUE(found);
    EXPECT_THAT(found->note, HasSubstr("put in front"));
    EXPECT_NEAR(found->features.at(0).activation, peaks.max().item<float>(), 1e-4);

    core::GenerateRequest generate;
    generate.prompt = text;
    generate.settings.maxTokens = 2;
    EXPECT_THAT(bench.run(generate)->note, HasSubstr("put in front"));
    // Who begins the text with BOS gets one, not two.
    EXPECT_EQ(bench.run(core::AnalyzeRequest{"<|endoftext|>" + text, {}, 1})->tokens.size(),
        analysis->tokens.size());
}

TEST_F(PrependBos, ACorpusIsReadWithItAndItIsNotCounted)
{
    const std::string other = "an ant ate the other ant";
    const auto path = bench.files.file("corpus.txt");
    std::ofstream(path) << text << "\n\n" << other << "\n";
    const at::Tensor acts = at::cat({byHand(text), byHand(other)});
    const double l0 = acts.gt(0).sum(1).to(at::kDouble).mean().item<double>();

    core::EvaluateRequest evaluate{name, {}, path.string()};
    const auto quality = bench.run(evaluate);
    ASSERT_TRUE(quality) << quality.error().message;
    EXPECT_EQ(quality->tokens, acts.size(0));
    EXPECT_NEAR(quality->l0, l0, 1e-9);
    EXPECT_THAT(quality->note, HasSubstr("put in front"));

    core::HarvestRequest harvest;
    harvest.corpusPath = path.string();
    harvest.dictionaries = {name};
    harvest.workspace = bench.files.file("harvest.sqlite").string();
    const auto harvested = bench.run(harvest);
    ASSERT_TRUE(harvested) << harvested.error().message;
    EXPECT_EQ(harvested->tokens, acts.size(0));
    EXPECT_EQ(harvested->featuresAlive, acts.gt(0).any(0).sum().item<std::int64_t>());
    EXPECT_THAT(harvested->note, HasSubstr("put in front"));
}

TEST_F(PrependBos, TheDictionarySaysWhatIsDone)
{
    const auto info = core::describe(*dictionary(), &bench.model());
    EXPECT_THAT(
        info.facts, testing::Contains(HasSubstr("texts begin with BOS (put in front here")));
}

TEST_F(PrependBos, WhereDictionariesDisagreeItIsPutInFrontForAll)
{
    core::DictionaryConfig config = dictionary()->config();
    config.name = "without";
    config.facts.prependBos = false;
    const auto& sae = *dictionary();
    const auto without = core::Dictionary::create(
        config, {sae.W_enc(), sae.b_enc(), sae.W_dec(), sae.b_dec(), sae.threshold()});
    ASSERT_TRUE(without) << without.error().message;
    const auto start
        = core::textStart(*bench.model().tokenizer, core::Dictionaries{*without, dictionary()});
    ASSERT_TRUE(start);
    EXPECT_TRUE(start->isAdded);
    EXPECT_THAT(start->note, HasSubstr("without was trained on texts without BOS"));
}

/// reports/prepend-bos: gpt2-tiny with a first position as large as real GPT-2's, the fixture SAE
/// `standard` and the text of reports/documents-apart. Every figure here is of Hugging Face
/// transformers 5.24 in float64 with SAELens' equations; the features are those that the report
/// gives as 6.25, 7.07 and 3.45 with BOS in front and left out, and as 49.7, 54.6 and 26.2 without.
class PrependBosReport : public testing::TestWithParam<bool> {
protected:
    static constexpr std::array kFeatures{149, 124, 135};
    struct Figures {
        std::array<double, 3> largest; // of kFeatures over the text
        double l0, fvu, firstDocument; // the last: feature 124 there
        double firstL0, firstFvu; // of that document alone
        std::vector<int> steered; // ids, greedy, feature 124 clamped to 70.7
        std::vector<double> logprobs; // of the ids, steered
    };

    PrependBosReport()
    {
        namespace fs = std::filesystem;
        const fs::path source = tests::testFixture("oracles/models/gpt2-tiny");
        model = bench.files.file("gpt2-report");
        fs::create_directories(model);
        for (const char* name : {"config.json", "tokenizer.json", "tokenizer_config.json"})
            fs::copy_file(source / name, model / name);
        auto tensors = *core::loadTensors(source / "model.safetensors");
        at::Tensor& positions = tensors.at("transformer.wpe.weight");
        positions = positions.clone(); // it lay in the file's map
        positions[0].mul_(40);
        EXPECT_TRUE(core::saveTensors(model / "model.safetensors",
            std::vector<std::pair<std::string, at::Tensor>>(tensors.begin(), tensors.end())));
        const fs::path standard = tests::testFixture("oracles/saes/standard");
        sae = bench.files.file("standard");
        fs::create_directories(sae);
        fs::copy_file(standard / "sae_weights.safetensors", sae / "sae_weights.safetensors");
        nlohmann::json json = nlohmann::json::parse(std::ifstream(standard / "cfg.json"));
        json["metadata"]["prepend_bos"] = GetParam();
        std::ofstream(sae / "cfg.json") << json;
        const auto opened = bench.run(core::OpenModelRequest{model.string()});
        EXPECT_TRUE(opened) << opened.error().message;
        const auto state = bench.run(core::AddDictionariesRequest{sae.string()});
        EXPECT_TRUE(state) << state.error().message;
        name = state->dictionaries.back().name;
    }

    static Figures expected()
    {
        if (GetParam())
            return {{6.251894, 7.065777, 3.452228}, 82.782609, 3.4041348, 7.065777, 84.142857,
                7.9358957, {102, 311, 311, 102, 102},
                {-1.881078, -1.31845, -1.419, -1.593613, -0.915355}};
        return {{49.664051, 54.590667, 26.184396}, 83.804348, 2.9135032, 54.590667, 86.714286,
            3.3598463, {311, 102, 302, 102, 311},
            {-1.89686, -0.951756, -1.489817, -1.398251, -1.43516}};
    }
    void expectNote(const std::string& note) const
    {
        EXPECT_EQ(note.find("put in front") != std::string::npos, GetParam()) << note;
    }

    tests::OpenBench bench;
    std::filesystem::path model, sae;
    std::string name;
    const std::filesystem::path corpus = tests::testFixture("reports/documents-apart/corpus.txt");
    const std::string first = "the cat sat."; // its first document
};

TEST_P(PrependBosReport, HarvestAndEvaluate)
{
    core::HarvestRequest harvest;
    harvest.corpusPath = corpus.string();
    harvest.dictionaries = {name};
    const auto harvested = bench.run(harvest);
    ASSERT_TRUE(harvested) << harvested.error().message;
    EXPECT_EQ(harvested->tokens, 92);
    expectNote(harvested->note);
    for (std::size_t i = 0; i < kFeatures.size(); ++i) {
        const auto card
            = bench.run(core::FeatureCardRequest{{name, core::FeatureId(kFeatures.at(i))}});
        ASSERT_TRUE(card) << card.error().message;
        EXPECT_NEAR(card->row.maxActivation, expected().largest.at(i), 2e-4);
    }
    const auto quality = bench.run(core::EvaluateRequest{name, {}, corpus.string()});
    ASSERT_TRUE(quality) << quality.error().message;
    EXPECT_EQ(quality->tokens, 92);
    EXPECT_NEAR(quality->l0, expected().l0, 1e-5);
    EXPECT_NEAR(quality->fvu, expected().fvu, 2e-5);
    expectNote(quality->note);
}

TEST_P(PrependBosReport, EncodeByTextAndPrompt)
{
    core::EncodeRequest encode;
    encode.dictionary = sae.string();
    encode.text = first;
    encode.out = bench.files.file("encoded.safetensors").string();
    const auto encoded = bench.run(encode);
    ASSERT_TRUE(encoded) << encoded.error().message;
    expectNote(encoded->note);
    EXPECT_NEAR(encoded->l0, expected().firstL0, 1e-5);
    EXPECT_NEAR(*encoded->fvu, expected().firstFvu, 1e-4);
    const at::Tensor acts = core::loadTensors(encode.out)->at("feature_acts");
    EXPECT_NEAR(acts.slice(0, GetParam() ? 1 : 0).select(1, 124).max().item<double>(),
        expected().firstDocument, 2e-4);

    const auto found = bench.run(core::FeaturesOnTextRequest{first, {}, {name}, 192});
    ASSERT_TRUE(found) << found.error().message;
    expectNote(found->note);
    const auto is124 = [](const auto& one) { return one.feature == core::FeatureId(124); };
    const auto one = std::find_if(found->features.begin(), found->features.end(), is124);
    ASSERT_NE(one, found->features.end());
    EXPECT_NEAR(one->activation, expected().firstDocument, 2e-4);

    const auto analysis = bench.run(core::AnalyzeRequest{first, {name}, 192});
    ASSERT_TRUE(analysis) << analysis.error().message;
    expectNote(analysis->note);
    bool isThere = false;
    for (const core::FeatureTrace& trace : analysis->dictionaries.front().features)
        if (trace.row.feature.feature == core::FeatureId(124)) {
            isThere = true;
            EXPECT_NEAR(trace.peak, expected().firstDocument, 2e-4);
        }
    EXPECT_TRUE(isThere);
}

TEST_P(PrependBosReport, Steering)
{
    core::GenerateRequest request;
    request.prompt = first;
    request.settings.maxTokens = 5;
    core::Intervention clamp;
    clamp.feature = {name, core::FeatureId(124)};
    clamp.value = 70.7;
    request.interventions = {clamp};
    const auto generation = bench.run(request);
    ASSERT_TRUE(generation) << generation.error().message;
    expectNote(generation->note);
    ASSERT_EQ(generation->steered.tokens.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(generation->steered.tokens[i].id.value, expected().steered[i]) << i;
        EXPECT_NEAR(generation->steered.figures[i].logprob, expected().logprobs[i], 1e-4) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(AsTheFileSays, PrependBosReport, testing::Bool(),
    [](const auto& info) { return info.param ? "WithBos" : "Without"; });

/// Read each alone in float64 the figures are these, in either order (reports/documents-apart).
TEST(DocumentsApart, TheReportedFiguresComeOutInBothOrders)
{
    REQUIRE_SHARED_FIXTURE("reports/documents-apart/corpus.txt");
    const tests::TinyWorkbench files;
    const auto sae = files.file("as-tokenizer");
    std::filesystem::copy(tests::sharedFixture("oracles/saes/standard"), sae);
    nlohmann::json json = nlohmann::json::parse(std::ifstream(sae / "cfg.json"));
    json["metadata"]["prepend_bos"] = false; // the figures are without
    std::filesystem::remove(sae / "cfg.json");
    std::ofstream(sae / "cfg.json") << json;
    const auto engine = files.startEngine();
    const auto model = tests::sharedFixture("oracles/models/gpt2-tiny").string();
    ASSERT_TRUE(tests::ask(*engine, core::OpenModelRequest{model, "cpu", {}}));
    const auto state = tests::ask(*engine, core::AddDictionariesRequest{sae.string()});
    ASSERT_TRUE(state) << state.error().message;
    for (const char* corpus : {"corpus.txt", "corpus-reordered.txt"}) {
        core::EvaluateRequest request{(*state)->dictionaries.front().name, {},
            (tests::sharedFixture("reports/documents-apart") / corpus).string()};
        const auto quality = tests::ask(*engine, request);
        ASSERT_TRUE(quality) << quality.error().message;
        EXPECT_NEAR((*quality)->ceClean, 8.6551, 2e-4) << corpus;
        EXPECT_NEAR((*quality)->fvu, 3.5747, 2e-4) << corpus;
        EXPECT_NEAR((*quality)->l0, 82.967, 6e-4) << corpus;
    }
}

} // namespace
