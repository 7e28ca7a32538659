// What a device has room for: said before it is taken, kept to, and survived when it runs out.
#include "core/api/analyze.h"
#include "core/api/close_dictionary.h"
#include "core/api/generate.h"
#include "core/api/harvest.h"
#include "core/api/inspect_model.h"
#include "core/api/trace.h"
#include "tests/core/engine/open_bench.h"
#include "tests/support/pretend_device.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::HasSubstr;
using tests::PretendDevice;

constexpr const char* kAsked = "hello world, this is a test";

const MemoryCost& costOf(const ModelInfo& info, const std::string& device, const std::string& dtype)
{
    for (const MemoryCost& cost : info.costs)
        if (cost.device == device && cost.dtype == dtype)
            return cost;
    throw std::runtime_error("no cost for " + device + " " + dtype);
}

/// The engine with its threads, as programs have it: where exceptions become errors.
class DeviceMemory : public testing::Test {
protected:
    auto opened(const std::string& device = PretendDevice::name())
    {
        return tests::ask(*engine, OpenModelRequest{files.model().string(), device, "float32"});
    }

    PretendDevice m_device;
    const tests::TinyWorkbench files;
    std::unique_ptr<Engine> engine = files.startEngine();
};

TEST_F(DeviceMemory, IsPlannedBeforeAModelIsLoaded)
{
    const std::int64_t before = PretendDevice::usedBytes();
    const InspectModelRequest request{{files.model().string(), PretendDevice::name(), "float32"}};
    PretendDevice::setMemory(std::int64_t{1} << 30);
    const auto info = tests::ask(*engine, request);
    ASSERT_TRUE(info) << info.error().message;
    const MemoryCost& cost = costOf(**info, PretendDevice::name(), "float32");
    EXPECT_TRUE(cost.fits);
    EXPECT_EQ(cost.freeBytes, (std::int64_t{1} << 30) - before);
    EXPECT_EQ((*info)->freeBytes, cost.freeBytes);
    EXPECT_EQ(cost.mappedBytes, 0);
    ASSERT_TRUE(opened());
    EXPECT_EQ(PretendDevice::usedBytes() - before, cost.weightBytes);

    // One byte short of the plan: refused with the figures and a way out, before anything is taken.
    ASSERT_TRUE(opened("cpu"));
    PretendDevice::setMemory(PretendDevice::usedBytes() + cost.total() - 1);
    const std::int64_t used = PretendDevice::peakBytes();
    const auto refused = opened();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Error::Code::OutOfMemory);
    for (const char* said : {"needs about", "weights", "key-value cache", "are free", "Open it as"})
        EXPECT_THAT(refused.error().message, HasSubstr(said));
    EXPECT_EQ(PretendDevice::peakBytes(), used);
    EXPECT_TRUE(tests::ask(*engine, AnalyzeRequest{kAsked, {}, 5})) << "the old one stays";
    PretendDevice::setMemory(PretendDevice::usedBytes() + cost.total());
    EXPECT_TRUE(opened());
}

TEST_F(DeviceMemory, RunningOutIsAnsweredWithFiguresAndLeavesWhatIsOpen)
{
    ASSERT_TRUE(opened());
    const auto before = tests::ask(*engine, AnalyzeRequest{kAsked, {}, 5});
    ASSERT_TRUE(before) << before.error().message;
    const std::int64_t used = PretendDevice::usedBytes();
    PretendDevice::setMemory(used + 4096);
    GenerateRequest request;
    request.prompt = kAsked;
    request.settings.maxTokens = 20;
    const auto refused = tests::ask(*engine, request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Error::Code::OutOfMemory);
    EXPECT_THAT(refused.error().message, HasSubstr("on " + PretendDevice::name()));
    EXPECT_THAT(refused.error().message, HasSubstr("more were asked for"));
    EXPECT_THAT(refused.error().message, HasSubstr("MiB are free"));
    EXPECT_THAT(refused.error().message, HasSubstr("bfloat16"));
    EXPECT_EQ(PretendDevice::usedBytes(), used) << "what it had taken went back";
    PretendDevice::setMemory(0);
    const auto after = tests::ask(*engine, AnalyzeRequest{kAsked, {}, 5});
    ASSERT_TRUE(after) << after.error().message;
    ASSERT_EQ((*after)->next.size(), (*before)->next.size());
    for (std::size_t i = 0; i < (*after)->next.size(); ++i)
        EXPECT_EQ((*after)->next[i].probability, (*before)->next[i].probability);
    EXPECT_TRUE(tests::ask(*engine, request));
}

