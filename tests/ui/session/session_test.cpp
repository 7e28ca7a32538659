#include "core/api/analyze.h"
#include "core/api/feature_rows.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/api/open_model.h"
#include "core/api/set_label.h"
#include "core/api/swap.h"
#include "core/api/trace.h"
#include "tests/ui/support/ui_test.h"

#include <QSignalSpy>

namespace {

using ui::kTag;
using ui::Shared;

class SessionTest : public tests::UiTest {
protected:
    /// Asks as a page would that keeps what it saw.
    void analyze(const std::string& text)
    {
        session.ask(&session, core::AnalyzeRequest{text},
            [this](const Shared<core::PromptAnalysis>& analysis) {
                seen.push_back(analysis->request.text);
            });
    }

    std::vector<std::string> seen;
};

template <typename T> void ignore(const Shared<T>&) { }

TEST_F(SessionTest, AnswersToOlderRequestsAreDropped)
{
    engine->hold();
    analyze("first");
    analyze("second");
    ASSERT_EQ(engine->waiting(), 2);
    engine->release(1); // the new answer overtakes the old one
    engine->release(0);
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(seen, std::vector<std::string>{"second"});
}

TEST_F(SessionTest, AFailureOfAnOlderRequestIsNotShown)
{
    QSignalSpy errors(&session, &ui::Session::errorOccurred);
    auto& analyzed = engine->script<core::AnalyzeRequest>();
    engine->hold();
    analyzed.failWith("old trouble");
    analyze("first");
    analyzed.answer = [](const core::AnalyzeRequest&) { return core::PromptAnalysis{}; };
    analyze("second");
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(errors.count(), 0);
}

TEST_F(SessionTest, AnAnswerNeverComesBeforeAskingHasReturned)
{
    analyze("at once"); // the fake answers inside the call
    EXPECT_TRUE(seen.empty());
    EXPECT_TRUE(session.isBusy(kTag<core::AnalyzeRequest>));
    ASSERT_TRUE(await([&] { return !seen.empty(); }));
    EXPECT_FALSE(session.isBusy());
}

TEST_F(SessionTest, WhoIsGoneHearsNothing)
{
    QSignalSpy errors(&session, &ui::Session::errorOccurred);
    engine->hold();
    bool isAnswered = false;
    {
        QObject page;
        session.ask(&page, core::AnalyzeRequest{"kept"},
            [&](const Shared<core::PromptAnalysis>&) { isAnswered = true; });
        engine->script<core::TraceRequest>().failWith("no transcoder is open");
        session.ask(&page, core::TraceRequest{}, ignore<core::AttributionGraph>);
    }
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_FALSE(isAnswered);
    EXPECT_EQ(errors.count(), 0);
}

TEST_F(SessionTest, WithoutATagEveryAnswerArrives)
{
    auto& rows = engine->script<core::FeatureRowsRequest>();
    std::vector<std::size_t> sizes;
    std::vector<std::string> problems;
    const auto ask = [&](std::size_t count) {
        core::FeatureRowsRequest request;
        request.features.resize(count, {"saes/layer_2", core::FeatureId(1)});
        session.ask(
            &session, QLatin1String(), request,
            [&](const Shared<std::vector<core::FeatureRow>>& page) {
                sizes.push_back(page->size());
            },
            [&](const core::Error& error) { problems.push_back(error.message); });
    };
    engine->hold();
    ask(1);
    ask(2);
    rows.failWith("Cancelled.", core::Error::Code::Cancelled);
    ask(3);
    EXPECT_FALSE(session.isBusy());
    EXPECT_EQ(rows.tags, (std::vector<std::string>{"", "", ""})); // replaces nothing in the engine
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return sizes.size() == 2 && problems.size() == 1; }));
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(problems, std::vector<std::string>{"Cancelled."});
}

TEST_F(SessionTest, RequestsMadeBeforeTheEngineAreSentWhenItComes)
{
    ui::Session late;
    late.openModel(QStringLiteral("builtin"));
    EXPECT_TRUE(late.isBusy(kTag<core::OpenModelRequest>));
    auto other = std::make_shared<tests::FakeEngine>();
    late.attachEngine(other);
    ASSERT_TRUE(await([&] { return late.hasModel(); }));
    ASSERT_EQ(other->script<core::OpenModelRequest>().calls.size(), 1u);
    EXPECT_EQ(other->script<core::OpenModelRequest>().calls[0].path, "builtin");
    EXPECT_FALSE(late.isBusy());
}

