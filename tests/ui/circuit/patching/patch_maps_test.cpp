#include "tests/ui/support/sample_patching.h"
#include "ui/circuit/patching/patch_maps.h"

#include <cmath>

#include <gtest/gtest.h>

namespace {

std::vector<core::TokenInfo> tokens(const std::vector<std::string>& words)
{
    std::vector<core::TokenInfo> all;
    for (const std::string& word : words)
        all.push_back({core::TokenId(0), word, 0, 0});
    return all;
}

core::PatchResult twoByThree()
{
    core::PatchResult result;
    result.cleanTokens = tokens({"The", " Dallas", " is"});
    result.corruptTokens = tokens({"The", " Oakland", " is"});
    result.answer = " Austin";
    result.other = " Sacramento";
    result.cleanMetric = 3.0;
    result.corruptMetric = -1.0;
    core::PatchMap map;
    map.hook = "hook_resid_pre";
    map.rows = 2;
    map.columns = 3;
    map.exact = {0, 4, 1, 0, -2, 3};
    map.approximate = {0, 6, 1, 0, -2, 2};
    result.maps.push_back(map);
    return result;
}

TEST(PatchMapsTest, LayerZeroIsTheLowestRowAndDifferingTokensAreNamed)
{
    const core::PatchResult result = twoByThree();
    const ui::SignedMap map = ui::patchMap(result, result.maps[0], {ui::PatchValues::Exact});
    EXPECT_EQ(map.rows, (std::vector<QString>{QStringLiteral("1"), QStringLiteral("0")}));
    EXPECT_EQ(map.values, (std::vector<float>{0, -2, 3, 0, 4, 1}));
    EXPECT_EQ(map.columnTitle(1), QStringLiteral("1 ·Dallas | ·Oakland"));
    EXPECT_EQ(map.columnTitle(2), QStringLiteral("2 ·is"));
    EXPECT_EQ(map.scale, 6.0); // of exact and approximate, for one colour scale
    EXPECT_EQ(ui::layerOfRow(result.maps[0], 0), core::Layer(1));
    EXPECT_EQ(ui::rowOfLayer(result.maps[0], core::Layer(0)), 1);
    EXPECT_EQ(ui::promptsDiffer(result), QStringLiteral("Dallas | Oakland"));
    EXPECT_EQ(ui::metricName(result), QStringLiteral("logit(Austin) − logit(Sacramento)"));
}

TEST(PatchMapsTest, DifferenceAndShareAreOfTheValuesAsDefined)
{
    const core::PatchResult result = twoByThree();
    EXPECT_EQ(ui::patchMap(result, result.maps[0], {ui::PatchValues::Difference}).values,
        (std::vector<float>{0, 0, -1, 0, 2, 0}));
    const ui::SignedMap share
        = ui::patchMap(result, result.maps[0], {ui::PatchValues::Exact, true});
    EXPECT_EQ(share.values, (std::vector<float>{0, -0.5f, 0.75f, 0, 1, 0.25f}));
    EXPECT_EQ(share.scale, 1.5);
    core::PatchResult same = result;
    same.corruptMetric = same.cleanMetric;
    EXPECT_TRUE(ui::hasShares(result));
    EXPECT_FALSE(ui::hasShares(same));
    core::PatchMap exactOnly = result.maps[0];
    exactOnly.approximate.clear();
    EXPECT_TRUE(ui::hasValues(exactOnly, ui::PatchValues::Exact));
    EXPECT_FALSE(ui::hasValues(exactOnly, ui::PatchValues::Difference));
    EXPECT_TRUE(
        std::isnan(ui::patchMap(result, exactOnly, {ui::PatchValues::Approximate}).values.front()));
}

TEST(PatchMapsTest, TokensArePairedAcrossPromptsOfOtherLengths)
{
    const auto match = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
        return ui::matchTokens(tokens(a), tokens(b));
    };
    using Partners = std::vector<int>;
    EXPECT_EQ(match({"a", "b", "c"}, {"a", "b", "c"}), (Partners{0, 1, 2}));
    EXPECT_EQ(match({"a", "x", "c"}, {"a", "y", "c"}), (Partners{0, 1, 2})); // x stands for y
    EXPECT_EQ(match({"a", "x", "c"}, {"a", "y", "z", "c"}), (Partners{0, -1, 3}));
    EXPECT_EQ(match({"q", "a", "c"}, {"a", "c"}), (Partners{-1, 0, 1}));
    EXPECT_EQ(match({"a"}, {}), (Partners{-1}));
    EXPECT_EQ(match({}, {"a"}), Partners{});
}

TEST(PatchMapsTest, PresentMinusKeptIsAlignedAndSaysWhatHasNoPartner)
{
    const core::PatchResult present = twoByThree();
    core::PatchResult kept = twoByThree();
    kept.cleanTokens = tokens({"Yes", ".", "The", " Houston", " is"});
    kept.corruptTokens = tokens({"Yes", ".", "The", " Miami", " is"});
    kept.maps[0].columns = 5;
    kept.maps[0].exact = {9, 9, 1, 1, 1, 9, 9, 2, 2, 2};
    kept.maps[0].approximate = kept.maps[0].exact;
    const ui::SignedMap map
        = ui::patchDifference(present, present.maps[0], kept, {ui::PatchValues::Exact});
    EXPECT_EQ(map.values, (std::vector<float>{-2, -4, 1, -1, 3, 0}));
    EXPECT_EQ(map.scale, 9.0);
    const QString note = ui::differenceNote(present, kept);
    EXPECT_TRUE(note.contains(QStringLiteral("Dallas | Oakland"))) << qPrintable(note);
    EXPECT_TRUE(note.contains(QStringLiteral("Houston | Miami")));
    EXPECT_FALSE(note.contains(QStringLiteral("partner")));

    const QString backwards = ui::differenceNote(kept, present);
    EXPECT_TRUE(backwards.contains(QStringLiteral("2 columns have no partner")));
    const ui::SignedMap reversed
        = ui::patchDifference(kept, kept.maps[0], present, {ui::PatchValues::Exact});
    EXPECT_TRUE(std::isnan(reversed.at(0, 0)));
    EXPECT_EQ(reversed.at(1, 3), -3.0);

    core::PatchResult other = present;
    other.maps[0].hook = "hook_mlp_out";
    EXPECT_TRUE(std::isnan(
        ui::patchDifference(present, present.maps[0], other, {ui::PatchValues::Exact}).at(0, 0)));
    other.answer = " Boston";
    other.request.direction = core::PatchDirection::Noise;
    const QString differing = ui::differenceNote(present, other);
    EXPECT_TRUE(differing.contains(QStringLiteral("logit(Boston)")));
    EXPECT_TRUE(differing.contains(QStringLiteral("directions differ")));
}

} // namespace
