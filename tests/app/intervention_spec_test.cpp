#include "app/cli/intervention_spec.h"

#include <gtest/gtest.h>

using cli::parseIntervention;
using cli::parseSetting;
using core::InterventionMode;
using Kind = core::PositionRange::Kind;

namespace {

TEST(InterventionSpec, ReadsDictionaryModeMultipleAndPositions)
{
    const auto full = parseIntervention("saes/layer_2:118:clamp=10x@generated");
    ASSERT_TRUE(full) << full.error().message;
    EXPECT_EQ(full->feature, (core::FeatureRef{"saes/layer_2", core::FeatureId(118)}));
    EXPECT_EQ(full->mode, InterventionMode::Clamp);
    EXPECT_TRUE(full->isMultipleOfMax);
    EXPECT_DOUBLE_EQ(full->value, 10.0);
    EXPECT_EQ(full->positions.kind, Kind::Generated);

    const auto builtin = parseIntervention("builtin:saes/layer_0:7:add=-2.5@3-9");
    ASSERT_TRUE(builtin) << builtin.error().message;
    EXPECT_EQ(builtin->feature.dictionary, "builtin:saes/layer_0");
    EXPECT_FALSE(builtin->isMultipleOfMax);
    EXPECT_DOUBLE_EQ(builtin->value, -2.5);
    EXPECT_EQ(builtin->positions.first, core::Position(3));
    EXPECT_EQ(builtin->positions.last, core::Position(9));

    const auto shortest = parseIntervention("5:ablate");
    ASSERT_TRUE(shortest) << shortest.error().message;
    EXPECT_TRUE(shortest->feature.dictionary.empty());
    EXPECT_EQ(shortest->positions.kind, Kind::All);
}

TEST(InterventionSpec, ReadsChosenPositionsAndConditions)
{
    const auto chosen = parseIntervention("saes/a:5:clamp=1@3,5,9");
    ASSERT_TRUE(chosen) << chosen.error().message;
    EXPECT_EQ(chosen->positions.kind, Kind::Chosen);
    EXPECT_EQ(chosen->positions.chosen,
        (std::vector{core::Position(3), core::Position(5), core::Position(9)}));
    const auto from = parseIntervention("saes/a:5:clamp=1@7-?saes/b:3>0.5x");
    ASSERT_TRUE(from) << from.error().message;
    EXPECT_EQ(from->positions, core::PositionRange::from(core::Position(7)));
    ASSERT_TRUE(from->when);
    EXPECT_EQ(*from->when, (core::Condition{{"saes/b", core::FeatureId(3)}, 0.5, true}));
    for (const char* wrong :
        {"saes/a:5:clamp=1?saes/b:3", "saes/a:5:clamp=1?saes/b:3>lots", "saes/a:5:clamp=1@3,x"})
        EXPECT_FALSE(parseIntervention(wrong)) << wrong;
}

TEST(InterventionSpec, SaysWhatIsWrong)
{
    for (const auto& [spec, words] : std::vector<std::pair<std::string, std::string>>{{"5", "mode"},
             {"5:clamp", "value"}, {"5:twist=1", "twist"}, {"x:ablate", "index"},
             {"5:clamp=lots", "number"}, {"5:ablate=1", "no value"}, {"5:clamp=1@9-3", "positions"},
             {"5:clamp=1@here", "positions"}, {"", "mode"}}) {
        const auto parsed = parseIntervention(spec);
        ASSERT_FALSE(parsed) << spec;
        EXPECT_NE(parsed.error().message.find(words), std::string::npos) << parsed.error().message;
    }
}

TEST(InterventionSpec, ReadsSettings)
{
    const auto setting = parseSetting("2:7:118=-1.5");
    ASSERT_TRUE(setting) << setting.error().message;
    EXPECT_EQ(setting->at.layer, core::Layer(2));
    EXPECT_EQ(setting->at.position, core::Position(7));
    EXPECT_EQ(setting->at.feature, core::FeatureId(118));
    EXPECT_DOUBLE_EQ(setting->value, -1.5);
    for (const char* wrong : {"2:7=1", "2:7:118", "a:7:118=1", "2:7:118=x", "-1:7:118=0"})
        EXPECT_FALSE(parseSetting(wrong)) << wrong;
}

} // namespace