TEST_F(SessionTest, WithoutAnEngineEveryRequestSaysWhy)
{
    ui::Session broken;
    QSignalSpy errors(&broken, &ui::Session::errorOccurred);
    std::string kept;
    broken.openModel(QStringLiteral("builtin"));
    broken.ask(&broken, core::TraceRequest{}, ignore<core::AttributionGraph>,
        [&](const core::Error& error) { kept = error.message; });
    broken.failEngine(QStringLiteral("libfeaturescope_core.so: not found"));
    EXPECT_FALSE(broken.isBusy());
    EXPECT_EQ(kept, "libfeaturescope_core.so: not found"); // who asked before is answered too
    broken.ask(&broken, core::AnalyzeRequest{"x"}, ignore<core::PromptAnalysis>);
    ASSERT_TRUE(await([&] { return errors.count() == 2; }));
    EXPECT_EQ(errors.at(0).at(0).toString(), ui::kEngineTag);
    EXPECT_EQ(errors.at(1).at(0).toString(), kTag<core::AnalyzeRequest>);
    EXPECT_EQ(errors.at(1).at(1).toString(), QStringLiteral("libfeaturescope_core.so: not found"));
    EXPECT_FALSE(broken.isBusy());
}

TEST_F(SessionTest, ErrorsCarryTheTagAndCancelledIsSilent)
{
    QSignalSpy errors(&session, &ui::Session::errorOccurred);
    engine->script<core::TraceRequest>().failWith("prompt is empty");
    engine->script<core::SwapRequest>().failWith("Cancelled.", core::Error::Code::Cancelled);
    bool isHeard = false;
    session.ask(&session, core::TraceRequest{}, ignore<core::AttributionGraph>);
    session.ask(&session, core::SwapRequest{}, ignore<core::SwapResult>,
        [&](const core::Error&) { isHeard = true; });
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_FALSE(isHeard);
    ASSERT_EQ(errors.count(), 1);
    EXPECT_EQ(errors.at(0).at(0).toString(), kTag<core::TraceRequest>);
    EXPECT_EQ(errors.at(0).at(1).toString(), QStringLiteral("prompt is empty"));
}

TEST_F(SessionTest, WhoTakesAFailureKeepsItFromTheOthers)
{
    QSignalSpy errors(&session, &ui::Session::errorOccurred);
    engine->script<core::TraceRequest>().failWith("prompt is empty");
    std::string problem;
    session.ask(&session, core::TraceRequest{}, ignore<core::AttributionGraph>,
        [&](const core::Error& error) { problem = error.message; });
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(problem, "prompt is empty");
    EXPECT_EQ(errors.count(), 0);
}

TEST_F(SessionTest, EveryPartArrivesInOrderBeforeTheEnd)
{
    std::vector<int> order;
    int batches = 0;
    auto& generated = engine->script<core::GenerateRequest>();
    const auto generate = [&] {
        session.ask(
            &session, core::GenerateRequest{},
            [&](const Shared<core::Generation>&) { order.push_back(-1); }, {},
            [&](const std::vector<core::GenerateStep>& steps) {
                ++batches;
                for (const core::GenerateStep& step : steps)
                    order.push_back(step.index);
            });
    };
    // Parts of a generation that another took the place of are not heard of.
    engine->hold();
    generated.parts.push_back({.index = 1000});
    generate();
    generated.parts.clear();
    for (int i = 0; i < 50; ++i)
        generated.parts.push_back({.index = i});
    generate();
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !order.empty() && order.back() == -1; }));
    ASSERT_EQ(order.size(), 51u);
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    EXPECT_LE(batches, 3); // not a call for each
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

TEST_F(SessionTest, TwoLabelsSetOneAfterTheOtherAreBothKept)
{
    std::vector<int> changed;
    QObject::connect(&session, &ui::Session::featureChanged, &session,
        [&](const core::FeatureRow& row) { changed.push_back(row.feature.feature.value); });
    engine->hold();
    for (const int feature : {4, 5})
        session.setLabel({{"saes/layer_2", core::FeatureId(feature)},
            {"my name", "", core::LabelSource::Person}});
    EXPECT_TRUE(session.isBusy(kTag<core::LabelEdit>));
    EXPECT_EQ(engine->script<core::LabelEdit>().tags, (std::vector<std::string>{"", ""}));
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(changed, (std::vector<int>{4, 5}));
}

TEST_F(SessionTest, AHarvestMarksItsDictionaries)
{
    engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest&) {
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
