#include "tests/core/steering/write_pair.h"

#include "core/interventions/stream_batch.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <fstream>

#include <nlohmann/json.hpp>

#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

std::vector<TokenId> someIds(std::size_t count)
{
    std::vector<TokenId> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.emplace_back(static_cast<std::int64_t>((i * 17 + 5) % 60));
    return ids;
}

Dictionaries openSae(int width = 16, int layer = 0)
{
    DictionaryConfig config = tests::saeConfig(width, 30);
    config.name = "saes/a";
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(layer)};
    return {tests::randomDictionary(config, 3)};
}

std::shared_ptr<LiveInterventions> live(
    InterventionMode mode, double value, PositionRange::Kind kind, int width = 16)
{
    Intervention intervention;
    intervention.feature = {"saes/a", FeatureId(2)};
    intervention.mode = mode;
    intervention.value = value;
    intervention.positions.kind = kind;
    auto active = ActiveInterventions::create({intervention}, openSae(width));
    if (!active)
        throw std::runtime_error(active.error().message);
    return std::make_shared<LiveInterventions>(*active);
}

tests::PairSettings shortSettings(double temperature = 0.0)
{
    tests::PairSettings settings;
    settings.maxTokens = 14;
    settings.sampler.temperature = temperature;
    settings.sampler.seed = 11;
    return settings;
}

} // namespace

TEST(WriteTexts, ZeroStrengthGivesTheSameTextToTheLastBit)
{
    for (const char* type : {"gpt2", "llama"})
        for (const std::size_t promptLength : {1u, 2u, 5u, 8u, 9u, 16u, 17u})
            for (const double temperature : {0.0, 1.0})
                for (const auto kind : {PositionRange::Kind::All, PositionRange::Kind::Generated}) {
                    tests::PairSettings settings = shortSettings(temperature);
                    settings.measureKl = promptLength % 2 == 1;
                    auto result = tests::writePair(tests::tinyModel(type), nullptr,
                        someIds(promptLength), settings, live(InterventionMode::Add, 0.0, kind));
                    ASSERT_TRUE(result) << result.error().message;
                    EXPECT_EQ(result->normal.ids, result->steered.ids);
                    EXPECT_EQ(tests::figures(result->normal, &TokenFigures::logprob),
                        tests::figures(result->steered, &TokenFigures::logprob))
                        << type << " " << promptLength;
                    // The last elements of three rows of 40 may leave torch's vector loop: a last
                    // bit, in KL's own rounding.
                    for (const float kl : tests::figures(result->steered, &TokenFigures::kl))
                        EXPECT_LE(kl, 1e-6f)
                            << type << " " << promptLength << " kind " << static_cast<int>(kind);
                    for (const float ratio :
                        tests::figures(result->steered, &TokenFigures::deltaNormRatio))
                        EXPECT_EQ(ratio, 0.0f);
                }
}

