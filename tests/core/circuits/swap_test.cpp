#include "core/circuits/intervention.h"
#include "core/circuits/replacement_model.h"
#include "core/circuits/swap.h"
#include "core/model/activation_cache.h"
#include "tests/core/circuits/complete_dictionary.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::completeDictionary;

std::vector<TokenId> ids(std::initializer_list<int> values)
{
    std::vector<TokenId> out;
    for (const int value : values)
        out.emplace_back(value);
    return out;
}

std::string describe(const std::vector<AlignedPosition>& aligned)
{
    std::string text;
    for (const AlignedPosition& place : aligned) {
        text += std::to_string(place.donor.value);
        text += place.isSameToken ? "=" : "!";
    }
    return text;
}

TEST(AlignPrompts, FacesEqualEndsAndAlignsTheRestFromItsEnd)
{
    EXPECT_EQ(describe(alignPrompts(ids({1, 2, 3, 4}), ids({1, 2, 9, 4}))), "0=1=2!3=");
    EXPECT_EQ(describe(alignPrompts(ids({1, 5, 6, 7, 4}), ids({1, 9, 4}))),
        "0=-1!-1!1!2="); // Longer name in the prompt.
    EXPECT_EQ(describe(alignPrompts(ids({1, 9, 4}), ids({1, 5, 6, 7, 4}))),
        "0=3!4="); // Longer name in the donor.
    EXPECT_EQ(describe(alignPrompts(ids({1, 2}), ids({3, 4}))), "0!1!");
    EXPECT_EQ(describe(alignPrompts(ids({1, 2, 2}), ids({1, 2}))),
        "0=1=-1!"); // The end repeats the middle.
    EXPECT_EQ(describe(alignPrompts(ids({1}), ids({1}))), "0=");
}

TEST(CommonEnds, CountNoTokenTwice)
{
    const auto text = [](std::initializer_list<int> a, std::initializer_list<int> b) {
        const CommonEnds ends = commonEnds(ids(a), ids(b));
        return std::to_string(ends.head) + "," + std::to_string(ends.tail);
    };
    EXPECT_EQ(text({1, 2, 3, 4}, {1, 2, 9, 4}), "2,1");
    EXPECT_EQ(text({1, 2, 2}, {1, 2}), "2,0");
    EXPECT_EQ(text({5, 2}, {1, 2, 2}), "0,1");
    EXPECT_EQ(text({1, 2}, {1, 2}), "2,0");
    EXPECT_EQ(text({}, {1}), "0,0");
}

std::shared_ptr<const Transformer> modelToSwapIn()
{
    ModelConfig config;
    config.modelType = "llama";
    config.name = "tiny";
    config.n_layers = 2;
    config.d_model = 16;
    config.n_heads = 4;
    config.n_key_value_heads = 2;
    config.d_head = 4;
    config.d_mlp = 32;
    config.d_vocab = 60;
    config.n_ctx = 32;
    const auto model = Transformer::create(config, 3);
    at::manual_seed(5);
    for (const auto& [name, weight] : model->namedWeights()) {
        at::Tensor data = weight.detach();
        data.copy_(data + at::randn_like(data) * 0.3);
    }
    return model;
}

/// Brute force: with a dictionary that explains everything, swapping all features that differ is
/// the same as putting the donor's activations in place at those positions.
TEST(SwapFeatures, WithACompleteDictionaryIsActivationPatching)
{
    const auto model = modelToSwapIn();
    const auto prompt = ids({1, 20, 33, 5, 44, 17}), donor = ids({1, 20, 50, 5, 44, 17});
    const HookPoint hook{HookKind::ResidPost, Layer(0)};
    SwapOptions options;
    options.smallestChange = 0.0;
    const auto swap = swapFeatures(*model, {completeDictionary(hook, 16)}, prompt, donor, options);
    ASSERT_TRUE(swap) << swap.error().message;

    const auto clean = runWithCache(*model, idsTensor(donor), {hook});
    Hooks patch;
    patch.on(hook, [&](at::Tensor& value) {
        value = value.clone();
        for (const int position : {2, 5})
            value.select(1, position).copy_(clean->cache.at(hook).select(1, position));
    });
    const auto patched = model->forward(idsTensor(prompt), patch);
    EXPECT_LT(((*patched)[0][-1] - swap->after).abs().max().item<double>(), 1e-4);
    EXPECT_GT((swap->before - swap->after).abs().max().item<double>(), 1e-2);
    EXPECT_LT((clean->logits[0][-1] - swap->donor).abs().max().item<double>(), 1e-5);
    for (const auto* list : {&swap->removed, &swap->inserted, &swap->adjusted}) {
        EXPECT_FALSE(list->empty());
        for (const SwappedFeature& feature : *list)
            EXPECT_TRUE(feature.at.position == Position(2) || feature.at.position == Position(5));
    }
    for (const SwappedFeature& feature : swap->removed)
        EXPECT_TRUE(feature.before > 0.0f && feature.after == 0.0f);
    for (const SwappedFeature& feature : swap->inserted)
        EXPECT_TRUE(feature.before == 0.0f && feature.after > 0.0f);
}

TEST(SwapFeatures, SwappingTheLastResidualStreamGivesTheDonorsAnswer)
{
    const auto model = modelToSwapIn();
    const auto prompt = ids({1, 20, 33, 5, 44, 17}),
               donor = ids({1, 20, 50, 8, 5, 44, 17}); // One token more.
    SwapOptions options;
    options.smallestChange = 0.0;
    const auto swap = swapFeatures(
        *model, {completeDictionary({HookKind::ResidPost, Layer(1)}, 16)}, prompt, donor, options);
    ASSERT_TRUE(swap) << swap.error().message;
    EXPECT_LT((swap->after - swap->donor).abs().max().item<double>(), 1e-4);
    EXPECT_EQ(swap->isSwapped,
        swap->before.argmax().item<std::int64_t>() != swap->donor.argmax().item<std::int64_t>());
    options.lastLayer = 0; // No dictionary there: nothing changes.
    const auto nothing = swapFeatures(
        *model, {completeDictionary({HookKind::ResidPost, Layer(1)}, 16)}, prompt, donor, options);
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->removed.empty() && nothing->inserted.empty() && nothing->adjusted.empty());
    EXPECT_LT((nothing->after - nothing->before).abs().max().item<double>(), 1e-6);
    EXPECT_FALSE(nothing->isSwapped);
}

TEST(SwapFeatures, RefusesWhatCannotBeSwapped)
{
    const auto model = modelToSwapIn();
    const auto prompt = ids({1, 2, 3});
    EXPECT_FALSE(swapFeatures(
        *model, {completeDictionary({HookKind::ResidPost, Layer(0)}, 16)}, prompt, prompt));
    EXPECT_FALSE(swapFeatures(*model, {}, prompt, ids({1, 2, 4})));
    const auto foreign = swapFeatures(
        *model, {completeDictionary({HookKind::ResidPost, Layer(0)}, 12)}, prompt, ids({1, 2, 4}));
    EXPECT_FALSE(foreign);
    const auto deep = swapFeatures(
        *model, {completeDictionary({HookKind::ResidPost, Layer(9)}, 16)}, prompt, ids({1, 2, 4}));
    EXPECT_FALSE(deep);
}

} // namespace
