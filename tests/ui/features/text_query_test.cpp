#include "core/api/features_on_text.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/feature_map_view.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/shared/token_strip.h"

#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QToolButton>

namespace {

/// What fires on a text, and the map, as ways to the features of the page.
class FeaturesByText : public tests::UiTest {
protected:
    void SetUp() override
    {
        openSample();
        page = std::make_unique<ui::FeaturesPage>(&session, &selection);
        page->resize(900, 600);
        page->show();
        page->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(page.get()));
        table = find<QTableView>(*page, "featureTable");
        ASSERT_TRUE(await([&] { return page->model()->rowCount() == 1000; }));
    }
    void TearDown() override { page.reset(); }
    void type(const char* field, const QString& text)
    {
        auto* line = find<QLineEdit>(*page, field);
        line->setFocus();
        QTest::keyClicks(line, text);
        QTest::keyClick(line, Qt::Key_Return);
    }

    std::unique_ptr<ui::FeaturesPage> page;
    QTableView* table = nullptr;
};

TEST_F(FeaturesByText, WhatFiresIsListedAndTheTextShowsWhere)
{
    auto* onText = find<QToolButton>(*page, "onText");
    onText->click();
    EXPECT_FALSE(find<QLineEdit>(*page, "conceptSearch")->isVisible());
    EXPECT_TRUE(find<QLineEdit>(*page, "firesOnText")->hasFocus());
    type("firesOnText", QStringLiteral("fog over the bridge"));
    ASSERT_TRUE(await([&] { return page->model()->rowCount() == 8; }));
    ASSERT_TRUE(await([&] { return table->hasFocus(); })); // Enter goes to the list
    EXPECT_EQ(selection.feature()->feature.value, 0); // the strongest is chosen
    auto* strip = find<ui::TokenStrip>(*page, "textStrip");
    ASSERT_EQ(strip->tokens().size(), 4u);
    EXPECT_DOUBLE_EQ(strip->tokens()[1].value, 8.0);
    QTest::keyClick(table, Qt::Key_Down);
    EXPECT_EQ(selection.feature()->feature.value, 1);
    EXPECT_DOUBLE_EQ(strip->tokens()[1].value, 0.0); // on every second word
    EXPECT_DOUBLE_EQ(strip->tokens()[2].value, 7.0);
    EXPECT_FALSE(find<ui::TokenStrip>(*page, "againstStrip")->isVisible());
    EXPECT_FALSE(table->isColumnHidden(ui::FeatureTableModel::Why));
    ASSERT_TRUE(await([&] { return page->model()->rowAt(1) != nullptr; }));
    EXPECT_EQ(page->model()->index(1, ui::FeatureTableModel::Why).data().toString(),
        QStringLiteral("7.00 on fog ·the"));

    onText->click(); // back to all features
    ASSERT_TRUE(await([&] { return page->model()->rowCount() == 1000; }));
}

TEST_F(FeaturesByText, OneTextAgainstAnotherShowsBoth)
{
    find<QToolButton>(*page, "onText")->click();
    type("firesOnText", QStringLiteral("fog over the bridge"));
    type("againstText", QStringLiteral("rain in town"));
    ASSERT_TRUE(await([&] {
        return calls<core::FeaturesOnTextRequest>().back().against == "rain in town"
            && !session.isBusy();
    }));
    auto* against = find<ui::TokenStrip>(*page, "againstStrip");
    EXPECT_TRUE(against->isVisible());
    EXPECT_DOUBLE_EQ(against->tokens()[0].value, 4.0);
    EXPECT_TRUE(
        find<QLabel>(*page, "textNote")
            ->text()
            .contains(QStringLiteral("strongest 8.00 on the first text, 4.00 on the second")))
        << find<QLabel>(*page, "textNote")->text().toStdString();
}

TEST_F(FeaturesByText, FiltersAndSortingGoToTheEngine)
{
    find<QToolButton>(*page, "onText")->click();
    type("firesOnText", QStringLiteral("fog"));
    ASSERT_TRUE(await([&] { return page->model()->rowCount() == 8 && !session.isBusy(); }));
    EXPECT_EQ(calls<core::FeaturesOnTextRequest>().back().filter.sort, core::FeatureSort::Match);
    table->horizontalHeader()->setSortIndicator(ui::FeatureTableModel::Density, Qt::AscendingOrder);
    ASSERT_TRUE(await([&] {
        return calls<core::FeaturesOnTextRequest>().back().filter.sort
            == core::FeatureSort::Density;
    }));
    EXPECT_FALSE(calls<core::FeaturesOnTextRequest>().back().filter.isDescending);
    for (QDoubleSpinBox* box : page->findChildren<QDoubleSpinBox*>())
        if (box->accessibleName() == QStringLiteral("Highest density"))
            box->setValue(1.0);
    ASSERT_TRUE(await(
        [&] { return calls<core::FeaturesOnTextRequest>().back().filter.maxDensity == 0.01; }));
}

TEST_F(FeaturesByText, TheMapStandsInTheTablesPlaceAndGivesItAnArea)
{
    auto* showMap = find<QToolButton>(*page, "showMap");
    showMap->click();
    auto* view = page->findChild<ui::FeatureMapView*>();
    ASSERT_TRUE(await([&] { return view->points().size() == 2000 && view->isVisible(); }));
    EXPECT_FALSE(table->isVisible());
    page->search(QStringLiteral("golden gate"));
    ASSERT_TRUE(await([&] { return !view->points().hits().empty(); })); // marked on the map
    EXPECT_TRUE(view->isVisible());
    const QRectF area = view->points().bounds();
    Q_EMIT view->areaChosen(QRectF(area.left(), area.top(), area.width() / 2, area.height() / 2));
    ASSERT_TRUE(table->isVisible());
    EXPECT_GT(page->model()->rowCount(), 100);
    EXPECT_LT(page->model()->rowCount(), 1000);
    EXPECT_TRUE(find<QLabel>(*page, "featureCount")->text().contains(QStringLiteral("area")));
}

} // namespace