TEST(WriteTexts, PairSaysWhatEachStreamSaysAlone)
{
    for (const char* type : {"gpt2", "llama"})
        for (const auto kind : {PositionRange::Kind::All, PositionRange::Kind::Prompt,
                 PositionRange::Kind::Generated}) {
            const auto model = tests::tinyModel(type);
            const auto prompt = someIds(12);
            const auto interventions = live(InterventionMode::Clamp, 6.0, kind);
            auto pair = tests::writePair(model, nullptr, prompt, shortSettings(0.8), interventions);
            auto normal = tests::writePair(model, nullptr, prompt, shortSettings(0.8));
            ASSERT_TRUE(pair && normal);
            EXPECT_EQ(pair->normal.ids, normal->normal.ids);
            EXPECT_TRUE(normal->steered.ids.empty());

            // The steered stream alone, by hand: no cache, the whole text again for every token.
            const at::NoGradGuard noGrad;
            std::vector<TokenId> text = prompt;
            Sampler sampler(shortSettings(0.8).sampler, prompt);
            for (std::size_t step = 0; step < pair->steered.ids.size(); ++step) {
                at::Tensor ids = at::empty({1, static_cast<std::int64_t>(text.size())}, at::kLong);
                for (std::size_t i = 0; i < text.size(); ++i)
                    ids[0][static_cast<std::int64_t>(i)] = text[i].value;
                SteeredSpan span;
                span.length = ids.size(1);
                span.promptLength = static_cast<std::int64_t>(prompt.size());
                Hooks hooks;
                ActiveInterventions::install(
                    interventions->get(), span, std::make_shared<SteeringTrace>(), hooks);
                const at::Tensor logits = (*model->forward(ids, hooks))[0][-1].contiguous();
                const TokenId next = sampler.choose({logits.data_ptr<float>(), 64}, step);
                EXPECT_EQ(pair->steered.ids[step], next) << type << " step " << step;
                EXPECT_NEAR(tests::figures(pair->steered, &TokenFigures::logprob)[step],
                    logits.log_softmax(-1)[next.value].item<float>(), 1e-4);
                // And the reference row is the unchanged model on this text.
                const at::Tensor p = logits.log_softmax(-1),
                                 q = (*model->forward(ids))[0][-1].log_softmax(-1);
                EXPECT_NEAR(tests::figures(pair->steered, &TokenFigures::kl)[step],
                    (p.exp() * (p - q)).sum().item<float>(), 2e-4);
                sampler.accept(next);
                text.push_back(next);
            }
            EXPECT_EQ(tests::figures(pair->steered, &TokenFigures::kl).front() > 0.0f,
                kind != PositionRange::Kind::Generated);
        }
}

TEST(WriteTexts, ReplacedInterventionsActOnTheNextToken)
{
    const auto model = tests::tinyModel();
    const auto interventions = live(InterventionMode::Add, 0.0, PositionRange::Kind::Generated);
    std::vector<float> ratios;
    auto result = tests::writePair(
        model, nullptr, someIds(4), shortSettings(), interventions, [&](const WriteStep& step) {
            ratios.push_back(step.tokens.back().figures.deltaNormRatio);
            if (step.index == 3)
                interventions->set(
                    live(InterventionMode::Add, 8.0, PositionRange::Kind::Generated)->get());
            if (step.index == 6)
                interventions->set(nullptr);
        });
    ASSERT_TRUE(result);
    ASSERT_EQ(ratios.size(), 14u);
    for (std::size_t step = 0; step < ratios.size(); ++step)
        EXPECT_EQ(ratios[step] > 0.0f, step >= 4 && step <= 6) << step;
}

TEST(WriteTexts, StopsWhenAskedAndKeepsWhatItHas)
{
    std::stop_source source;
    auto result = tests::writePair(
        tests::tinyModel(), nullptr, someIds(4), shortSettings(), {},
        [&](const WriteStep& step) {
            if (step.index == 4)
                source.request_stop();
        },
        source.get_token());
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->isComplete);
    EXPECT_EQ(result->normal.ids.size(), 5u);
    // Asked before it began: nothing, but no error either.
    auto never = tests::writePair(
        tests::tinyModel(), nullptr, someIds(4), shortSettings(), {}, {}, source.get_token());
    ASSERT_TRUE(never);
    EXPECT_FALSE(never->isComplete);
    EXPECT_TRUE(never->normal.ids.empty());
}

