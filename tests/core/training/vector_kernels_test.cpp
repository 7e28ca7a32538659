#include "core/training/vector_kernels.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace core {
namespace {

std::vector<float> randomRow(std::size_t n, std::uint32_t seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> row(n);
    for (float& x : row)
        x = normal(random);
    return row;
}

// Lengths around every vector width, so that heads and tails are both walked.
class VectorKernels : public testing::TestWithParam<std::size_t> { };

TEST_P(VectorKernels, DotAndAddScaledAgreeWithPlainLoops)
{
    const std::size_t n = GetParam();
    const std::vector<float> a = randomRow(n, 1), b = randomRow(n, 2);
    std::vector<float> sum = a;
    addScaled(sum.data(), 0.5f, b.data(), n);
    double expected = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
        expected += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        EXPECT_NEAR(sum[i], a[i] + 0.5f * b[i], 1e-6f);
    }
    EXPECT_NEAR(dot(a.data(), b.data(), n), expected, 1e-4);
}

TEST_P(VectorKernels, SelectAboveFindsWhatAPlainLoopFinds)
{
    const std::size_t n = GetParam();
    const std::vector<float> x = randomRow(n, 3), bounds = randomRow(n, 4);
    for (const int stride : {0, 1}) {
        std::vector<std::int32_t> indices(n + 16);
        std::vector<float> values(n + 16);
        const std::size_t count = n == 0
            ? 0
            : selectAbove(x.data(), bounds.data(), stride, n, indices.data(), values.data());
        std::size_t seen = 0;
        for (std::size_t i = 0; i < n; ++i) {
            if (x[i] <= bounds[stride == 0 ? 0 : i])
                continue;
            ASSERT_LT(seen, count);
            EXPECT_EQ(indices[seen], static_cast<std::int32_t>(i));
            EXPECT_EQ(values[seen], x[i]);
            ++seen;
        }
        EXPECT_EQ(seen, count);
    }
}

TEST_P(VectorKernels, SelectBySizeFindsBothSigns)
{
    const std::size_t n = GetParam();
    const std::vector<float> x = randomRow(n, 3);
    std::vector<std::int32_t> indices(n + 16), expected;
    std::vector<float> values(n + 16), kept;
    for (std::size_t i = 0; i < n; ++i)
        if (x[i] > 0.7f || x[i] < -0.7f) {
            expected.push_back(static_cast<std::int32_t>(i));
            kept.push_back(x[i]);
        }
    const std::size_t count = selectBySize(x.data(), 0.7f, n, indices.data(), values.data());
    indices.resize(count);
    values.resize(count);
    EXPECT_EQ(indices, expected);
    EXPECT_EQ(values, kept);
}

TEST_P(VectorKernels, KeepLargestKeepsWhatSortingKeeps)
{
    const std::size_t n = GetParam();
    for (const std::size_t k : {std::size_t{1}, n / 3 + 1, n}) {
        // Rounded, so that many are equal, also at the edge; both signs.
        std::vector<float> values = randomRow(n, 5);
        for (float& x : values)
            x = std::round(2.0f * x) / 2.0f;
        std::vector<std::size_t> order(n);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::fabs(values[a]) > std::fabs(values[b]);
        });
        order.resize(std::min(k, n));
        std::sort(order.begin(), order.end());
        std::vector<std::int32_t> indices(n + 16), expected;
        std::vector<float> expectedValues;
        std::iota(indices.begin(), indices.end(), 0);
        for (const std::size_t i : order) {
            expected.push_back(static_cast<std::int32_t>(i));
            expectedValues.push_back(values[i]);
        }
        values.resize(n + 16, 9.0f); // what lies behind is not looked at
        const std::size_t kept = keepLargest(indices.data(), values.data(), n, k);
        indices.resize(kept);
        values.resize(kept);
        EXPECT_EQ(indices, expected);
        EXPECT_EQ(values, expectedValues);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Lengths, VectorKernels, testing::Values(1, 3, 4, 7, 8, 15, 16, 31, 33, 64, 127, 200));

} // namespace
} // namespace core
