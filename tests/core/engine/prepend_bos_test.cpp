// A dictionary trained on texts that begin with BOS, for a model whose tokenizer adds none.
#include "core/api/analyze.h"
#include "core/api/engine_state.h"
#include "core/api/evaluate.h"
#include "core/api/features_on_text.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/features/text_start.h"
#include "core/model/activation_cache.h"
#include "tests/core/engine/open_bench.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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
