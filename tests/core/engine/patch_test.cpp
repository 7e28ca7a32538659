// Patching as the window and the command line ask for it: prompts, metric, places, features.
#include "core/api/add_dictionaries.h"
#include "core/api/open_model.h"
#include "core/api/patch.h"
#include "core/api/patch_files.h"
#include "core/api/set_label.h"
#include "tests/core/engine/open_bench.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using namespace core;
using testing::HasSubstr;

std::vector<TokenId> ids(std::initializer_list<int> values)
{
    std::vector<TokenId> out;
    for (const int value : values)
        out.emplace_back(value);
    return out;
}

class PatchRequests : public testing::Test {
protected:
    PatchRequests()
    {
        request.cleanIds = ids({5, 17, 80, 33, 9});
        request.corruptIds = ids({5, 17, 101, 33, 9});
        request.answer = "#12";
        request.other = "#40";
        request.sites
            = {PatchSite::ResidPre, PatchSite::AttnOut, PatchSite::MlpOut, PatchSite::Head};
    }

    PatchResult done(std::stop_token stop = {})
    {
        auto result = bench.run(request, stop);
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : PatchResult();
    }
    void expectFails(const std::string& words)
    {
        const auto result = bench.run(request);
        ASSERT_FALSE(result);
        EXPECT_THAT(result.error().message, HasSubstr(words));
    }
    /// logit #12 - logit #40 at the last position of a plain pass.
    double metric(const std::vector<TokenId>& prompt) const
    {
        const at::Tensor last
            = (*model.transformer->forward(promptFromIds(model, prompt)->tensor()))[0][-1];
        return (last[12] - last[40]).item<double>();
    }

    tests::OpenBench bench;
    const LoadedModel& model = bench.model();
    PatchRequest request;
};

TEST_F(PatchRequests, FillsAMapForEachPlace)
{
    const PatchResult result = done();
    const double clean = metric(request.cleanIds), corrupt = metric(request.corruptIds);
    EXPECT_NEAR(result.cleanMetric, clean, 1e-5);
    EXPECT_NEAR(result.corruptMetric, corrupt, 1e-5);
    ASSERT_EQ(result.maps.size(), 4u);
    EXPECT_EQ(result.maps[0].hook, "hook_resid_pre");
    EXPECT_EQ(result.maps[3].hook, "attn.hook_z");
    EXPECT_EQ(result.maps[0].rows, 2);
    EXPECT_EQ(result.maps[0].columns, 5);
    EXPECT_EQ(result.maps[3].columns, 4) << "heads";
    EXPECT_EQ(result.exactCells, 3 * 2 * 5 + 2 * 4);
    // The token that differs, before the first layer, is all the difference there is.
    EXPECT_NEAR(result.maps[0].exact[2], clean - corrupt, 1e-4);
    for (const PatchMap& map : result.maps) {
        ASSERT_EQ(map.exact.size(), map.approximate.size());
        if (map.columns != 5)
            continue;
        for (const std::size_t before : {0u, 1u, 5u, 6u}) {
            EXPECT_EQ(map.exact[before], 0.0f) << "nothing differs there";
            EXPECT_EQ(map.approximate[before], 0.0f);
        }
    }
    EXPECT_EQ(result.cleanTokens.size(), 5u);
    EXPECT_EQ(result.answerId, TokenId(12));
}

TEST_F(PatchRequests, GoesInBothDirections)
{
    const PatchResult denoise = done();
    request.direction = PatchDirection::Noise;
    const PatchResult noise = done();
    EXPECT_EQ(noise.cleanMetric, denoise.cleanMetric);
    EXPECT_NEAR(noise.maps[0].exact[2], noise.corruptMetric - noise.cleanMetric, 1e-4);
    std::swap(request.cleanIds, request.corruptIds);
    request.direction = PatchDirection::Denoise;
    const PatchResult exchanged = done();
    for (std::size_t m = 0; m < noise.maps.size(); ++m)
        for (std::size_t i = 0; i < noise.maps[m].exact.size(); ++i)
            EXPECT_NEAR(noise.maps[m].exact[i], exchanged.maps[m].exact[i], 1e-5);
}

