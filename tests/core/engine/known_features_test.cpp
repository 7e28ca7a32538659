#include "core/api/known_features.h"
#include "tests/core/engine/open_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

core::KnownFeaturesRequest smallWorld()
{
    core::KnownFeaturesRequest request;
    request.width = 32;
    request.families = 4;
    request.groups = 4;
    request.alone = 16;
    request.l0 = 3;
    request.tokens = 400'000;
    return request;
}

TEST(KnownFeaturesRequest, EveryArchitectureFindsMostOfASmallWorld)
{
    tests::OpenBench bench;
    const auto table = bench.run(smallWorld());
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->features, 4 * 4 + 4 * 4 + 16);
    EXPECT_EQ(table->rows.size(), 4u);
    for (const core::KnownFeaturesRow& row : table->rows) {
        EXPECT_GT(row.mmcs, 0.75) << row.architecture;
        EXPECT_GT(row.recall, 0.3) << row.architecture;
        EXPECT_LT(row.fvu, 0.5) << row.architecture;
        EXPECT_NEAR(row.trueL0, 3, 0.2);
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
