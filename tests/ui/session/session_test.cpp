#include "tests/ui/support/ui_test.h"

#include <QSignalSpy>

namespace {

using ui::Shared;

class SessionTest : public tests::UiTest { };

core::AnalyzeRequest analyzeRequest(const std::string& text)
{
    core::AnalyzeRequest request;
    request.text = text;
    return request;
}

TEST_F(SessionTest, AnswersToOlderRequestsAreDropped)
{
    std::vector<std::string> seen;
    QObject::connect(&session, &ui::Session::promptAnalyzed, &session,
        [&](const Shared<core::PromptAnalysis>& analysis) {
            seen.push_back(analysis->request.text);
        });
    engine->hold();
    session.analyze(analyzeRequest("first"));
    session.analyze(analyzeRequest("second"));
    ASSERT_EQ(engine->waiting(), 2);
    engine->release(1); // the new answer overtakes the old one
    engine->release(0);
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(seen, std::vector<std::string>{"second"});
}

TEST_F(SessionTest, AFailureOfAnOlderRequestIsNotShown)
{
    QSignalSpy errors(&session, &ui::Session::errorOccurred);
    engine->hold();
    engine->analyzed.failWith("old trouble");
    session.analyze(analyzeRequest("first"));
    engine->analyzed.answer = [](const core::AnalyzeRequest&) { return core::PromptAnalysis{}; };
    session.analyze(analyzeRequest("second"));
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(errors.count(), 0);
}

TEST_F(SessionTest, RequestsMadeBeforeTheEngineAreSentWhenItComes)
{
    ui::Session late;
    late.openModel(QStringLiteral("builtin"));
    EXPECT_TRUE(late.isBusy(ui::tags::kOpen));
    auto other = std::make_shared<tests::FakeEngine>();
    late.attachEngine(other);
    ASSERT_TRUE(await([&] { return late.hasModel(); }));
    ASSERT_EQ(other->opened.calls.size(), 1u);
    EXPECT_EQ(other->opened.calls[0].path, "builtin");
    EXPECT_FALSE(late.isBusy());
}

TEST_F(SessionTest, WithoutAnEngineEveryRequestSaysWhy)
{
    ui::Session broken;
    QSignalSpy errors(&broken, &ui::Session::errorOccurred);
    broken.openModel(QStringLiteral("builtin"));
    broken.failEngine(QStringLiteral("libfeaturescope_core.so: not found"));
    EXPECT_FALSE(broken.isBusy());
    broken.analyze(analyzeRequest("x"));
    ASSERT_TRUE(await([&] { return errors.count() == 2; }));
    EXPECT_EQ(errors.at(0).at(0).toString(), ui::tags::kEngine);
    EXPECT_EQ(errors.at(1).at(0).toString(), ui::tags::kAnalyze);
    EXPECT_EQ(errors.at(1).at(1).toString(), QStringLiteral("libfeaturescope_core.so: not found"));
    EXPECT_FALSE(broken.isBusy());
}

TEST_F(SessionTest, ErrorsCarryTheTagAndCancelledIsSilent)
{
    QSignalSpy errors(&session, &ui::Session::errorOccurred);
    engine->traced.failWith("prompt is empty");
    engine->swapped.failWith("Cancelled.", core::Error::Code::Cancelled);
    session.trace({});
    session.swap({});
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    ASSERT_EQ(errors.count(), 1);
    EXPECT_EQ(errors.at(0).at(0).toString(), ui::tags::kTrace);
    EXPECT_EQ(errors.at(0).at(1).toString(), QStringLiteral("prompt is empty"));
}

TEST_F(SessionTest, EveryStepArrivesInOrderBeforeTheEnd)
{
    std::vector<int> order;
    for (int i = 0; i < 50; ++i) {
        core::GenerateStep step;
        step.index = i;
        engine->steps.push_back(step);
    }
    QObject::connect(&session, &ui::Session::generationStepped, &session,
        [&](const std::vector<core::GenerateStep>& steps) {
            for (const core::GenerateStep& step : steps)
                order.push_back(step.index);
        });
    QObject::connect(&session, &ui::Session::generated, &session, [&] { order.push_back(-1); });
    session.generate({});
    ASSERT_TRUE(await([&] { return !order.empty() && order.back() == -1; }));
    ASSERT_EQ(order.size(), 51u);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST_F(SessionTest, ProgressIsCoalescedAndTheLatestWins)
{
    std::vector<std::int64_t> seen;
    QObject::connect(&session, &ui::Session::progressChanged, &session,
        [&](const QString&, const core::Progress& progress) { seen.push_back(progress.done); });
    for (int i = 1; i <= 1000; ++i)
        engine->progress("harvest", {"Harvesting", i, 1000, "tokens"});
    ASSERT_TRUE(await([&] { return !seen.empty() && seen.back() == 1000; }));
    EXPECT_LE(seen.size(), 3u);
}

TEST_F(SessionTest, ATrialOfATextWaitsForTheAnalysisOfThePrompt)
{
    QSignalSpy tried(&session, &ui::Session::textTried);
    engine->hold();
    session.analyze(analyzeRequest("the prompt"));
    session.tryText({"saes/layer_2", core::FeatureId(3)}, QStringLiteral("own text"));
    EXPECT_EQ(engine->analyzed.calls.size(), 1u); // the engine would have stopped the analysis
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return tried.count() == 1; }));
    ASSERT_EQ(engine->analyzed.calls.size(), 2u);
    EXPECT_EQ(engine->analyzed.calls[1].text, "own text");
    EXPECT_EQ(engine->analyzed.calls[1].dictionaries, std::vector<std::string>{"saes/layer_2"});
}

TEST_F(SessionTest, AHarvestMarksItsDictionaries)
{
    engine->opened.answer = [](const core::OpenModelRequest&) {
        core::EngineState state = tests::sampleState();
        for (core::DictionaryInfo& info : state.dictionaries)
            info.isHarvested = false;
        return state;
    };
    openSample();
    core::HarvestRequest request;
    request.dictionaries = {"saes/layer_1"};
    request.tokens = 5000;
    session.harvest(request);
    ASSERT_TRUE(await([&] { return session.dictionary("saes/layer_1")->isHarvested; }));
    EXPECT_EQ(session.dictionary("saes/layer_1")->harvestedTokens, 5000);
    EXPECT_FALSE(session.dictionary("saes/layer_0")->isHarvested);
}

TEST_F(SessionTest, DestroyingItDestroysTheEngineFirst)
{
    bool isDestroyed = false;
    {
        ui::Session mortal;
        auto own = std::make_shared<tests::FakeEngine>();
        own->destroyed = &isDestroyed;
        own->hold();
        mortal.attachEngine(std::move(own));
        mortal.openModel(QStringLiteral("builtin"));
    }
    EXPECT_TRUE(isDestroyed);
}

} // namespace
