#include "core/model/hook_point.h"

#include <set>

#include <gtest/gtest.h>

using namespace core;

namespace {

TEST(HookPoint, NamesAreThoseOfTransformerLens)
{
    EXPECT_EQ((HookPoint{HookKind::ResidPost, Layer(5)}).name(), "blocks.5.hook_resid_post");
    EXPECT_EQ((HookPoint{HookKind::AttnScores, Layer(0)}).name(), "blocks.0.attn.hook_attn_scores");
    EXPECT_EQ(
        (HookPoint{HookKind::Ln2Normalized, Layer(11)}).name(), "blocks.11.ln2.hook_normalized");
    EXPECT_EQ((HookPoint{HookKind::MlpOut, Layer(2)}).name(), "blocks.2.hook_mlp_out");
    EXPECT_EQ((HookPoint{HookKind::Embed, Layer()}).name(), "hook_embed");
    EXPECT_EQ((HookPoint{HookKind::FinalScale, Layer()}).name(), "ln_final.hook_scale");
    EXPECT_EQ((HookPoint{HookKind::UnembedPre, Layer()}).name(), "unembed.hook_pre");
}

TEST(HookPoint, EveryPointReadsBackFromItsName)
{
    const auto points = allHookPoints(3);
    std::set<std::string> names;
    for (const HookPoint point : points) {
        const auto back = HookPoint::parse(point.name());
        ASSERT_TRUE(back) << point.name();
        EXPECT_EQ(*back, point);
        names.insert(point.name());
    }
    EXPECT_EQ(names.size(), points.size()) << "names are distinct";
    EXPECT_EQ(points.size(), 5u + 3u * 27u);
    EXPECT_EQ(points.front().kind, HookKind::Embed);
    EXPECT_EQ(points.back().kind, HookKind::UnembedPre);
}

TEST(HookPoint, CircuitTracersNameOfTheMlpOutputIsBeforeTheNormBehindIt)
{
    EXPECT_EQ(
        *HookPoint::parse("blocks.7.mlp.hook_out"), (HookPoint{HookKind::MlpRawOut, Layer(7)}));
    EXPECT_EQ(
        *HookPoint::parse("blocks.7.attn.hook_out"), (HookPoint{HookKind::AttnRawOut, Layer(7)}));
}

TEST(HookPoint, TheCopyOfTheStreamBeforeTheMlpIsTheStream)
{
    EXPECT_EQ(*HookPoint::parse("blocks.7.hook_mlp_in"), (HookPoint{HookKind::ResidMid, Layer(7)}));
}

TEST(HookPoint, UnknownNamesAreRefusedByName)
{
    for (const char* name :
        {"", "blocks", "blocks.", "blocks.x.hook_resid_post", "blocks.-1.hook_resid_post",
            "blocks.1", "blocks.1.", "blocks.1.hook_embed", "hook_resid_post", "blocks.01x.hook_z",
            "blocks.99999999999.hook_resid_post", "blocks.1.hook_resid_post "}) {
        const auto point = HookPoint::parse(name);
        ASSERT_FALSE(point) << name;
        EXPECT_NE(point.error().message.find(std::string("`") + name + "`"), std::string::npos);
    }
}

TEST(Glob, MatchesStarsAndQuestionMarks)
{
    EXPECT_TRUE(matchesGlob("blocks.5.hook_resid_post", "blocks.*.hook_resid_post"));
    EXPECT_TRUE(matchesGlob("blocks.15.hook_resid_post", "blocks.*.hook_*"));
    EXPECT_TRUE(matchesGlob("abc", "a?c"));
    EXPECT_TRUE(matchesGlob("", "*"));
    EXPECT_TRUE(matchesGlob("aaab", "*a*ab"));
    EXPECT_FALSE(matchesGlob("blocks.5.hook_resid_pre", "blocks.*.hook_resid_post"));
    EXPECT_FALSE(matchesGlob("ac", "a?c"));
    EXPECT_FALSE(matchesGlob("abc", "ab"));
    EXPECT_FALSE(matchesGlob("abc", ""));
}

} // namespace
