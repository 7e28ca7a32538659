#include "core/api/compare_dictionaries.h"
#include "tests/core/engine/open_bench.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

const std::string kText = "the cat sat on the mat\n\nthe dog ran to the park and the cat ran too";

TEST(CompareDictionaries, OneWithItselfMatchesAll)
{
    tests::OpenBench bench;
    const std::string name = bench.model().dictionaries.back()->config().name;
    const auto found = bench.run(core::CompareDictionariesRequest{name, name, kText, {}, 0});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_TRUE(found->left.isOpen);
    EXPECT_EQ(found->left.matchedShare, 1);
    EXPECT_EQ(found->left.sameShare, 1);
    EXPECT_NEAR(found->left.medianCosine, 1, 1e-5);
    EXPECT_EQ(found->right.alone, 0);
    EXPECT_EQ(found->mutual, found->left.features);
    ASSERT_TRUE(found->left.quality && found->right.quality);
    EXPECT_EQ(found->left.quality->fvu, found->right.quality->fvu);
    ASSERT_TRUE(found->densityDifference);
    EXPECT_EQ(*found->densityDifference, 0);
    for (const core::MatchedFeature& match : found->left.matches) {
        EXPECT_EQ(match.other, match.feature);
        EXPECT_EQ(match.density, match.otherDensity);
    }
}

TEST(CompareDictionaries, APathIsAsGoodAsANameAndNeedsNoText)
{
    tests::OpenBench bench;
    const std::string sae = bench.files.sae().string(),
                      name = bench.model().dictionaries.back()->config().name;
    const auto found = bench.run(core::CompareDictionariesRequest{sae, name, {}, {}, 0});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_FALSE(found->left.isOpen);
    EXPECT_EQ(found->left.matchedShare, 1);
    EXPECT_FALSE(found->left.quality);
    EXPECT_FALSE(found->densityDifference);
    EXPECT_TRUE(std::isnan(found->left.matches[0].density));
}

TEST(CompareDictionaries, WhatIsNotThereIsNamed)
{
    tests::OpenBench bench;
    const std::string name = bench.model().dictionaries.back()->config().name;
    const auto missing
        = bench.run(core::CompareDictionariesRequest{name, "/nowhere/at/all", {}, {}, 0});
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().message, testing::HasSubstr("/nowhere/at/all"));
    const auto several = bench.run(
        core::CompareDictionariesRequest{name, bench.files.transcoders().string(), {}, {}, 0});
    ASSERT_FALSE(several);
    EXPECT_THAT(several.error().message, testing::HasSubstr("several"));
}

TEST(CompareDictionaries, Stops)
{
    tests::OpenBench bench;
    const std::string name = bench.model().dictionaries.back()->config().name;
    std::stop_source stop;
    stop.request_stop();
    const auto stopped
        = bench.run(core::CompareDictionariesRequest{name, name, {}, {}, 0}, stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, core::Error::Code::Cancelled);
}

} // namespace
