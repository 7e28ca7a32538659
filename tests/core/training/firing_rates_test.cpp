#include "core/training/firing_rates.h"

#include "core/training/evaluate.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(FiringRates, ATokenCountsTheLessTheLongerItIsAgo)
{
    // Feature 0 fires always, 1 on the first token of each batch, 2 in the first batch alone.
    constexpr std::int64_t kWindow = 50, kTokens = 20;
    FiringRates rates(4, kWindow);
    double weight = 0.0, first = 0.0;
    const double kept = std::exp(-double(kTokens) / double(kWindow));
    for (int batch = 0; batch < 7; ++batch) {
        ActiveEntries acts;
        for (std::int64_t t = 0; t < kTokens; ++t) {
            std::vector<std::int32_t> features{0};
            if (t == 0)
                features.push_back(1);
            if (batch == 0)
                features.push_back(2);
            const std::vector<float> ones(features.size(), 1.0f);
            acts.addRow(features.data(), ones.data(), ones.data(), features.size());
        }
        rates.count(acts);
        weight = weight * kept + double(kTokens);
        first = first * kept + (batch == 0 ? double(kTokens) : 0.0);
    }
    const std::vector<double> found = rates.rates();
    EXPECT_NEAR(found[0], 1.0, 1e-6);
    EXPECT_NEAR(found[1], 1.0 / double(kTokens), 1e-6);
    EXPECT_NEAR(found[2], first / weight, 1e-6);
    EXPECT_EQ(found[3], 0.0);
}

TEST(FiringRates, TheHistogramIsThatOfAnEvaluationAndSharesAreCounted)
{
    std::mt19937 random(3);
    constexpr std::int64_t kTokens = 10'000'000;
    std::vector<std::int64_t> firings{0, 1, 50, 99, 1'000'001, kTokens};
    for (int i = 0; i < 500; ++i)
        firings.push_back(std::int64_t(std::pow(10.0, 7.0 * double(random() % 1000) / 1000.0)));
    std::vector<double> rates;
    double dense = 0, rare = 0;
    for (const std::int64_t count : firings) {
        rates.push_back(double(count) / double(kTokens));
        dense += count > kTokens / 10;
        rare += count * 100'000 < kTokens;
    }
    const FiringSummary summary = summaryOf(rates);
    EXPECT_EQ(summary.bins, densityHistogram(firings, kTokens));
    EXPECT_EQ(summary.denseShare, dense / double(firings.size()));
    EXPECT_EQ(summary.rareShare, rare / double(firings.size()));
}

} // namespace
} // namespace core
