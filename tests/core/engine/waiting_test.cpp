// What waits is told what for, and that it has begun.
#include "core/api/add_dictionaries.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/api/open_model.h"
#include "core/api/patch.h"
#include "core/engine/engine_thread.h"
#include "tests/core/engine/tiny_workbench.h"

#include <future>
#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using core::EngineThread;
using core::Lane;
using core::Progress;
using testing::HasSubstr;

/// All that was told, by tag.
class Listener {
public:
    core::Engine::ProgressListener listener()
    {
        return [this](const std::string& tag, const Progress& progress) {
            const std::lock_guard lock(m_mutex);
            m_told[tag].push_back(progress);
        };
    }
    std::vector<Progress> told(const std::string& tag)
    {
        const std::lock_guard lock(m_mutex);
        return m_told[tag];
    }

private:
    std::mutex m_mutex;
    std::map<std::string, std::vector<Progress>> m_told;
};

TEST(WaitingRequests, AreToldWhatForEachTimeItGoesOnAndThatTheyBegin)
{
    Listener heard;
    std::promise<void> done;
    EngineThread thread(heard.listener());
    const auto study = [&](std::stop_token) {
        const auto wait = [&](std::int64_t step) {
            thread.giveWay({"Patching", step, 10, "cells"});
        };
        wait(1);
        thread.post(Lane::Study, "second", {[&](std::stop_token) { done.set_value(); }, {}, {}});
        EXPECT_EQ(heard.told("second").size(), 1u); // at once
        wait(2);
    };
    thread.post(Lane::Study, "first", {study, {}, "patch"});
    done.get_future().wait();
    const std::vector<Progress> told = heard.told("second");
    ASSERT_EQ(told.size(), 3u);
    for (std::int64_t i = 0; i < 2; ++i) {
        const Progress& waits = told[static_cast<std::size_t>(i)];
        EXPECT_TRUE(waits.isWaiting);
        EXPECT_EQ(waits.what, "Patching");
        EXPECT_EQ(waits.done, i + 1);
        EXPECT_EQ(waits.total, 10);
    }
    EXPECT_FALSE(told[2].isWaiting);
    EXPECT_TRUE(told[2].what.empty());
    EXPECT_TRUE(heard.told("first").empty()); // its own progress is its own to tell
}

TEST(WaitingRequests, WhoGivesWayIsToldUntilItGoesOn)
{
    Listener heard;
    std::promise<void> done;
    EngineThread thread(heard.listener());
    const auto answer = [&](std::stop_token) { thread.giveWay({"Writing", 3, 60, "tokens"}); };
    const auto harvest = [&](std::stop_token) {
        thread.post(Lane::Answer, "generate", {answer, {}, "generate"});
        thread.giveWay({"Harvesting", 43, 100, "batches"});
        done.set_value();
    };
    thread.post(Lane::Background, "harvest", {harvest, {}, "harvest"});
    done.get_future().wait();
    const std::vector<Progress> told = heard.told("harvest");
    ASSERT_EQ(told.size(), 2u);
    EXPECT_TRUE(told[0].isWaiting);
    EXPECT_EQ(told[0].what, "Writing");
    EXPECT_FALSE(told[1].isWaiting);
    EXPECT_EQ(told[1].what, "Harvesting");
    EXPECT_EQ(told[1].done, 43);
    // Posted before the harvest had said more than its name.
    ASSERT_EQ(heard.told("generate").size(), 2u);
    EXPECT_EQ(heard.told("generate")[0].what, "harvest");
}

TEST(WaitingRequests, NobodyWaitsForItselfOrWithoutATag)
{
    Listener heard;
    std::promise<void> done;
    EngineThread thread(heard.listener());
    thread.post(Lane::Study, "slider",
        {[&](std::stop_token) {
             thread.giveWay({"Patching", 1, 10, "cells"});
             thread.post(Lane::Study, "slider", {[](std::stop_token) {}, {}, "patch"});
             thread.post(
                 Lane::Study, "", {[&](std::stop_token) { done.set_value(); }, {}, "patch"});
             thread.giveWay({"Patching", 2, 10, "cells"});
         },
            {}, "patch"});
    done.get_future().wait();
    EXPECT_TRUE(heard.told("slider").empty()); // a newer value, not a queue
    EXPECT_TRUE(heard.told("").empty());
}

TEST(WaitingRequests, AStudyBehindAStudySaysSoWithTheRealEngine)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    ASSERT_TRUE(tests::ask(*engine, core::OpenModelRequest{bench.model().string()}));
    core::PatchRequest patch;
    for (const int id : {5, 17, 80, 33, 9, 11, 12, 13})
        patch.cleanIds.emplace_back(id);
    patch.corruptIds = patch.cleanIds;
    patch.corruptIds[2] = core::TokenId(101);
    patch.answer = "#12";
    patch.other = "#40";
    patch.sites = {core::PatchSite::ResidPre, core::PatchSite::AttnOut, core::PatchSite::Head};

    Listener heard;
    std::promise<void> answered;
    bool isAsked = false;
    engine->setProgressListener([&](const std::string& tag, const Progress& progress) {
        if (tag == "one" && progress.what == "Patching" && !isAsked) {
            isAsked = true;
            engine->ask("two", patch, [&](auto result) {
                EXPECT_TRUE(result);
                answered.set_value();
            });
        }
        heard.listener()(tag, progress);
    });
    engine->ask("one", patch, [](auto result) { EXPECT_TRUE(result); });
    answered.get_future().wait();
    engine->setProgressListener({});
    const std::vector<Progress> told = heard.told("two");
    ASSERT_GE(told.size(), 3u);
    EXPECT_TRUE(told.front().isWaiting);
    std::size_t begins = 0;
    while (begins < told.size() && told[begins].isWaiting) {
        EXPECT_THAT(told[begins].what, testing::AnyOf("patch", "Patching"));
        ++begins;
    }
    ASSERT_LT(begins, told.size());
    EXPECT_TRUE(told[begins].what.empty()); // it has begun
    for (std::size_t i = begins; i < told.size(); ++i)
        EXPECT_FALSE(told[i].isWaiting) << i;
    EXPECT_EQ(told.back().what, "Patching");
}

TEST(WaitingRequests, AHarvestSaysOfWhatItIs)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    ASSERT_TRUE(tests::ask(*engine, core::OpenModelRequest{bench.model().string()}));
    ASSERT_TRUE(tests::ask(*engine, core::AddDictionariesRequest{bench.sae().string()}));
    Listener heard;
    engine->setProgressListener(heard.listener());
    core::HarvestRequest request;
    request.tokens = 500;
    ASSERT_TRUE(tests::ask(*engine, request));
    engine->setProgressListener({});
    EXPECT_THAT(heard.told("harvest"),
        testing::Contains(
            testing::Field(&Progress::what, HasSubstr("Harvesting features of saes/layer_0"))));
}

} // namespace