TEST(WriteTexts, EndsAtTheContextAndAtTheEndToken)
{
    tests::PairSettings settings = shortSettings();
    settings.maxTokens = 100;
    auto result = tests::writePair(tests::tinyModel(), nullptr, someIds(30), settings);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->normal.ids.size(), 3u); // positions 30, 31, and the prediction after the last
    EXPECT_TRUE(result->isAtContextEnd);

    const TokenId second = result->normal.ids[1];
    ModelConfig config = tests::tinyConfig();
    config.eosToken = second.value;
    auto model = Transformer::create(config, 1);
    const auto source = tests::tinyModel();
    {
        const at::NoGradGuard noGrad;
        const auto from = source->namedWeights();
        const auto to = model->namedWeights();
        for (std::size_t i = 0; i < from.size(); ++i)
            at::Tensor(to[i].second).copy_(from[i].second);
    }
    auto ended = tests::writePair(model, nullptr, someIds(30), settings);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->normal.ids.size(), result->normal.ids.front() == second ? 0u : 1u);
    EXPECT_TRUE(ended->normal.hasEnded);
    EXPECT_FALSE(ended->isAtContextEnd);

    EXPECT_FALSE(tests::writePair(source, nullptr, {}, settings));
    auto tooLong = tests::writePair(source, nullptr, someIds(33), settings);
    ASSERT_FALSE(tooLong);
    EXPECT_NE(tooLong.error().message.find("33 tokens"), std::string::npos)
        << tooLong.error().message;
}

TEST(WriteTexts, OverflowEndsTheSteeredStreamOnly)
{
    Intervention huge;
    huge.feature = {"saes/a", FeatureId(2)};
    huge.mode = InterventionMode::Add;
    huge.value = 3e38;
    auto active = ActiveInterventions::create(std::vector<Intervention>(50, huge), openSae());
    ASSERT_TRUE(active) << active.error().message;
    auto result = tests::writePair(tests::tinyModel(), nullptr, someIds(6), shortSettings(),
        std::make_shared<LiveInterventions>(*active));
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->normal.ids.size(), 14u);
    EXPECT_TRUE(result->steered.ids.empty());
    EXPECT_TRUE(result->steered.hasOverflowed);
    EXPECT_FALSE(result->normal.hasOverflowed);
}

TEST(WriteTexts, BosIsLeftAloneUnlessAskedFor)
{
    ModelConfig config = tests::tinyConfig();
    config.bosToken = 5; // someIds begins with it
    const auto model = Transformer::create(config, 1);
    const auto interventions = live(InterventionMode::Add, 5.0, PositionRange::Kind::All);
    tests::PairSettings settings = shortSettings();
    settings.maxTokens = 1;
    settings.measureKl = true;
    const auto klWith = [&](bool skipsBos) {
        settings.skipsBos = skipsBos;
        const auto pair = *tests::writePair(model, nullptr, someIds(2), settings, interventions);
        return pair.steered.figures.front().kl;
    };
    EXPECT_NE(klWith(true), klWith(false));
}

/// Greedy texts by llama2.c's own program, character for character, prompt included.
TEST(WriteTexts, Stories260KTellsTheSameStories)
{
    REQUIRE_SHARED_FIXTURE("stories260K");
    const auto folder = tests::sharedFixture("stories260K");
    auto model = Transformer::open(folder);
    ASSERT_TRUE(model) << model.error().message;
    auto tokenizer = Tokenizer::open(folder);
    ASSERT_TRUE(tokenizer) << tokenizer.error().message;
    nlohmann::json expected;
    std::ifstream(folder / "expected.json") >> expected;
    for (const auto& output : expected.at("outputs")) {
        const auto prompt = output.at("prompt").get<std::string>();
        auto tokens = (*tokenizer)->encode(prompt);
        ASSERT_TRUE(tokens) << tokens.error().message;
        tests::PairSettings settings;
        // llama2.c's steps count every position after BOS, the prompt's among them.
        settings.maxTokens
            = output.at("steps").get<int>() - (static_cast<int>(tokens->ids.size()) - 1);
        std::string streamed;
        auto result = tests::writePair(*model, *tokenizer, tokens->ids, settings, {},
            [&](const WriteStep& step) { streamed += step.tokens.front().text; });
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(prompt + result->normal.text, output.at("greedy_text").get<std::string>());
        EXPECT_EQ(streamed, result->normal.text);
    }
}
