#include "core/engine/engine_thread.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

using core::EngineThread;
using core::Lane;

namespace {

/// Holds the thread busy until opened, so that a test can fill the queues first.
class Gate {
public:
    EngineThread::Request request()
    {
        return {[future = m_promise.get_future().share()](std::stop_token) { future.wait(); }, {}};
    }
    void open() { m_promise.set_value(); }

private:
    std::promise<void> m_promise;
};

EngineThread::Request signalling(std::promise<void>& promise)
{
    return {[&promise](std::stop_token) { promise.set_value(); }, {}};
}

TEST(EngineThread, TheLatestTaggedRequestWinsAndTheOthersAreTold)
{
    std::vector<int> ran;
    std::atomic<int> dropped = 0;
    std::promise<void> done;
    Gate gate;
    EngineThread thread;
    thread.post(Lane::Click, "", gate.request());
    for (int i = 0; i < 100; ++i)
        thread.post(Lane::Click, "steer",
            {[&ran, i](std::stop_token) { ran.push_back(i); }, [&dropped] { ++dropped; }});
    thread.post(Lane::Click, "", signalling(done));
    gate.open();
    done.get_future().wait();
    EXPECT_EQ(ran, std::vector<int>{99});
    EXPECT_EQ(dropped, 99);
}

TEST(EngineThread, ANewTaggedRequestStopsTheRunningOne)
{
    std::promise<void> started, ended;
    EngineThread thread;
    thread.post(Lane::Click, "generate",
        {[&](std::stop_token stop) {
             started.set_value();
             while (!stop.stop_requested())
                 std::this_thread::yield();
             ended.set_value();
         },
            {}});
    started.get_future().wait();
    thread.post(Lane::Click, "generate", {[](std::stop_token) {}, {}});
    EXPECT_EQ(ended.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(EngineThread, InteractiveRequestsGoAheadOfBackgroundOnes)
{
    std::vector<char> order;
    std::promise<void> done;
    Gate gate;
    EngineThread thread;
    thread.post(Lane::Click, "", gate.request());
    thread.post(Lane::Background, "",
        {[&](std::stop_token) {
             order.push_back('b');
             done.set_value();
         },
            {}});
    thread.post(Lane::Click, "", {[&](std::stop_token) { order.push_back('i'); }, {}});
    gate.open();
    done.get_future().wait();
    EXPECT_EQ(order, (std::vector<char>{'i', 'b'}));
}

TEST(EngineThread, WorkThatGivesWayLetsEarlierLanesInAndNoOthers)
{
    std::vector<std::string> order;
    std::promise<void> done;
    Gate gate;
    EngineThread thread;
    const auto named = [&order](const char* name) {
        return EngineThread::Request{
            [&order, name](std::stop_token) { order.push_back(name); }, {}};
    };
    thread.post(Lane::Click, "", gate.request());
    thread.post(Lane::Study, "",
        {[&](std::stop_token) {
             order.push_back("study begins");
             thread.post(Lane::Background, "", named("background"));
             thread.post(Lane::Study, "", named("another study"));
             thread.post(Lane::Answer, "",
                 {[&](std::stop_token) {
                      order.push_back("answer begins");
                      thread.post(Lane::Answer, "", named("another answer"));
                      thread.post(Lane::Click, "", named("click"));
                      thread.giveWay();
                      order.push_back("answer ends");
                  },
                     {}});
             thread.giveWay();
             order.push_back("study ends");
             thread.post(Lane::Background, "", signalling(done));
         },
            {}});
    gate.open();
    done.get_future().wait();
    EXPECT_EQ(order,
        (std::vector<std::string>{"study begins", "answer begins", "click", "answer ends",
            "another answer", "study ends", "another study", "background"}));
}

TEST(EngineThread, WorkThatHasGivenWayIsStoppedByItsTag)
{
    bool wasStopped = false, isOtherStopped = true;
    std::promise<void> done;
    EngineThread thread;
    thread.post(Lane::Background, "train",
        {[&](std::stop_token stop) {
             thread.post(Lane::Click, "look",
                 {[&](std::stop_token other) {
                      thread.cancel("train");
                      isOtherStopped = other.stop_requested();
                  },
                     {}});
             thread.giveWay();
             wasStopped = stop.stop_requested();
             done.set_value();
         },
            {}});
    done.get_future().wait();
    EXPECT_TRUE(wasStopped);
    EXPECT_FALSE(isOtherStopped);
}

TEST(EngineThread, GivingWayElsewhereDoesNothing)
{
    Gate gate;
    std::atomic<int> ran = 0;
    EngineThread thread;
    thread.post(Lane::Background, "", gate.request());
    thread.post(Lane::Click, "", {[&](std::stop_token) { ++ran; }, {}});
    thread.giveWay(); // this thread is not it
    EXPECT_EQ(ran, 0);
    gate.open();
}

TEST(EngineThread, DestroyingItEndsWorkThatKeepsPostingItself)
{
    std::atomic<int> slices = 0;
    std::promise<void> running;
    auto thread = std::make_unique<EngineThread>();
    EngineThread* self = thread.get();
    std::function<void(std::stop_token)> slice = [&](std::stop_token) {
        if (++slices == 5)
            running.set_value();
        self->post(Lane::Background, "", {slice, {}});
    };
    thread->post(Lane::Background, "", {slice, {}});
    running.get_future().wait();
    thread.reset(); // hangs, and fails by the test's time limit, if the slices went on
    EXPECT_GE(slices, 5);
}

TEST(EngineThread, DestroyingItStopsWhatRunsAndDropsWhatWaits)
{
    std::atomic<bool> stopped = false, dropped = false;
    std::promise<void> started;
    {
        EngineThread thread;
        thread.post(Lane::Click, "",
            {[&](std::stop_token stop) {
                 started.set_value();
                 while (!stop.stop_requested())
                     std::this_thread::yield();
                 stopped = true;
             },
                {}});
        started.get_future().wait();
        thread.post(Lane::Click, "",
            {[](std::stop_token) { ADD_FAILURE() << "ran after the end"; },
                [&] { dropped = true; }});
    }
    EXPECT_TRUE(stopped);
    EXPECT_TRUE(dropped);
}

TEST(EngineThread, CancellingATagLeavesTheOthers)
{
    std::atomic<bool> dropped = false;
    std::promise<void> done;
    Gate gate;
    EngineThread thread;
    thread.post(Lane::Click, "", gate.request());
    thread.post(Lane::Click, "trace",
        {[](std::stop_token) { ADD_FAILURE() << "was cancelled"; }, [&] { dropped = true; }});
    thread.post(Lane::Click, "list", signalling(done));
    thread.cancel("trace");
    gate.open();
    EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_TRUE(dropped);
}

} // namespace
