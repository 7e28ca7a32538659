// What is held of the unchanged run while changes pass: in a batch that writes text, against whole
// passes with the kept values put in place by hand.
#include "core/interventions/held_parts.h"

#include "core/interventions/decode.h"
#include "tests/core/interventions/tiny_transcoders.h"

#include <gtest/gtest.h>

#include <ATen/core/grad_mode.h>

using namespace core;
using tests::largestDifference;

namespace {

constexpr int kPrompt = 12; // long enough that its unchanged beginning is read once

class HeldAttention : public testing::TestWithParam<const char*> {
protected:
    HeldAttention()
        : model(tests::tinyModel(GetParam()))
        , layers(tests::tinyTranscoders(model->config()))
        , prompt(tests::idList(tests::tinyIds(1, kPrompt)))
    {
        for (int l = 0; l < model->config().n_layers; ++l)
            patterns.push_back({HookKind::Pattern, Layer(l)});
        clean = runWithCache(*model, tests::idRow(prompt), patterns).value();
    }

    std::shared_ptr<const LiveInterventions> clampFrom(int position) const
    {
        Intervention clamp;
        clamp.feature = {"plt/layer_0", FeatureId(3)};
        clamp.value = 5.0;
        clamp.positions = PositionRange::from(Position(position));
        return std::make_shared<LiveInterventions>(
            ActiveInterventions::create({clamp}, layers).value());
    }

    /// The whole text without a cache, the prompt's queries with the patterns of the clean prompt.
    at::Tensor byHand(
        const std::vector<TokenId>& text, const LiveInterventions& live, bool isFrozen) const
    {
        Hooks hooks;
        if (isFrozen)
            for (const HookPoint point : patterns)
                hooks.on(point, [&, point](at::Tensor& pattern) {
                    pattern = pattern.clone();
                    pattern.narrow(2, 0, kPrompt).zero_();
                    pattern.narrow(2, 0, kPrompt)
                        .narrow(3, 0, kPrompt)
                        .copy_(clean.cache.at(point));
                });
        SteeredSpan span;
        span.length = std::ssize(text);
        span.promptLength = kPrompt;
        ActiveInterventions::install(live.get(), span, nullptr, hooks);
        return (*model->forward(tests::idRow(text), hooks))[0][-1];
    }

    const at::NoGradGuard noGrad;
    std::shared_ptr<const Transformer> model;
    Dictionaries layers;
    std::vector<TokenId> prompt;
    std::vector<HookPoint> patterns;
    CachedRun clean;
};

TEST_P(HeldAttention, FrozenOverThePromptOrFreeWhileTextStreams)
{
    for (const int from : {1, 9}) {
        const auto live = clampFrom(from);
        at::Tensor first[2];
        for (const bool isFrozen : {false, true}) {
            BatchOptions options;
            options.maxTokens = 5;
            options.held.attention = isFrozen;
            auto batch = StreamBatch::start(*model, prompt, {{}, {live, true}}, options);
            ASSERT_TRUE(batch) << batch.error().message;
            first[isFrozen] = tests::rowTensor(batch->logits(1));
            EXPECT_LE(
                largestDifference(tests::rowTensor(batch->logits(0)), clean.logits[0][-1]), 1e-4);
            std::vector<TokenId> text = prompt;
            const auto choose = [&](int step, std::span<TokenId> next) {
                const at::Tensor logits = tests::rowTensor(batch->logits(1));
                EXPECT_LE(largestDifference(logits, byHand(text, *live, isFrozen)), 1e-4)
                    << "from " << from << " step " << step << " frozen " << isFrozen;
                const TokenId id(logits.argmax().item<std::int64_t>());
                text.push_back(id);
                next[0] = next[1] = id;
                return true;
            };
            ASSERT_TRUE(decode(*batch, options.maxTokens, choose));
        }
        EXPECT_GT(largestDifference(first[0], first[1]), 1e-3) << "from " << from;
    }
}

TEST_P(HeldAttention, AChangeOfNothingKeepsEveryBit)
{
    Intervention nothing;
    nothing.feature = {"plt/layer_0", FeatureId(3)};
    nothing.mode = InterventionMode::Add;
    const auto live = std::make_shared<LiveInterventions>(
        ActiveInterventions::create({nothing}, layers).value());
    BatchOptions options;
    options.held.attention = true;
    const auto batch = StreamBatch::start(*model, prompt, {{}, {live, false}}, options);
    ASSERT_TRUE(batch);
    EXPECT_TRUE(at::equal(tests::rowTensor(batch->logits(0)), tests::rowTensor(batch->logits(1))));
}

INSTANTIATE_TEST_SUITE_P(Families, HeldAttention, testing::Values("gpt2", "llama", "gemma2"));

TEST(StreamBatch, ReadsPromptsOfTheirOwn)
{
    const auto model = tests::tinyModel();
    const at::NoGradGuard noGrad;
    const at::Tensor ids = tests::tinyIds(3, 5);
    std::vector<std::vector<TokenId>> prompts;
    for (int i = 0; i < 3; ++i)
        prompts.push_back(tests::idList(ids[i]));
    BatchOptions options;
    options.maxTokens = 3;
    auto batch = StreamBatch::startApart(*model, prompts, options);
    ASSERT_TRUE(batch) << batch.error().message;
    const auto choose = [&](int, std::span<TokenId> next) {
        for (std::size_t i = 0; i < 3; ++i) {
            const at::Tensor logits = tests::rowTensor(batch->logits(i));
            EXPECT_LE(largestDifference(logits, (*model->forward(tests::idRow(prompts[i])))[0][-1]),
                1e-4);
            next[i] = TokenId(logits.argmax().item<std::int64_t>());
            prompts[i].push_back(next[i]);
        }
        return true;
    };
    const auto end = decode(*batch, options.maxTokens, choose);
    ASSERT_TRUE(end);
    EXPECT_EQ(*end, DecodeEnd::MaxTokens);
    EXPECT_FALSE(StreamBatch::startApart(*model, {{}}, options));
}

} // namespace
