#include "core/circuits/rank_correlation.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace {

using core::pearson;
using core::spearman;
using Numbers = std::vector<float>;

TEST(Correlation, AgreesWithHandCalculation)
{
    // Deviations -1.5 -0.5 0.5 1.5 and -1.75 -0.75 0.25 2.25.
    EXPECT_NEAR(
        pearson(Numbers{1, 2, 3, 4}, Numbers{0, 1, 2, 4}), 6.5 / std::sqrt(5 * 8.75), 1e-12);
    EXPECT_NEAR(spearman(Numbers{1, 2, 3, 4}, Numbers{0, 1, 2, 40}), 1.0, 1e-12);
    EXPECT_NEAR(spearman(Numbers{1, 2, 3, 4}, Numbers{9, 7, 3, 1}), -1.0, 1e-12);
    // Without ties 1 - 6 sum d^2 / (n (n^2 - 1)), d = -1 1 -1 1 0.
    EXPECT_NEAR(spearman(Numbers{1, 2, 3, 4, 5}, Numbers{20, 10, 40, 30, 50}),
        1.0 - 6.0 * 4 / (5 * 24), 1e-12);
}

TEST(Correlation, EqualNumbersShareTheirRank)
{
    // Ranks 0 1.5 1.5 3 and 0 1 2 3: deviations -1.5 0 0 1.5 and -1.5 -0.5 0.5 1.5.
    EXPECT_NEAR(
        spearman(Numbers{1, 5, 5, 9}, Numbers{1, 2, 3, 4}), 4.5 / std::sqrt(4.5 * 5), 1e-12);
}

TEST(Correlation, IsZeroWhereThereIsNothingToSay)
{
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(pearson(Numbers{}, Numbers{}), 0.0);
    EXPECT_EQ(pearson(Numbers{1}, Numbers{1}), 0.0);
    EXPECT_EQ(pearson(Numbers{1, 1, 1}, Numbers{1, 2, 3}), 0.0);
    EXPECT_EQ(spearman(Numbers{1, 1, 1}, Numbers{1, 2, 3}), 0.0);
    EXPECT_NEAR(pearson(Numbers{1, kNan, 2, 3}, Numbers{1, 50, 2, 3}), 1.0, 1e-12);
}

} // namespace
