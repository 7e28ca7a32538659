#include "ui/features/logit_histogram_chart.h"

#include "tests/ui/support/painted_text.h"
#include "tests/ui/support/sample_features.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/feature_card.h"
#include "ui/features/near_features.h"

#include <QComboBox>
#include <QTableView>

namespace {

TEST(LogitHistogramChart, TellsTheBinUnderAPlaceWithItsUnitsAndCopiesThemAll)
{
    ui::LogitHistogramChart chart;
    chart.resize(400, 160);
    chart.setHistogram(tests::sampleLogits({{"saes/layer_1", core::FeatureId(2)}}));
    // The first and last bins, and where 0 parts them.
    EXPECT_EQ(chart.binAt(-5), -1);
    EXPECT_EQ(chart.binAt(399), -1);
    EXPECT_EQ(chart.binAt(12), 0);
    const QString first = chart.describeBin(0), above = chart.describeBin(20);
    EXPECT_TRUE(first.contains(QStringLiteral("-2.0 to -1.9 logits per unit of activation: 1 of")))
        << first.toStdString();
    EXPECT_TRUE(above.contains(QStringLiteral("0 to 0.10"))) << above.toStdString();
    EXPECT_TRUE(chart.describeBin(40).isEmpty());
    EXPECT_EQ(chart.toTable().count(QLatin1Char('\n')), 41);
    QTest::keyClick(&chart, Qt::Key_Right); // from the middle
    QTest::keyClick(&chart, Qt::Key_Left);
}

TEST(LogitHistogramChart, NamesTheTokensAtBothEndsAndItsAxes)
{
    ui::LogitHistogramChart chart;
    chart.resize(500, 170);
    chart.setHistogram(tests::sampleLogits({{"saes/layer_1", core::FeatureId(2)}}));
    QString all;
    for (const tests::PaintedText& text : tests::paintedText(chart))
        all += text.text + QLatin1Char('\n');
    for (const char* expected : {"·Texas", "·bridge", "⏎", "logits per unit of activation", "-2"})
        EXPECT_TRUE(all.contains(QString::fromUtf8(expected))) << expected << " in\n"
                                                               << all.toStdString();
    EXPECT_TRUE(chart.accessibleDescription().contains(QStringLiteral("·bridge")));
}

class CardOfFeature : public tests::UiTest {
protected:
    void SetUp() override
    {
        openSample();
        card.resize(420, 900);
        card.show();
        selection.setFeature({"saes/layer_2", core::FeatureId(10)});
        ASSERT_TRUE(await([&] { return card.card() && !session.isBusy(); }));
    }
    ui::FeatureCard card{&session, &selection};
};

TEST_F(CardOfFeature, ShowsTheLogitsOfTheWholeVocabularyWhereTheModelKnowsThem)
{
    auto* chart = card.findChild<ui::LogitHistogramChart*>();
    EXPECT_TRUE(chart->isVisible());
    EXPECT_EQ(chart->histogram().counts.size(), 40u);
    engine->script<core::LogitHistogramRequest>().failWith("no");
    selection.setFeature({"saes/layer_2", core::FeatureId(11)});
    ASSERT_TRUE(
        await([&] { return card.card()->row.feature.feature.value == 11 && !session.isBusy(); }));
    EXPECT_FALSE(chart->isVisible());
}

TEST_F(CardOfFeature, NearFeaturesAreThoseThatWriteAlikeHereOrElsewhereOrFireTogether)
{
    auto* by = find<QComboBox>(card, "nearBy");
    auto* table = find<QTableView>(card, "nearTable");
    const auto cell
        = [&](int row, int column) { return table->model()->index(row, column).data().toString(); };
    EXPECT_EQ(cell(0, 1), QStringLiteral("0.80"));
    const auto choose = [&](int at) {
        by->setCurrentIndex(at);
        Q_EMIT by->activated(at);
    };
    choose(2);
    EXPECT_EQ(cell(0, 1), QStringLiteral("0.45"));
    EXPECT_TRUE(cell(0, 0).contains(QStringLiteral("17"))) << cell(0, 0).toStdString();
    choose(1);
    ASSERT_TRUE(await([&] { return table->model()->rowCount() == 4; }));
    EXPECT_TRUE(cell(3, 0).startsWith(QStringLiteral("SAE layer_3 / 103")))
        << cell(3, 0).toStdString();
    Q_EMIT table->activated(table->model()->index(3, 0));
    EXPECT_EQ(*selection.feature(), (core::FeatureRef{"saes/layer_3", core::FeatureId(103)}));
}

} // namespace
