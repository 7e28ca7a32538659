#include "core/api/known_features.h"
#include "tests/core/engine/open_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

core::KnownFeaturesRequest smallWorld()
{
    core::KnownFeaturesRequest request;
    request.width = 16;
    request.families = 2;
    request.groups = 2;
    request.alone = 8;
    request.l0 = 2;
    request.tokens = 600'000;
    request.learningRate = 0.01;
    return request;
}

TEST(KnownFeaturesRequest, EveryArchitectureFindsMoreThanChance)
{
    tests::OpenBench bench;
    const auto table = bench.run(smallWorld());
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->features, 2 * 4 + 2 * 4 + 8);
    EXPECT_EQ(table->rows.size(), 7u);
    for (const core::KnownFeaturesRow& row : table->rows) {
        // 24 random directions in 16 dimensions reach 0.47 (known_features_test of training has the
        // integral).
        EXPECT_GT(row.mmcs, 0.6) << row.architecture;
        EXPECT_LT(row.fvu, 0.4) << row.architecture;
        EXPECT_NEAR(row.trueL0, 2, 0.2);
        EXPECT_EQ(row.parents, 2);
    }
}

TEST(KnownFeaturesRequest, WhatIsNotKnownIsRefusedByName)
{
    tests::OpenBench bench;
    core::KnownFeaturesRequest request = smallWorld();
    request.architectures = {"batchtop"};
    const auto table = bench.run(request);
    ASSERT_FALSE(table);
    EXPECT_THAT(table.error().message, testing::HasSubstr("`batchtop`"));
    EXPECT_THAT(table.error().message, testing::HasSubstr("batchtopk"));
}

} // namespace
