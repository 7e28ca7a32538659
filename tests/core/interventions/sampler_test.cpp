#include "core/interventions/sampler.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

using namespace core;

namespace {

std::vector<double> frequencies(
    const SamplerSettings& settings, const std::vector<float>& logits, int draws)
{
    const Sampler sampler(settings, {});
    std::vector<double> counts(logits.size(), 0.0);
    for (int step = 0; step < draws; ++step)
        counts[static_cast<std::size_t>(
            sampler.choose(logits, static_cast<std::uint64_t>(step)).value)]
            += 1.0 / draws;
    return counts;
}

std::vector<float> logsOf(const std::vector<double>& probabilities)
{
    std::vector<float> logits;
    for (const double p : probabilities)
        logits.push_back(
            static_cast<float>(std::log(p)) + 3.0f); // any shift gives the same distribution
    return logits;
}

} // namespace

TEST(Sampler, UniformNumbersDependOnSeedAndStepAlone)
{
    EXPECT_EQ(uniformAt(7, 3), uniformAt(7, 3));
    EXPECT_NE(uniformAt(7, 3), uniformAt(8, 3));
    EXPECT_NE(uniformAt(7, 3), uniformAt(7, 4));
    constexpr int kDraws = 20000;
    std::vector<double> bins(10, 0.0);
    double sum = 0.0, neighbours = 0.0;
    for (int i = 0; i < kDraws; ++i) {
        const double u = uniformAt(1, static_cast<std::uint64_t>(i));
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        sum += u;
        neighbours += (u - 0.5) * (uniformAt(1, static_cast<std::uint64_t>(i) + 1) - 0.5);
        bins[static_cast<std::size_t>(u * 10)] += 1;
    }
    EXPECT_NEAR(sum / kDraws, 0.5, 0.01);
    EXPECT_NEAR(neighbours / kDraws, 0.0, 0.003);
    for (const double count : bins)
        EXPECT_NEAR(count, kDraws / 10.0, 200.0);
}

TEST(Sampler, GreedyTakesTheLowestOfTheMostProbable)
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Sampler sampler({}, {});
    EXPECT_EQ(sampler.choose(std::vector<float>{1, 5, 5, 2}, 0), TokenId(1));
    EXPECT_EQ(sampler.choose(std::vector<float>{nan, -3, 2}, 0), TokenId(2));
    EXPECT_FALSE(sampler.choose(std::vector<float>{nan, nan}, 0).isValid());
    SamplerSettings warm;
    warm.temperature = 1.0;
    EXPECT_FALSE(Sampler(warm, {}).choose(std::vector<float>{nan, nan}, 0).isValid());
    for (std::uint64_t step = 0; step < 50; ++step)
        EXPECT_NE(Sampler(warm, {}).choose(std::vector<float>{1, nan, 1}, step), TokenId(1));
}

TEST(Sampler, TemperatureFollowsTheSoftmax)
{
    SamplerSettings settings;
    settings.temperature = 2.0;
    const std::vector<float> logits = {0.0f, 2.0f, -1.0f, 4.0f};
    double total = 0.0;
    for (const float logit : logits)
        total += std::exp(logit / 2.0);
    const auto seen = frequencies(settings, logits, 40000);
    for (std::size_t i = 0; i < logits.size(); ++i)
        EXPECT_NEAR(seen[i], std::exp(logits[i] / 2.0) / total, 0.01) << i;
}

TEST(Sampler, TopKAndTopPKeepWhatTheyShould)
{
    const std::vector<float> logits = logsOf({0.15, 0.5, 0.05, 0.3});
    SamplerSettings settings;
    settings.temperature = 1.0;
    settings.topK = 2;
    auto seen = frequencies(settings, logits, 20000);
    EXPECT_NEAR(seen[1], 0.5 / 0.8, 0.012);
    EXPECT_NEAR(seen[3], 0.3 / 0.8, 0.012);
    EXPECT_EQ(seen[0] + seen[2], 0.0);

    settings.topK = 0;
    settings.topP = 0.85; // .5 + .3 is below, so the token that crosses it stays too
    seen = frequencies(settings, logits, 20000);
    EXPECT_NEAR(seen[0], 0.15 / 0.95, 0.012);
    EXPECT_NEAR(seen[1], 0.5 / 0.95, 0.012);
    EXPECT_EQ(seen[2], 0.0);

    settings.topP = 0.4;
    EXPECT_NEAR(frequencies(settings, logits, 1000)[1], 1.0, 1e-9);
    settings.topP = 1e-9;
    EXPECT_NEAR(frequencies(settings, logits, 1000)[1], 1.0, 1e-9);
    settings.topP = 1.0;
    settings.topK = 1;
    EXPECT_NEAR(frequencies(settings, logits, 1000)[1], 1.0, 1e-9);
}

TEST(Sampler, RepetitionPenaltyDividesOrMultiplies)
{
    SamplerSettings settings;
    settings.repetitionPenalty = 2.0;
    const std::vector<TokenId> prompt = {TokenId(0), TokenId(1)};
    Sampler sampler(settings, prompt);
    // 3 / 2 = 1.5 falls behind 1.6; -1 * 2 = -2 falls behind -1.5.
    EXPECT_EQ(sampler.choose(std::vector<float>{3.0f, -9.0f, 1.6f}, 0), TokenId(2));
    EXPECT_EQ(sampler.choose(std::vector<float>{3.4f, -9.0f, 1.6f}, 0), TokenId(0));
    EXPECT_EQ(sampler.choose(std::vector<float>{-9.0f, -1.0f, -1.5f}, 0), TokenId(2));
    sampler.accept(TokenId(2));
    EXPECT_EQ(sampler.choose(std::vector<float>{3.0f, -9.0f, 1.6f}, 0), TokenId(0));
}

TEST(Sampler, FrequencyPenaltyCountsGeneratedTokensOnly)
{
    SamplerSettings settings;
    settings.frequencyPenalty = 0.5;
    const std::vector<TokenId> prompt = {TokenId(0), TokenId(0), TokenId(0)};
    Sampler sampler(settings, prompt);
    const std::vector<float> logits = {2.0f, 1.2f};
    EXPECT_EQ(sampler.choose(logits, 0), TokenId(0));
    sampler.accept(TokenId(0));
    EXPECT_EQ(sampler.choose(logits, 1), TokenId(0)); // 1.5
    sampler.accept(TokenId(0));
    EXPECT_EQ(sampler.choose(logits, 2), TokenId(1)); // 1.0
}
