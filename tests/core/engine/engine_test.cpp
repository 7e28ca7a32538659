#include "core/api/add_dictionaries.h"
#include "core/api/analyze.h"
#include "core/api/architecture.h"
#include "core/api/close_dictionary.h"
#include "core/api/dictionary_info.h"
#include "core/api/engine.h"
#include "core/api/feature_card.h"
#include "core/api/feature_rows.h"
#include "core/api/generate.h"
#include "core/api/graph_files.h"
#include "core/api/harvest.h"
#include "core/api/inspect_model.h"
#include "core/api/intervene.h"
#include "core/api/intervention.h"
#include "core/api/label.h"
#include "core/api/list_features.h"
#include "core/api/open_model.h"
#include "core/api/prune.h"
#include "core/api/self_check.h"
#include "core/api/set_label.h"
#include "core/api/swap.h"
#include "core/api/token_info.h"
#include "core/api/trace.h"
#include "tests/core/engine/tiny_workbench.h"

#include <atomic>
#include <cmath>
#include <future>

#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>

namespace {

const std::string kPrompt = "hello world, this is a test";

class EngineTest : public testing::Test {
protected:
    void open()
    {
        ASSERT_TRUE(tests::ask(*engine, core::OpenModelRequest{bench.model().string()}));
        for (const auto& path : {bench.sae(), bench.transcoders()}) {
            auto state = tests::ask(*engine, core::AddDictionariesRequest{path.string()});
            ASSERT_TRUE(state) << state.error().message;
            names.clear();
            for (const core::DictionaryInfo& info : (*state)->dictionaries)
                names.push_back(info.name);
        }
        ASSERT_EQ(names.size(), 3u);
    }

    void harvest()
    {
        core::HarvestRequest request;
        request.tokens = 2000;
        auto summary = tests::ask(*engine, request);
        ASSERT_TRUE(summary) << summary.error().message;
        EXPECT_GE((*summary)->tokens, 1000);
        EXPECT_GT((*summary)->featuresAlive, 0);
        EXPECT_EQ((*summary)->featuresTotal, 24 + 20 + 20);
    }

    tests::TinyWorkbench bench;
    std::unique_ptr<core::Engine> engine = bench.startEngine();
    std::vector<std::string> names; // the SAE, then the transcoders
};

TEST_F(EngineTest, InspectsWithoutLoading)
{
    auto info = tests::ask(*engine, core::InspectModelRequest{{bench.model().string()}});
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_FALSE((*info)->isLoaded);
    EXPECT_EQ((*info)->d_vocab, 320);
    EXPECT_EQ((*info)->n_layers, 2);
    EXPECT_EQ((*info)->tokenizerSize, 320);
    EXPECT_GE((*info)->estimateBytes, (*info)->parameters * 4);
}

TEST_F(EngineTest, SaysWhatIsMissingBeforeAModelIsOpen)
{
    auto analysis = tests::ask(*engine, core::AnalyzeRequest{kPrompt, {}, 5});
    ASSERT_FALSE(analysis);
    EXPECT_NE(analysis.error().message.find("No model is open"), std::string::npos);
}

TEST_F(EngineTest, AFailedOpenLeavesTheOldModel)
{
    open();
    auto failed = tests::ask(*engine, core::OpenModelRequest{bench.file("nowhere").string()});
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().message.find("nowhere"), std::string::npos);
    EXPECT_TRUE(tests::ask(*engine, core::AnalyzeRequest{kPrompt, {}, 5}));
}

