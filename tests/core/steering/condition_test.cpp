#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/steering/write_pair.h"
#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace condition_test {

namespace {

std::shared_ptr<const Dictionary> saeAt(const std::string& name, int layer, std::uint64_t seed)
{
    DictionaryConfig config = tests::saeConfig(16, 30);
    config.name = name;
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(layer)};
    return tests::randomDictionary(config, seed);
}

} // namespace

/// A change of layer 0 that waits for a feature of layer 1, which is read later in the same pass:
/// it acts on exactly the tokens on which that feature is above the threshold when the model reads
/// the same text without any change, in the prompt and after it.
TEST(Condition, ActsWhereTheUnsteeredModelsFeatureIsAbove)
{
    const auto model = tests::tinyModel();
    const Dictionaries open = {saeAt("saes/a", 0, 3), saeAt("saes/b", 1, 8)};
    int waitsFor = 0;
    std::vector<TokenId> prompt;
    for (std::size_t i = 0; i < 10; ++i)
        prompt.emplace_back(static_cast<std::int64_t>((i * 17 + 5) % 60));
    Intervention change;
    change.feature = {"saes/a", FeatureId(2)};
    change.mode = InterventionMode::Add;
    change.value = 5.0;

    // The activation over the text that was written, from one plain pass.
    const auto activations = [&](const std::vector<TokenId>& text) {
        at::Tensor ids = at::empty({1, static_cast<std::int64_t>(text.size())}, at::kLong);
        for (std::size_t i = 0; i < text.size(); ++i)
            ids[0][static_cast<std::int64_t>(i)] = text[i].value;
        at::Tensor acts;
        Hooks hooks;
        hooks.on(open[1]->config().hookIn, [&](at::Tensor& value) {
            acts = open[1]->encode(value).feature_acts[0].select(1, waitsFor).clone();
        });
        const at::NoGradGuard noGrad;
        EXPECT_TRUE(model->forward(ids, hooks));
        return acts;
    };
    // A feature that fires on about half of the prompt.
    at::Tensor onPrompt;
    for (; waitsFor < open[1]->config().d_sae; ++waitsFor) {
        onPrompt = activations(prompt);
        const auto fired = onPrompt.gt(0.0).sum().item<std::int64_t>();
        if (fired >= 4 && fired <= 6)
            break;
    }
    ASSERT_LT(waitsFor, open[1]->config().d_sae);
    const double threshold = 0.0;
    change.when = Condition{{"saes/b", FeatureId(waitsFor)}, threshold, false};
    const auto active = ActiveInterventions::create({change}, open);
    ASSERT_TRUE(active) << active.error().message;

    tests::PairSettings settings;
    settings.maxTokens = 22;
    settings.sampler.temperature = 1.0;
    settings.sampler.seed = 3;
    const auto pair = tests::writePair(
        model, nullptr, prompt, settings, std::make_shared<LiveInterventions>(*active));
    ASSERT_TRUE(pair) << pair.error().message;

    std::vector<TokenId> text = prompt;
    text.insert(text.end(), pair->steered.ids.begin(), pair->steered.ids.end());
    const at::Tensor acts = activations(text);
    std::size_t acted = 0, waited = 0;
    // The pass that made token i read token i - 1 of the text.
    for (std::size_t i = 1; i < pair->steered.figures.size(); ++i) {
        const auto read = static_cast<std::int64_t>(prompt.size() + i - 1);
        const bool holds = acts[read].item<double>() > threshold;
        EXPECT_EQ(pair->steered.figures[i].deltaNormRatio > 0.0f, holds) << i;
        ++(holds ? acted : waited);
    }
    EXPECT_GT(acted, 0u);
    EXPECT_GT(waited, 0u);

    // On the prompt it is the change at the positions that a range would name.
    Intervention chosen = change;
    chosen.when.reset();
    chosen.positions.kind = PositionRange::Kind::Chosen;
    for (std::size_t i = 0; i < prompt.size(); ++i)
        if (onPrompt[static_cast<std::int64_t>(i)].item<double>() > threshold)
            chosen.positions.chosen.emplace_back(static_cast<std::int64_t>(i));
    ASSERT_FALSE(chosen.positions.chosen.empty());
    const auto named = ActiveInterventions::create({chosen}, open);
    ASSERT_TRUE(named);
    settings.maxTokens = 1;
    const auto byRange = tests::writePair(
        model, nullptr, prompt, settings, std::make_shared<LiveInterventions>(*named));
    ASSERT_TRUE(byRange);
    EXPECT_NEAR(byRange->steered.figures[0].kl, pair->steered.figures[0].kl, 1e-5f);
    EXPECT_GT(pair->steered.figures[0].kl, 0.0f);
}

TEST(Condition, SaysWhatItCannotWaitFor)
{
    const Dictionaries open = {saeAt("saes/a", 0, 3)};
    Intervention change;
    change.feature = {"saes/a", FeatureId(2)};
    change.value = 1.0;
    change.when = Condition{{"saes/b", FeatureId(1)}, 0.0, false};
    const auto missing = ActiveInterventions::create({change}, open);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("saes/b"), std::string::npos);
    change.when = Condition{{"saes/a", FeatureId(1)}, 0.5, true};
    const auto unknown = ActiveInterventions::create({change}, open);
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().message.find("largest activation"), std::string::npos);
}

} // namespace condition_test
