// The program's first promise, as README tells it: the bridge at ten times the maximum, fluently.
#include "core/api/generate.h"
#include "core/api/make_engine.h"
#include "core/api/open_model.h"
#include "core/api/sweep.h"
#include "core/api/what_steers.h"
#include "core/builtin/judged_answer.h"
#include "core/builtin/landmarks.h"
#include "tests/core/engine/tiny_workbench.h"

#include <future>
#include <limits>

#include <gtest/gtest.h>

class GoldenGateAnswer : public testing::Test {
protected:
    void SetUp() override
    {
        const auto opened = tests::ask(*engine, core::OpenModelRequest{"builtin"});
        ASSERT_TRUE(opened) << opened.error().message;
    }

    /// What the window asks for with its settings untouched.
    static core::GenerateRequest request()
    {
        core::GenerateRequest request;
        request.prompt = "Q: What can I do in Paris?\nA:";
        request.settings.temperature = 0.6;
        request.settings.guard = core::FluencyGuard();
        core::Intervention clamp;
        clamp.feature = {"saes/layer_1", core::FeatureId(857)};
        clamp.value = 10.0;
        clamp.isMultipleOfMax = true;
        request.interventions = {clamp};
        return request;
    }

    static core::JudgedAnswer judged(const core::StreamText& stream)
    {
        return core::judgeAnswer(stream.text, /*hasEnded=*/false, core::goldenGateIndex());
    }

    static core::Engine::Options options(const std::string& folder)
    {
        core::Engine::Options options;
        options.resources = FEATURESCOPE_RESOURCES;
        options.dataFolder = folder;
        options.threads = 1;
        return options;
    }

    tests::TemporaryFolder folder;
    std::unique_ptr<core::Engine> engine = core::makeEngine(options(folder.path().string()));
};

TEST_F(GoldenGateAnswer, IsAboutTheBridgeAndRepeatsNothing)
{
    const auto answer = tests::ask(*engine, request());
    ASSERT_TRUE(answer) << answer.error().message;
    const core::StreamText &normal = (*answer)->normal, &steered = (*answer)->steered;
    const core::JudgedAnswer said = judged(steered);
    EXPECT_GE(said.sentences, 2) << steered.text;
    EXPECT_GE(said.about, 1) << steered.text;
    EXPECT_FALSE(said.repeats) << steered.text;
    EXPECT_EQ(steered.repetition, 0.0) << steered.text;
    EXPECT_GT(steered.onTopicShare, 0.5) << steered.text;
    EXPECT_LT(normal.onTopicShare, 0.1) << normal.text;
    EXPECT_EQ(judged(normal).telling, 0) << normal.text;
    EXPECT_LE(steered.account.spent, steered.account.allowed + steered.account.beyond + 1e-6);

    // The pure clamp says one word for ever, and no judge may take it for an answer.
    core::GenerateRequest pure = request();
    pure.settings.guard.reset();
    const auto stuck = tests::ask(*engine, pure);
    ASSERT_TRUE(stuck);
    EXPECT_FALSE(judged((*stuck)->steered).isGood()) << (*stuck)->steered.text;
}

TEST_F(GoldenGateAnswer, TwoWaysOfAttentionAreWrittenBesideEachOther)
{
    core::GenerateRequest plain = request();
    plain.interventions.front().feature
        = {"saes/layer_1", core::FeatureId(857)}; // attention still comes behind it
    core::GenerateRequest both = plain, frozen = plain;
    both.settings.otherAttention = true;
    frozen.settings.freezeAttention = true;
    const auto three = tests::ask(*engine, both);
    const auto alone = tests::ask(*engine, frozen);
    const auto free = tests::ask(*engine, plain);
    ASSERT_TRUE(three && alone && free);
    EXPECT_EQ((*three)->steered.text, (*free)->steered.text);
    EXPECT_EQ((*three)->other.text, (*alone)->steered.text);
    // The patterns differ, so what the change does to the next token differs, if not the words.
    EXPECT_NE((*three)->other.figures.front().kl, (*three)->steered.figures.front().kl);
}

TEST_F(GoldenGateAnswer, APausedGenerationTakesOneTokenAStepAndStops)
{
    core::GenerateRequest paused = request();
    paused.settings.guard.reset();
    paused.settings.maxTokens = 5;
    paused.pace = std::make_shared<core::GenerationPace>();
    paused.pace->setPaused(true);
    int steps = 0;
    std::promise<core::Result<std::shared_ptr<const core::Generation>>> answer;
    engine->ask(
        "paused", paused, [&](auto result) { answer.set_value(std::move(result)); },
        core::PartFn<core::GenerateRequest>([&](const core::GenerateStep&) {
            // Each token lets the next one come; the pace is asked after the part is told.
            ++steps;
            paused.pace->step();
        }));
    const auto whole = answer.get_future().get();
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(steps, 5);
    EXPECT_TRUE((*whole)->isComplete);
}

TEST_F(GoldenGateAnswer, TheFirstHitOfferedForSteeringWritesAboutTheBridge)
{
    core::WhatSteersRequest search;
    search.query = "golden gate";
    search.most = 12;
    search.prompt = request().prompt;
    search.settings = request().settings;
    search.settings.maxTokens = 40;
    search.samples = 1;
    const auto found = tests::ask(*engine, search);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ((*found)->ranked.size(), 12u);
    EXPECT_GT((*found)->steering, 0);
    const core::SteeringCandidate& first = (*found)->ranked.front();
    const core::JudgedAnswer said
        = core::judgeAnswer(first.best.text, false, core::goldenGateIndex());
    EXPECT_GE(said.about, 1) << first.best.text;
    EXPECT_FALSE(said.repeats) << first.best.text;

    search.query = "zzyzx";
    const auto nothing = tests::ask(*engine, search);
    ASSERT_FALSE(nothing);
    EXPECT_NE(nothing.error().message.find("zzyzx"), std::string::npos);
}

TEST_F(GoldenGateAnswer, ABudgetThatIsNoneIsRefused)
{
    core::GenerateRequest wrong = request();
    wrong.settings.guard->meanKl = -1.0;
    EXPECT_NE(tests::ask(*engine, wrong).error().message.find("-1"), std::string::npos);
    wrong = request();
    wrong.settings.guard->peakKl = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(tests::ask(*engine, wrong));
    wrong = request();
    wrong.settings.guard->candidates = 0;
    EXPECT_NE(tests::ask(*engine, wrong).error().message.find("beginnings"), std::string::npos);
    core::SweepRequest sweep;
    sweep.prompt = wrong.prompt;
    EXPECT_FALSE(tests::ask(*engine, sweep));
}