TEST_F(EngineTest, AModelThatCannotRegisterItsDictionariesLeavesTheOldOne)
{
    open();
    auto state = tests::ask(*engine, core::CloseDictionaryRequest{names.back()});
    ASSERT_TRUE(state) << state.error().message;
    const std::string workspace = (*state)->workspacePath;
    names.pop_back();
    {
        SQLite::Database db(workspace, SQLite::OPEN_READWRITE);
        db.setBusyTimeout(10'000);
        db.exec("CREATE TRIGGER refuse BEFORE INSERT ON dictionary BEGIN "
                "SELECT RAISE(ABORT, 'no dictionary is registered here'); END");
    }
    const auto before = tests::ask(*engine, core::AnalyzeRequest{kPrompt, {}, 5});
    ASSERT_TRUE(before) << before.error().message;

    // The same model in another type keeps its dictionaries, so they are registered again.
    const auto reopened
        = tests::ask(*engine, core::OpenModelRequest{bench.model().string(), "cpu", "int8"});
    ASSERT_FALSE(reopened);
    EXPECT_NE(reopened.error().message.find("no dictionary is registered here"), std::string::npos)
        << reopened.error().message;
    const auto added
        = tests::ask(*engine, core::AddDictionariesRequest{bench.transcoders().string()});
    EXPECT_FALSE(added);

    // What was open is open, in the type it was opened in, and works.
    const auto after = tests::ask(*engine, core::AnalyzeRequest{kPrompt, {}, 5});
    ASSERT_TRUE(after) << after.error().message;
    ASSERT_EQ((*after)->next.size(), (*before)->next.size());
    for (std::size_t i = 0; i < (*after)->next.size(); ++i) {
        EXPECT_EQ((*after)->next[i].id, (*before)->next[i].id);
        EXPECT_EQ((*after)->next[i].probability, (*before)->next[i].probability);
    }
    const auto check = tests::ask(*engine, core::SelfCheckRequest{});
    ASSERT_TRUE(check) << check.error().message;
    EXPECT_EQ((*check)->dtype, "float32");
    {
        SQLite::Database db(workspace, SQLite::OPEN_READWRITE);
        db.setBusyTimeout(10'000);
        db.exec("DROP TRIGGER refuse");
    }
    state = tests::ask(*engine, core::CloseDictionaryRequest{names.back()});
    ASSERT_TRUE(state) << state.error().message;
    ASSERT_EQ((*state)->dictionaries.size(), 1u) << "the failed one was not half added";
    EXPECT_EQ((*state)->dictionaries.front().name, names.front());
}

TEST_F(EngineTest, AnalysisAgreesWithItself)
{
    open();
    auto analysis = tests::ask(*engine, core::AnalyzeRequest{kPrompt, {}, 1000});
    ASSERT_TRUE(analysis) << analysis.error().message;
    const core::PromptAnalysis& a = **analysis;
    std::string text;
    for (const core::TokenInfo& token : a.tokens)
        text += kPrompt.substr(static_cast<std::size_t>(token.begin),
            static_cast<std::size_t>(token.end - token.begin));
    EXPECT_EQ(text, kPrompt); // byte ranges tile the prompt
    float sum = 0;
    for (const core::NextToken& next : a.next)
        sum += next.probability;
    EXPECT_LE(sum, 1.0001f);
    ASSERT_EQ(a.dictionaries.size(), 3u);
    for (const core::DictionaryAnalysis& d : a.dictionaries) {
        ASSERT_EQ(static_cast<std::int64_t>(d.features.size()),
            d.activeFeatures); // nothing was cut at 1000
        for (std::size_t t = 0; t < a.tokens.size(); ++t) {
            int active = 0;
            for (const core::FeatureTrace& feature : d.features)
                active += feature.activations[t] > 0 ? 1 : 0;
            EXPECT_EQ(active, d.l0[t]) << d.dictionary << " token " << t;
        }
    }
}

TEST_F(EngineTest, TheDiagramsNumbersAddUp)
{
    open();
    auto view
        = tests::ask(*engine, core::ArchitectureRequest{kPrompt, names[0], core::Position(2)});
    ASSERT_TRUE(view) << view.error().message;
    const core::ArchitectureView& v = **view;
    ASSERT_FALSE(v.active.empty());
    double loss = 0, sparsity = 0;
    for (std::size_t d = 0; d < v.target.size(); ++d) {
        double rebuilt = 0; // b_dec is zero in this dictionary
        for (const core::ActiveFeature& feature : v.active)
            rebuilt += static_cast<double>(feature.activation) * feature.decoderColumn[d];
        EXPECT_NEAR(rebuilt, v.reconstruction[d], 1e-4);
        loss += std::pow(static_cast<double>(v.target[d]) - v.reconstruction[d], 2);
    }
    for (const core::ActiveFeature& feature : v.active)
        sparsity += static_cast<double>(feature.activation) * feature.decoderNorm;
    EXPECT_NEAR(v.reconstructionLoss, loss, 1e-3 * loss);
    EXPECT_NEAR(v.sparsityLoss, sparsity, 1e-4 * sparsity);
}

TEST_F(EngineTest, HarvestsListsShowsAndLabels)
{
    open();
    harvest();
    core::FeatureQuery query;
    query.dictionaries = {names[0]};
    auto list = tests::ask(*engine, query);
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_GT((*list)->total, 1);
    auto rows = tests::ask(*engine, core::FeatureRowsRequest{(*list)->features.toVector()});
    ASSERT_TRUE(rows) << rows.error().message;
    for (std::size_t i = 1; i < (*rows)->size(); ++i)
        EXPECT_GE((**rows)[i - 1].maxActivation, (**rows)[i].maxActivation);

    const core::FeatureRef first = (*list)->features.front();
    auto labelled = tests::ask(*engine, core::LabelEdit{first, {"loud words", "a note", {}}});
    ASSERT_TRUE(labelled) << labelled.error().message;
    EXPECT_EQ((*labelled)->label.text, "loud words");
    EXPECT_EQ((*labelled)->label.source, core::LabelSource::Person);
    auto card = tests::ask(*engine, core::FeatureCardRequest{first});
    ASSERT_TRUE(card) << card.error().message;
    EXPECT_EQ((*card)->row.label.notes, "a note");
    auto renamed = tests::ask(*engine, core::LabelEdit{first, {"loud sounds", "", {}}, true});
    ASSERT_TRUE(renamed) << renamed.error().message;
    EXPECT_EQ((*renamed)->label.notes, "a note");
    EXPECT_FALSE((*card)->intervals.empty());
    core::FeatureQuery search;
    search.text = "loud";
    auto hits = tests::ask(*engine, search);
    ASSERT_TRUE(hits) << hits.error().message;
    ASSERT_FALSE((*hits)->features.empty());
    EXPECT_EQ((*hits)->features.front(), first);
}

TEST_F(EngineTest, GeneratesPairsAndKeepsZeroStrengthIdentical)
{
    open();
    harvest();
    core::GenerateRequest request;
    request.prompt = kPrompt;
    request.settings.maxTokens = 8;
    request.settings.temperature = 1.0;
    core::Intervention none;
    none.feature = {names[0], core::FeatureId(3)};
    none.mode = core::InterventionMode::Add;
    none.value = 0.0;
    request.interventions = {none};
    int steps = 0;
    auto generation = tests::ask(*engine, request, [&](const core::GenerateStep&) { ++steps; });
    ASSERT_TRUE(generation) << generation.error().message;
    EXPECT_EQ((*generation)->normal.text, (*generation)->steered.text);
    EXPECT_EQ(steps, static_cast<int>((*generation)->normal.tokens.size()));

    request.interventions[0].mode = core::InterventionMode::Clamp;
    request.interventions[0].isMultipleOfMax = true;
    request.interventions[0].value = 10;
    generation = tests::ask(*engine, request);
    ASSERT_TRUE(generation) << generation.error().message;
    EXPECT_GT((*generation)->steered.figures.front().kl, 0.0f);
    EXPECT_GT((*generation)->steered.figures.front().deltaNormRatio, 0.0f);

    request.interventions[0].feature.feature = core::FeatureId(9999);
    generation = tests::ask(*engine, request);
    ASSERT_FALSE(generation);
    EXPECT_NE(generation.error().message.find("9999"), std::string::npos);
}

TEST_F(EngineTest, TracesPrunesSavesAndReadsBack)
{
    open();
    core::TraceRequest request;
    request.prompt = kPrompt;
    request.settings.maxLogits = 3;
    auto graph = tests::ask(*engine, request);
    ASSERT_TRUE(graph) << graph.error().message;
    EXPECT_GT((*graph)->id, 0u);
    EXPECT_LE(static_cast<std::int64_t>((*graph)->nodes.size()), (*graph)->unprunedNodes);
    auto smaller = tests::ask(*engine, core::PruneRequest{(*graph)->id, 0.4, 0.6});
    ASSERT_TRUE(smaller) << smaller.error().message;
    EXPECT_LE((*smaller)->nodes.size(), (*graph)->nodes.size());
    EXPECT_LT((*smaller)->edges.size(), (*graph)->edges.size());
    EXPECT_DOUBLE_EQ((*smaller)->replacementScore, (*graph)->replacementScore);

    const std::string path = bench.file("graph.json").string();
    ASSERT_TRUE(tests::ask(*engine, core::SaveGraphRequest{*graph, path}));
    auto read = tests::ask(*engine, core::LoadGraphRequest{path});
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ((*read)->nodes.size(), (*graph)->nodes.size());
    EXPECT_EQ((*read)->edges.size(), (*graph)->edges.size());
    auto gone = tests::ask(*engine, core::PruneRequest{12345, 0.8, 0.98});
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, core::Error::Code::NotFound);
}

TEST_F(EngineTest, InterveningWithNothingChangesNothing)
{
    open();
    core::InterveneRequest request;
    request.prompt = kPrompt;
    auto same = tests::ask(*engine, request);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ((*same)->before.front().id, (*same)->after.front().id);
    EXPECT_FLOAT_EQ((*same)->before.front().probability, (*same)->after.front().probability);
}

TEST_F(EngineTest, SwappingTellsWhichFeaturesChanged)
{
    open();
    auto same = tests::ask(*engine, core::SwapRequest{kPrompt, kPrompt, {}});
    ASSERT_FALSE(same);
    EXPECT_NE(same.error().message.find("nothing to swap"), std::string::npos);
    auto swap = tests::ask(*engine, core::SwapRequest{kPrompt, "hello water, this is a test", {}});
    ASSERT_TRUE(swap) << swap.error().message;
    EXPECT_FALSE((*swap)->removed.empty() && (*swap)->inserted.empty());
    EXPECT_EQ((*swap)->isSwapped,
        (*swap)->before.front().id != (*swap)->donor.front().id
            && (*swap)->after.front().id == (*swap)->donor.front().id);
}

TEST_F(EngineTest, RefusesAPromptLongerThanTheContext)
{
    open();
    std::string longer;
    for (int i = 0; i < 200; ++i)
        longer += "hello ";
    auto analysis = tests::ask(*engine, core::AnalyzeRequest{longer, {}, 5});
    ASSERT_FALSE(analysis);
    EXPECT_NE(analysis.error().message.find("48"), std::string::npos)
        << analysis.error().message; // the context
}

TEST_F(EngineTest, AChangeMadeWhileTheGenerationWaitsIsNotLost)
{
    open();
    core::Intervention clamp;
    clamp.feature = {names[0], core::FeatureId(3)};
    clamp.value = 0.0;
    core::GenerateRequest request;
    request.prompt = kPrompt;
    request.settings.maxTokens = 8;
    request.interventions = {clamp};
    clamp.value = 60.0;
    request.interventions.front().value = 60.0;
    const auto strong = tests::ask(*engine, request);
    ASSERT_TRUE(strong) << strong.error().message;

    core::Intervention weak = clamp;
    weak.value = 0.0;
    request.live = std::make_shared<core::SharedInterventions>(std::vector{weak});
    const auto live = std::const_pointer_cast<core::SharedInterventions>(request.live);
    std::promise<core::Result<std::shared_ptr<const core::Generation>>> answer;
    // The thread is busy until the change is made: the generation has not begun then.
    core::GenerateRequest before;
    before.prompt = kPrompt;
    before.settings.maxTokens = 8;
    bool isChanged = false;
    engine->ask(
        "before", before, [](auto) {},
        core::PartFn<core::GenerateRequest>([&](const core::GenerateStep&) {
            if (isChanged)
                return;
            isChanged = true;
            engine->ask("generate", request,
                [&answer](auto result) { answer.set_value(std::move(result)); });
            live->set({clamp});
        }));
    const auto changed = answer.get_future().get();
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ((*changed)->steered.text, (*strong)->steered.text);
    ASSERT_EQ((*changed)->steered.figures.size(), (*strong)->steered.figures.size());
    for (std::size_t i = 0; i < (*strong)->steered.figures.size(); ++i)
        EXPECT_EQ((*changed)->steered.figures[i].kl, (*strong)->steered.figures[i].kl) << i;
}

TEST_F(EngineTest, AClickIsAnsweredBeforeTheLongWorkBesideIt)
{
    open();
    std::promise<void> harvested;
    std::atomic<bool> isHarvested = false;
    std::promise<bool> clicked;
    std::atomic<bool> isAsked = false;
    engine->setProgressListener([&](const std::string& tag, const core::Progress&) {
        // In the middle of the harvest: the answer must come before the harvest's own.
        if (tag != "harvest" || isAsked.exchange(true))
            return;
        engine->ask("analyze", core::AnalyzeRequest{kPrompt, {}, 5},
            [&](auto result) { clicked.set_value(result && !isHarvested); });
    });
    core::HarvestRequest request;
    request.tokens = 2000;
    engine->ask("harvest", request, [&](auto) {
        isHarvested = true;
        harvested.set_value();
    });
    EXPECT_TRUE(clicked.get_future().get());
    harvested.get_future().wait();
    engine->setProgressListener({});
}

TEST_F(EngineTest, WorkGoesOnWithItsModelWhenAnotherIsOpened)
{
    open();
    std::promise<bool> opened;
    std::atomic<bool> isAsked = false;
    engine->setProgressListener([&](const std::string& tag, const core::Progress&) {
        if (tag != "harvest" || isAsked.exchange(true))
            return;
        engine->ask("open", core::OpenModelRequest{bench.sae().string()},
            [](auto result) { EXPECT_FALSE(result); });
        engine->ask("reopen", core::OpenModelRequest{bench.model().string()},
            [&](auto result) { opened.set_value(static_cast<bool>(result)); });
    });
    core::HarvestRequest request;
    request.tokens = 2000;
    const auto summary = tests::ask(*engine, request);
    EXPECT_TRUE(opened.get_future().get());
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ((*summary)->featuresTotal, 24 + 20 + 20);
    engine->setProgressListener({});
}

TEST_F(EngineTest, QuittingAnswersEveryRequest)
{
    open();
    std::atomic<int> answers = 0;
    for (int i = 0; i < 20; ++i) {
        core::GenerateRequest request;
        request.prompt = kPrompt;
        request.settings.maxTokens = 30;
        engine->ask("generate", request, [&](auto) { ++answers; });
        engine->ask("analyze", core::AnalyzeRequest{kPrompt, {}, 5}, [&](auto) { ++answers; });
        engine->ask("list", core::FeatureQuery(), [&](auto) { ++answers; });
    }
    engine.reset();
    EXPECT_EQ(answers, 60);
}

} // namespace