TEST_F(PatchRequests, TakesHooksByTheirNames)
{
    request.sites.clear();
    request.hooks = {"blocks.1.*hook_resid_mid", "hook_embed", "blocks.*.attn.hook_*"};
    const PatchResult result = done();
    std::vector<std::string> hooks;
    for (const PatchMap& map : result.maps)
        hooks.push_back(map.hook);
    EXPECT_THAT(hooks,
        testing::UnorderedElementsAre("hook_resid_mid", "hook_embed", "attn.hook_q", "attn.hook_k",
            "attn.hook_v", "attn.hook_rot_q", "attn.hook_rot_k", "attn.hook_z", "attn.hook_out"));
    EXPECT_TRUE(std::isnan(result.maps[0].exact[0])) << "layer 0 was not asked for";
    EXPECT_FALSE(std::isnan(result.maps[0].exact[5]));
    EXPECT_EQ(result.maps[1].rows, 1);
    EXPECT_NEAR(result.maps[1].exact[2], result.cleanMetric - result.corruptMetric, 1e-4);
    EXPECT_THAT(result.note, HasSubstr("attn.hook_pattern"));
    const auto json = nlohmann::json::parse(
        *bench.run(PatchJsonRequest{std::make_shared<const PatchResult>(result), false}));
    EXPECT_FALSE(json["effects"].contains("blocks.0.hook_resid_mid"));
    EXPECT_EQ(json["effects"]["blocks.1.hook_resid_mid"].size(), 5u);
    EXPECT_EQ(json["effects"]["hook_embed"].size(), 5u);
}

TEST_F(PatchRequests, ListsFeaturesAndErrorTermsStrongestFirst)
{
    request.sites = {PatchSite::Feature};
    request.exactFeatures = 7;
    const PatchResult result = done();
    ASSERT_EQ(result.maps.size(), 2u);
    EXPECT_EQ(result.maps[0].hook, "hook_mlp_out.hook_sae_acts_post");
    EXPECT_EQ(result.maps[1].hook, "hook_mlp_out.hook_sae_error");
    ASSERT_EQ(static_cast<std::int64_t>(result.features.size()), result.featuresInAll);
    std::vector<double> sums(10, 0.0), errors(10, 0.0);
    for (std::size_t i = 0; i < result.features.size(); ++i) {
        const PatchedFeature& one = result.features[i];
        EXPECT_EQ(one.hasExact, i < 7);
        if (i > 0) {
            EXPECT_LE(std::fabs(one.approximate), std::fabs(result.features[i - 1].approximate));
        }
        const auto cell = static_cast<std::size_t>(one.layer.value * 5 + one.position.value);
        if (!one.feature.isValid() && one.hasExact) {
            EXPECT_NEAR(one.exact, result.maps[1].exact[cell], 1e-5);
        }
        (one.feature.isValid() ? sums : errors)[cell] += one.approximate;
    }
    for (std::size_t cell = 0; cell < 10; ++cell) {
        EXPECT_NEAR(result.maps[0].approximate[cell], sums[cell], 1e-4);
        EXPECT_NEAR(result.maps[1].approximate[cell], errors[cell], 1e-4);
    }
    EXPECT_THAT(result.note, HasSubstr("strongest 7"));
}

TEST_F(PatchRequests, FeaturesAndErrorOfAnSaeAddUpToItsActivation)
{
    request.sites = {PatchSite::Feature};
    request.hooks = {"blocks.0.hook_resid_post"};
    for (const auto& dictionary : model.dictionaries)
        if (!dictionary->config().isTranscoder)
            request.dictionaries = {dictionary->config().name};
    const PatchResult result = done();
    ASSERT_EQ(result.maps.size(), 3u);
    for (std::size_t position = 0; position < 5; ++position) // the first-order effects are linear
        EXPECT_NEAR(result.maps[0].approximate[position],
            result.maps[1].approximate[position] + result.maps[2].approximate[position], 1e-4);
    EXPECT_TRUE(std::isnan(result.maps[1].exact[5])) << "layer 1 has no SAE";
}

