#include "ui/style/color_scale.h"
#include "ui/style/icons.h"
#include "ui/style/metrics.h"
#include "ui/style/text.h"
#include "ui/style/theme.h"

#include <cmath>

#include <QImage>
#include <QLabel>
#include <QLocale>
#include <QScopeGuard>
#include <QVBoxLayout>

#include <gtest/gtest.h>

namespace {

class ThemeTest : public ::testing::TestWithParam<bool> {
protected:
    QPalette palette() const { return GetParam() ? ui::darkPalette() : ui::lightPalette(); }
};

/// Perceived lightness as CIE L* orders it.
double luminance(const QColor& color)
{
    return ui::contrastRatio(color, Qt::black);
}

TEST_P(ThemeTest, TextStandsOutOnEveryBackground)
{
    const QPalette p = palette();
    EXPECT_EQ(ui::isDark(p), GetParam());
    EXPECT_GE(ui::contrastRatio(p.color(QPalette::Text), p.color(QPalette::Base)), 7.0);
    EXPECT_GE(ui::contrastRatio(p.color(QPalette::WindowText), p.color(QPalette::Window)), 7.0);
    EXPECT_GE(ui::contrastRatio(p.color(QPalette::ButtonText), p.color(QPalette::Button)), 7.0);
    EXPECT_GE(ui::contrastRatio(p.color(QPalette::PlaceholderText), p.color(QPalette::Base)), 4.5);
    EXPECT_GE(
        ui::contrastRatio(p.color(QPalette::PlaceholderText), p.color(QPalette::Window)), 4.5);
    const ui::SemanticColors colors = ui::semanticColors(p);
    EXPECT_GE(ui::contrastRatio(colors.error, p.color(QPalette::Window)), 4.5);
    EXPECT_GE(ui::contrastRatio(colors.warning, p.color(QPalette::Window)), 4.5);
    EXPECT_GE(ui::contrastRatio(p.color(QPalette::WindowText), colors.errorBackground), 7.0);
    for (int i = 0; i < 6; ++i)
        EXPECT_GE(ui::contrastRatio(ui::seriesColor(i, p), p.color(QPalette::Base)), 3.0) << i;
}

TEST_P(ThemeTest, TheSequentialScaleIsOrderedByLightness)
{
    double before = luminance(ui::sequentialColor(0.0, palette()));
    EXPECT_EQ(ui::sequentialColor(0.0, palette()), palette().color(QPalette::Base));
    for (int i = 1; i <= 20; ++i) {
        const QColor color = ui::sequentialColor(i / 20.0, palette());
        const double now = luminance(color);
        EXPECT_TRUE(GetParam() ? now > before : now < before) << i;
        EXPECT_GE(ui::contrastRatio(ui::textOn(color), color), 4.5) << i;
        before = now;
    }
}

TEST_P(ThemeTest, SignsDifferForColourBlindPeople)
{
    for (const double value : {0.3, 0.6, 1.0}) {
        const QColor positive = ui::divergingColor(value, palette()),
                     negative = ui::divergingColor(-value, palette());
        // Blue against orange: the difference lies on the axis that red-green blindness keeps.
        EXPECT_GT(positive.red() - positive.blue(), 40);
        EXPECT_GT(negative.blue() - negative.red(), 40);
        EXPECT_GE(ui::contrastRatio(ui::textOn(negative), negative), 4.5);
    }
    EXPECT_EQ(ui::divergingColor(0.0, palette()), palette().color(QPalette::Base));
    EXPECT_EQ(ui::divergingColor(5.0, palette()), ui::divergingColor(1.0, palette()));
}

INSTANTIATE_TEST_SUITE_P(LightAndDark, ThemeTest, ::testing::Bool());

TEST(IconTest, EveryIconDrawsSomething)
{
    for (int i = 0; i <= static_cast<int>(ui::Icon::Back); ++i) {
        const QImage image = ui::icon(static_cast<ui::Icon>(i)).pixmap(48, 48).toImage();
        int inked = 0;
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x)
                inked += qAlpha(image.pixel(x, y)) > 128 ? 1 : 0;
        }
        EXPECT_GT(inked, 30) << "icon " << i;
    }
}

TEST(TextTest, NumbersAndTokens)
{
    const QLocale before;
    const auto restore = qScopeGuard([&] { QLocale::setDefault(before); });
    QLocale::setDefault(QLocale::c());
    EXPECT_EQ(ui::formatNumber(0.012345), QStringLiteral("0.0123"));
    EXPECT_EQ(ui::formatNumber(1234.4), QStringLiteral("1234"));
    EXPECT_EQ(ui::formatNumber(-4.514), QStringLiteral("-4.51"));
    EXPECT_EQ(ui::formatNumber(0.0), QStringLiteral("0"));
    EXPECT_EQ(ui::formatNumber(std::nan("")), QStringLiteral("–"));
    EXPECT_EQ(ui::formatPercent(0.0000123), QStringLiteral("0.00123 %"));
    EXPECT_EQ(ui::visibleToken(std::string(" the\n")), QStringLiteral("·the⏎"));
    core::FeatureRow row;
    row.feature = {"saes/layer_2", core::FeatureId(12)};
    EXPECT_EQ(ui::featureTitle(row), QStringLiteral("saes/layer_2 / 12"));
    row.promoted = {" bridge", " gate", " fog", " sea"};
    EXPECT_EQ(ui::featureTitle(row), QStringLiteral("“ bridge” “ gate” “ fog”"));
    row.label = {"bridges", "", core::LabelSource::Suggested};
    EXPECT_EQ(ui::featureTitle(row), QStringLiteral("bridges"));
}

TEST(Style, AWordLongerThanTheLineDoesNotWidenTheWindow)
{
    QWidget window;
    auto* label = new QLabel(QString(3000, QLatin1Char('x')), &window);
    ui::wrapLines(label);
    (new QVBoxLayout(&window))->addWidget(label);
    EXPECT_LT(window.minimumSizeHint().width(), 200);
}

} // namespace