TEST_F(DeviceMemory, DictionariesThatDoNotFitStayOnTheHostWithTheSameNumbers)
{
    tests::OpenBench roomy(PretendDevice::name());
    for (const auto& dictionary : roomy.model().dictionaries)
        EXPECT_FALSE(dictionary->streamsMatrices());

    // Just the model fits: its dictionaries are opened beside a device that is all but full.
    ASSERT_TRUE(opened());
    PretendDevice::setMemory(PretendDevice::usedBytes() + 1);
    // ...and have room to run once they stand where they stand.
    EngineState state;
    for (const auto& path : {files.transcoders(), files.sae()}) {
        PretendDevice::setMemory(PretendDevice::usedBytes() + 8192);
        const auto added = tests::ask(*engine, AddDictionariesRequest{path.string()});
        ASSERT_TRUE(added) << added.error().message;
        state = **added;
    }
    PretendDevice::setMemory(0);
    ASSERT_EQ(state.dictionaries.size(), 3u);
    for (const DictionaryInfo& info : state.dictionaries)
        EXPECT_THAT(info.warning, HasSubstr("stay on the host")) << info.name;

    tests::OpenBench asked; // on the CPU, for the numbers
    const auto here = asked.run(AnalyzeRequest{kAsked, {}, 1000});
    const auto there = tests::ask(*engine, AnalyzeRequest{kAsked, {}, 1000});
    ASSERT_TRUE(here && there) << there.error().message;
    for (const DictionaryAnalysis& a : here->dictionaries) {
        const auto found
            = std::find_if((*there)->dictionaries.begin(), (*there)->dictionaries.end(),
                [&](const DictionaryAnalysis& b) { return b.dictionary == a.dictionary; });
        ASSERT_NE(found, (*there)->dictionaries.end());
        EXPECT_EQ(found->l0, a.l0);
        ASSERT_EQ(found->features.size(), a.features.size());
        for (std::size_t f = 0; f < a.features.size(); ++f)
            EXPECT_NEAR(found->features[f].peak, a.features[f].peak, 1e-4);
    }
    TraceRequest trace;
    trace.prompt = kAsked;
    const auto graph = tests::ask(*engine, trace);
    ASSERT_TRUE(graph) << graph.error().message;
    const auto same = asked.run(trace);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_EQ((*graph)->nodes.size(), same->nodes.size());
    EXPECT_NEAR((*graph)->replacementScore, same->replacementScore, 1e-4);
    HarvestRequest harvest;
    harvest.tokens = 500;
    const auto harvested = tests::ask(*engine, harvest);
    EXPECT_TRUE(harvested) << harvested.error().message;
}

TEST_F(DeviceMemory, ASecondDeviceIsChosenByItsNumberAndSeveralAreRefused)
{
    const std::int64_t before = PretendDevice::usedBytes(1);
    const auto state = opened(PretendDevice::name(1));
    ASSERT_TRUE(state) << state.error().message;
    EXPECT_EQ((*state)->model.device, PretendDevice::name(1));
    EXPECT_GT(PretendDevice::usedBytes(1), before);
    ASSERT_TRUE(tests::ask(*engine, AddDictionariesRequest{files.transcoders().string()}));
    EXPECT_TRUE(tests::ask(*engine, AnalyzeRequest{kAsked, {}, 5}));
    // The same model on the other one takes its dictionaries along.
    const auto moved = opened(PretendDevice::name(0));
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_EQ((*moved)->dictionaries.size(), 2u);
    EXPECT_TRUE(tests::ask(*engine, AnalyzeRequest{kAsked, {}, 5}));

    const auto both = opened(PretendDevice::name(0) + "," + PretendDevice::name(1));
    ASSERT_FALSE(both);
    EXPECT_THAT(both.error().message, HasSubstr("several devices"));
    const auto third = opened("privateuseone:2");
    ASSERT_FALSE(third);
    EXPECT_THAT(third.error().message, HasSubstr("sees 2 devices"));
}

} // namespace
