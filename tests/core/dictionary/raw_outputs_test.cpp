// Dictionaries of what attention and MLP give before the norms that Gemma has behind them.
#include "core/features/logit_effects.h"
#include "core/interventions/active_interventions.h"
#include "core/model/activation_cache.h"
#include "core/model/token_ids.h"
#include "core/training/evaluate.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

using namespace core;

namespace {

constexpr int kWidth = 16; // of the tiny models
const Layer kSecond(1);

/// A norm as its equation says, in float64.
at::Tensor normed(const at::Tensor& x, const Norm& norm, double eps)
{
    const at::Tensor wide = x.to(at::kDouble);
    return wide / (wide.square().mean(-1, true) + eps).sqrt() * norm.gain.to(at::kDouble);
}

std::shared_ptr<const Dictionary> saeAt(HookKind kind)
{
    DictionaryConfig config = tests::saeConfig(kWidth, 30);
    config.hookIn = config.hookOut = {kind, kSecond};
    return tests::randomDictionary(config, 5);
}

TEST(RawOutputs, SparsifysSelfAttentionIsTheModulesOutput)
{
    REQUIRE_SHARED_FIXTURE("reports/sparsify-gemma-attention");
    REQUIRE_SHARED_FIXTURE("oracles/models/gemma2-tiny");
    const at::NoGradGuard noGrad;
    const auto model = *Transformer::open(tests::sharedFixture("oracles/models/gemma2-tiny"));
    for (const auto& [name, in, weight] :
        {std::tuple{"layers.1.self_attn", HookKind::Z, &model->weights().blocks[1].attention.o},
            std::tuple{"layers.1.mlp", HookKind::MlpPost, &model->weights().blocks[1].mlp.down}}) {
        SCOPED_TRACE(name);
        const auto opened = openDictionaries(
            tests::sharedFixture(std::filesystem::path("reports/sparsify-gemma-attention") / name));
        ASSERT_TRUE(opened) << opened.error().message;
        const HookPoint place = opened->front()->config().hookIn;
        const auto run = runWithCache(*model, tests::tinyIds(1, 9), {{in, kSecond}, place});
        ASSERT_TRUE(run) << run.error().message;
        const at::Tensor z = run->cache.at({in, kSecond})[0].reshape({9, -1}).to(at::kDouble);
        const at::Tensor expected = at::matmul(z, weight->values().to(at::kDouble).t());
        const at::Tensor read = run->cache.at(place)[0];
        EXPECT_LE((read - expected).abs().max().item<double>(),
            1e-5 * expected.abs().max().item<double>());
    }
}

TEST(RawOutputs, AChangeThereGoesThroughTheNorm)
{
    const at::NoGradGuard noGrad;
    const auto model = tests::tinyModel("gemma2");
    const auto& block = model->weights().blocks[1];
    for (const auto& [raw, added, norm] :
        {std::tuple{HookKind::AttnRawOut, HookKind::AttnOut, &block.ln1Post},
            std::tuple{HookKind::MlpRawOut, HookKind::MlpOut, &block.ln2Post}}) {
        const auto dictionary = saeAt(raw);
        Intervention add;
        add.feature = {dictionary->config().name, FeatureId(7)};
        add.mode = InterventionMode::Add;
        add.value = 2.5;
        const auto active = ActiveInterventions::create({add}, {dictionary});
        ASSERT_TRUE(active) << active.error().message;
        SteeredSpan span;
        span.length = span.promptLength = 6;
        Hooks hooks;
        ActiveInterventions::install(*active, span, nullptr, hooks);
        const at::Tensor ids = tests::tinyIds(1, 6);
        const auto before = runWithCache(*model, ids, {{raw, kSecond}, {added, kSecond}});
        const auto after = runWithCache(*model, ids, {{added, kSecond}}, hooks);
        ASSERT_TRUE(after) << after.error().message;
        const at::Tensor direction = dictionary->W_dec()[7];
        const at::Tensor expected = normed(
            before->cache.at({raw, kSecond}) + 2.5 * direction, *norm, model->config().normEps);
        const at::Tensor found = after->cache.at({added, kSecond});
        EXPECT_LE((found - expected).abs().max().item<double>(), 1e-4);
        EXPECT_GT((found - before->cache.at({added, kSecond})).abs().max().item<double>(), 1e-2);
    }
}

/// relu(x) - relu(-x) = x: rebuilds its input `gain` times as large.
std::shared_ptr<const Dictionary> multiple(HookKind kind, double gain)
{
    DictionaryConfig config = tests::saeConfig(kWidth, 2 * kWidth);
    config.hookIn = config.hookOut = {kind, kSecond};
    const at::Tensor both = at::cat({at::eye(kWidth), -at::eye(kWidth)});
    auto made = Dictionary::create(
        config, {both, at::zeros({2 * kWidth}), both * gain, at::zeros({kWidth}), {}, {}});
    EXPECT_TRUE(made);
    return *made;
}

TEST(RawOutputs, EvaluationPutsTheReconstructionBeforeTheNorm)
{
    const at::NoGradGuard noGrad;
    const auto model = tests::tinyModel("gemma2");
    auto text = std::make_shared<TokenCorpus>(64, std::vector{TokenId(0)});
    for (int i = 0; i < 20; ++i) {
        std::vector<TokenId> document{TokenId(0)};
        for (int j = 0; j < 4 + i % 5; ++j)
            document.emplace_back(1 + (i * 11 + j * j * 5) % 63);
        ASSERT_TRUE(text->add(document));
    }
    const EvaluationOptions options{.context_size = 12, .batchWindows = 4};
    const auto quality = [&](HookKind kind) {
        auto result = evaluateDictionary(*model, *multiple(kind, 3.0), text, options);
        EXPECT_TRUE(result) << result.error().message;
        return *result;
    };
    // What a norm reads may be three times as large; what is added may not. Zeroing either adds
    // nothing.
    const auto raw = quality(HookKind::AttnRawOut), added = quality(HookKind::AttnOut);
    EXPECT_NEAR(raw.ceDictionary, raw.ceClean, 1e-3);
    EXPECT_GT(std::abs(added.ceDictionary - added.ceClean), 5e-3);
    EXPECT_NEAR(raw.ceZero, added.ceZero, 1e-5);
}

TEST(RawOutputs, LogitEffectsGoThroughTheGainBehindThem)
{
    const at::NoGradGuard noGrad;
    const auto model = tests::tinyModel("gemma2");
    const at::Tensor some = at::arange(4, at::kLong);
    const auto& block = model->weights().blocks[1];
    for (const auto& [kind, gain] : {std::pair{HookKind::AttnRawOut, block.ln1Post.gain},
             std::pair{HookKind::MlpRawOut, block.ln2Post.gain},
             std::pair{HookKind::AttnOut, at::ones({kWidth})}}) {
        const auto dictionary = saeAt(kind);
        EXPECT_TRUE(at::allclose(addedDirections(*model, *dictionary, some),
            dictionary->W_dec().narrow(0, 0, 4) * gain, 1e-6, 1e-7));
    }
    const auto llama = tests::tinyModel("llama");
    const auto dictionary = saeAt(HookKind::AttnRawOut);
    EXPECT_TRUE(
        at::equal(addedDirections(*llama, *dictionary, some), dictionary->W_dec().narrow(0, 0, 4)));
}

} // namespace
