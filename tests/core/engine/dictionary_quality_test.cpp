// What the engine says about dictionaries before anybody believes a picture.
#include "core/api/add_dictionaries.h"
#include "core/api/close_dictionary.h"
#include "core/api/dictionary_info.h"
#include "core/api/engine.h"
#include "core/api/engine_state.h"
#include "core/api/evaluate.h"
#include "core/api/inspect_dictionaries.h"
#include "core/api/open_model.h"
#include "tests/core/engine/tiny_workbench.h"

#include "core/training/evaluate.h"

#include <fstream>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using testing::HasSubstr;

namespace {

core::Result<std::shared_ptr<const core::EngineState>> opened(
    core::Engine& engine, const std::filesystem::path& folder)
{
    return tests::ask(engine, core::OpenModelRequest{folder.string(), "cpu", {}});
}

core::Result<std::shared_ptr<const core::EngineState>> added(
    core::Engine& engine, const std::filesystem::path& path)
{
    return tests::ask(engine, core::AddDictionariesRequest{path.string()});
}

core::Result<std::shared_ptr<const core::DictionaryQuality>> measured(
    core::Engine& engine, const std::string& name)
{
    std::string text;
    for (int i = 0; i < 40; ++i)
        text += "hello world, this is sentence " + std::to_string(i) + " of a test.\n\n";
    return tests::ask(engine, core::EvaluateRequest{name, text});
}

TEST(DictionaryQuality, OfARandomDictionaryIsDoubted)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    ASSERT_TRUE(opened(*engine, bench.model()));
    const auto state = added(*engine, bench.sae());
    ASSERT_TRUE(state) << state.error().message;
    const auto quality = measured(*engine, (*state)->dictionaries.front().name);
    ASSERT_TRUE(quality) << quality.error().message;
    const core::DictionaryQuality& q = **quality;
    EXPECT_GT(q.fvu, 0.5); // random weights rebuild nothing
    EXPECT_NEAR(q.fvu + q.explainedVariance, 1.0, 1e-9);
    EXPECT_THAT(q.warning, HasSubstr("variance unexplained"));
    EXPECT_THAT(q.warning, HasSubstr("base model"));
    ASSERT_EQ(q.densityHistogram.size(), 13u);
    EXPECT_EQ(std::accumulate(q.densityHistogram.begin(), q.densityHistogram.end(), 0.0), 24.0);
    EXPECT_EQ(q.densityHistogram.front(), q.deadFraction * 24);
    EXPECT_GE(q.tokens, 100);
}

TEST(DictionaryQuality, DensityBinsAreHalfDecades)
{
    // Of a million tokens: never, one, three (10^-5.52), four (10^-5.40), a tenth, all.
    const std::vector<double> bins
        = core::densityHistogram({0, 1, 3, 4, 100'000, 1'000'000}, 1'000'000);
    std::vector<double> expected(13, 0.0);
    expected[0] = 1; // never
    expected[1] = 2; // -6 to -5.5
    expected[2] = 1; // -5.5 to -5
    expected[11] = 1; // -1 to -0.5
    expected[12] = 1; // up to always
    EXPECT_EQ(bins, expected);
}

TEST(DictionaryQuality, ADictionaryOfAnotherBaseModelIsNamed)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto folder = bench.file("pythia-70m");
    std::filesystem::copy(bench.model(), folder);
    auto config = nlohmann::json::parse(std::ifstream(folder / "config.json"));
    config["_name_or_path"] = "EleutherAI/pythia-70m";
    std::ofstream(folder / "config.json") << config.dump();
    ASSERT_TRUE(opened(*engine, folder));
    std::string set = tests::readAll(bench.transcoders() / "config.yaml");
    const std::size_t at = set.find("tiny");
    ASSERT_NE(at, std::string::npos);
    tests::writeAll(bench.transcoders() / "config.yaml", set.replace(at, 4, "google/gemma-2-2b"));
    const auto state = added(*engine, bench.transcoders());
    ASSERT_TRUE(state) << state.error().message;
    for (const core::DictionaryInfo& info : (*state)->dictionaries) {
        EXPECT_EQ(info.baseModel, "google/gemma-2-2b");
        EXPECT_THAT(info.warning, HasSubstr("gemma-2-2b"));
        EXPECT_THAT(info.warning, HasSubstr("pythia-70m"));
    }
}

TEST(DictionaryQuality, InspectingNeedsNoModel)
{
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    const auto infos
        = tests::ask(*engine, core::InspectDictionariesRequest{bench.transcoders().string()});
    ASSERT_TRUE(infos) << infos.error().message;
    const auto& found = (*infos)->dictionaries;
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found.at(1).hookIn, "blocks.1.mlp.hook_in");
    EXPECT_EQ(found.at(1).kind, core::DictionaryKind::Transcoder);
    EXPECT_EQ(found.at(1).bytes, 4 * (2 * 20 * 16 + 20 + 16 + 20));
    const auto nowhere
        = tests::ask(*engine, core::InspectDictionariesRequest{bench.file("no").string()});
    EXPECT_FALSE(nowhere);
}

TEST(DictionaryQuality, ACrossLayerTranscoderIsMeasuredWhole)
{
    const char* const kSet = "oracles/graphs/gemma2-clt-jumprelu";
    REQUIRE_SHARED_FIXTURE(kSet);
    const tests::TinyWorkbench bench;
    const auto engine = bench.startEngine();
    ASSERT_TRUE(opened(*engine, tests::sharedFixture("oracles/models/gemma2-tiny")));
    const auto state = added(*engine, tests::sharedFixture(kSet));
    ASSERT_TRUE(state) << state.error().message;
    ASSERT_EQ((*state)->dictionaries.size(), 4u);
    for (const core::DictionaryInfo& info : (*state)->dictionaries) {
        EXPECT_EQ(info.kind, core::DictionaryKind::CrossLayerTranscoder);
        const auto quality = measured(*engine, info.name);
        ASSERT_TRUE(quality) << quality.error().message;
        EXPECT_GT((*quality)->fvu, 0.0);
    }
    // Without one of its layers the others cannot say what they rebuild.
    const std::string last = (*state)->dictionaries.back().name;
    const auto closed = tests::ask(*engine, core::CloseDictionaryRequest{last});
    ASSERT_TRUE(closed);
    const auto refused = measured(*engine, (*state)->dictionaries.front().name);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("layer 3"));
}

} // namespace