TEST_F(PatchRequests, OneMethodAloneLeavesTheOtherOut)
{
    request.isExact = false;
    const PatchResult approximate = done();
    EXPECT_EQ(approximate.passes, 0);
    EXPECT_TRUE(approximate.maps[0].exact.empty());
    request.isExact = true;
    request.isApproximate = false;
    request.sites.push_back(PatchSite::Feature);
    request.exactFeatures = 30;
    const PatchResult exact = done();
    EXPECT_TRUE(exact.maps[0].approximate.empty());
    EXPECT_GT(exact.passes, 0);
    for (std::size_t i = 1; i < 30; ++i)
        EXPECT_LE(std::fabs(exact.features[i].exact), std::fabs(exact.features[i - 1].exact));
}

TEST_F(PatchRequests, TheMostProbableTokensStandIn)
{
    request.answer = request.other = "";
    const at::Tensor clean
        = (*model.transformer->forward(promptFromIds(model, request.cleanIds)->tensor()))[0][-1],
        corrupt
        = (*model.transformer->forward(promptFromIds(model, request.corruptIds)->tensor()))[0][-1];
    if (clean.argmax().item<int>() == corrupt.argmax().item<int>())
        return expectFails("Name two different tokens");
    const PatchResult result = done();
    EXPECT_EQ(result.answerId.value, clean.argmax().item<int>());
    EXPECT_EQ(result.otherId.value, corrupt.argmax().item<int>());
    EXPECT_GE(result.cleanMetric, 0.0);
    EXPECT_LE(result.corruptMetric, 0.0);
}

TEST_F(PatchRequests, SaysWhatIsWrongAndWhatToDo)
{
    const PatchRequest good = request;
    request.corruptIds = ids({5, 101, 102, 33, 9, 9});
    expectFails("has 5 tokens and the corrupt one 6");
    request = good;
    request.answer = "no such token";
    expectFails("`no such token` is not one token");
    request.answer = "#400";
    expectFails("320 entries");
    request.answer = "#40";
    expectFails("Name two different tokens");
    request = good;
    request.sites.clear();
    expectFails("no place to patch");
    request.hooks = {"blocks.*.no_such_hook"};
    expectFails("`blocks.*.no_such_hook` matches no hook point");
    request.hooks = {"blocks.0.ln1_post.hook_scale"};
    expectFails("`blocks.0.ln1_post.hook_scale`"); // this family has none
    request.hooks = {"blocks.0.attn.hook_pattern"};
    expectFails("does not lie by position alone");
    request = good;
    request.isExact = request.isApproximate = false;
    expectFails("Neither");
    request = good;
    request.sites = {PatchSite::Feature};
    request.dictionaries = {"nothing"};
    expectFails("No open dictionary is called `nothing`");
    request = good;
    request.cleanIds = ids({5, 1000});
    expectFails("not in the vocabulary");
}

TEST_F(PatchRequests, StopsWithinAPass)
{
    std::stop_source stop;
    int reports = 0;
    const auto result = bench.run(request, stop.get_token(), [&](const Progress& progress) {
        EXPECT_EQ(progress.unit, "cells");
        ++reports;
        stop.request_stop();
    });
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Error::Code::Cancelled);
    EXPECT_EQ(reports, 1);
}

TEST_F(PatchRequests, TheEngineAnswersTheSameWithLabels)
{
    auto engine = bench.files.startEngine();
    ASSERT_TRUE(tests::ask(*engine, core::OpenModelRequest{bench.files.model().string()}));
    const auto state
        = tests::ask(*engine, core::AddDictionariesRequest{bench.files.transcoders().string()});
    ASSERT_TRUE(state) << state.error().message;
    request.sites.push_back(PatchSite::Feature);
    PatchRequest here = request; // whose result names the strongest feature
    const PatchResult expected = done();
    const auto strongest = std::find_if(expected.features.begin(), expected.features.end(),
        [](const PatchedFeature& one) { return one.feature.isValid(); });
    ASSERT_NE(strongest, expected.features.end());
    const LabelEdit edit{{strongest->dictionary, strongest->feature}, {"a label", "", {}}};
    ASSERT_TRUE(tests::ask(*engine, edit));
    const auto result = tests::ask(*engine, std::move(here));
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ((*result)->maps.size(), expected.maps.size());
    for (std::size_t m = 0; m < expected.maps.size(); ++m)
        EXPECT_EQ((*result)->maps[m].exact, expected.maps[m].exact);
    const auto place = static_cast<std::size_t>(strongest - expected.features.begin());
    EXPECT_EQ((*result)->features[place].label, "a label");
}

} // namespace
