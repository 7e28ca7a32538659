#include "ui/steer/sweep/sweep_rows.h"

#include "ui/style/text.h"

#include <gtest/gtest.h>

namespace {

using core::InterventionMode;

TEST(SweepRows, StrengthsAreNumbersAscendingEachOnce)
{
    const auto strengths = ui::strengthsOf(QStringLiteral(" 10, 1 2;5, 2 "));
    ASSERT_TRUE(strengths);
    EXPECT_EQ(*strengths, (std::vector<double>{1, 2, 5, 10}));
    EXPECT_TRUE(ui::strengthsOf(QStringLiteral("-0.5")));
    for (const char* wrong : {"", " , ", "two", "1, x", "nan", "inf", "1.5.2"})
        EXPECT_FALSE(ui::strengthsOf(QString::fromLatin1(wrong))) << wrong;
    QStringList many;
    for (int i = 0; i <= ui::kMostStrengths; ++i)
        many << QString::number(i);
    EXPECT_FALSE(ui::strengthsOf(many.join(QLatin1Char(','))));
}

class SweepRequestTest : public ::testing::Test {
protected:
    SweepRequestTest()
    {
        for (const int feature : {3, 4, 5}) {
            core::Intervention change;
            change.feature = {feature == 4 ? "raw" : "saes/layer_1", core::FeatureId(feature)};
            change.positions.kind = core::PositionRange::Kind::Generated;
            change.isEnabled = feature != 5;
            source.interventions.push_back(change);
        }
        source.prompt = "Q: What?\nA:";
        source.settings.topK = 7;
        choice.methods = {InterventionMode::Clamp, InterventionMode::Orthogonal};
        choice.strengths = {2, 5};
    }
    core::SweepRequest request() const
    {
        return ui::sweepRequest(
            source, choice,
            [](const core::FeatureRef& feature) {
                return QStringLiteral("feature %1").arg(feature.feature.value);
            },
            [](const std::string& dictionary) { return dictionary == "saes/layer_1"; });
    }

    core::GenerateRequest source;
    ui::SweepChoice choice;
};

TEST_F(SweepRequestTest, ARowForEachMethodWithoutAndWithTheGuard)
{
    const core::SweepRequest sweep = request();
    ASSERT_EQ(sweep.rows.size(), 4u);
    EXPECT_EQ(ui::toQString(sweep.rows[0].name), QStringLiteral("Clamp · guard off"));
    EXPECT_EQ(ui::toQString(sweep.rows[3].name), QStringLiteral("Orthogonal · guard on"));
    EXPECT_FALSE(sweep.rows[0].guard);
    EXPECT_EQ(
        sweep.rows[1].guard, core::FluencyGuard()); // the engine's own where the page has none
    EXPECT_EQ(sweep.prompt, source.prompt);
    EXPECT_EQ(sweep.settings.topK, 7);
    EXPECT_EQ(sweep.settings.maxTokens, 40);
    EXPECT_FALSE(sweep.settings.guard); // it is the row's
    source.settings.guard = core::FluencyGuard{0.5, 3.0};
    EXPECT_EQ(request().rows[1].guard, source.settings.guard);
    choice.isUnguarded = false;
    EXPECT_EQ(request().rows.size(), 2u);
}

TEST_F(SweepRequestTest, ChangesKeepTheirPlacesAndCountMaximaWhereTheseAreKnown)
{
    const core::SweepRequest sweep = request();
    ASSERT_EQ(sweep.rows[0].interventions.size(), 2u); // one is switched off
    const core::Intervention& clamp = sweep.rows[0].interventions[0];
    EXPECT_EQ(clamp.mode, InterventionMode::Clamp);
    EXPECT_EQ(clamp.positions.kind, core::PositionRange::Kind::Generated);
    EXPECT_TRUE(clamp.isMultipleOfMax);
    EXPECT_FALSE(sweep.rows[0].interventions[1].isMultipleOfMax); // never harvested
    EXPECT_FALSE(sweep.rows[2].interventions[0].isMultipleOfMax); // a factor
    EXPECT_EQ(ui::sweepStrength(sweep, 1), QStringLiteral("5 ×"));
    const auto changes = ui::changesAt(sweep, 2, 1);
    EXPECT_EQ(changes[0].value, 5.0);
    EXPECT_EQ(changes[0].mode, InterventionMode::Orthogonal);
}

TEST_F(SweepRequestTest, EachFeatureByItselfHasRowsWithItsName)
{
    choice.isEach = true;
    const core::SweepRequest sweep = request();
    ASSERT_EQ(sweep.rows.size(), 8u);
    EXPECT_EQ(ui::toQString(sweep.rows[0].name), QStringLiteral("feature 3 · Clamp · guard off"));
    EXPECT_EQ(ui::toQString(sweep.rows[4].name), QStringLiteral("feature 4 · Clamp · guard off"));
    EXPECT_EQ(sweep.rows[4].interventions.size(), 1u);
    source.interventions.clear();
    EXPECT_TRUE(request().rows.empty());
}

} // namespace
