#include "ui/models/comparison/comparison_dialog.h"

#include "core/api/compare_dictionaries.h"
#include "core/api/evaluate.h"
#include "tests/ui/support/ui_test.h"
#include "ui/models/comparison/matched_feature_model.h"
#include "ui/models/dictionary_table_model.h"
#include "ui/models/models_page.h"
#include "ui/shared/notice.h"

#include <cmath>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>

namespace {

core::ComparedDictionary sampleSide(const std::string& name, const std::vector<float>& cosines)
{
    core::ComparedDictionary side;
    side.name = name;
    side.isOpen = true;
    side.features = static_cast<std::int64_t>(cosines.size());
    for (std::size_t i = 0; i < cosines.size(); ++i) {
        core::MatchedFeature match;
        match.feature = static_cast<std::int32_t>(i);
        match.other = static_cast<std::int32_t>(cosines.size() - 1 - i);
        match.cosine = cosines[i];
        match.density = i == 0 ? std::nanf("") : 0.01f * static_cast<float>(i);
        match.otherDensity = 0.02f;
        side.alone += !match.matches();
        side.matches.push_back(match);
    }
    side.matchedShare = 0.5;
    return side;
}

core::DictionaryComparison sampleComparison(const core::CompareDictionariesRequest& request)
{
    core::DictionaryComparison comparison;
    comparison.request = request;
    comparison.left = sampleSide(request.left, {0.2f, 0.95f, 0.75f, 0.4f});
    comparison.right = sampleSide(request.right, {0.9f, 0.6f, 0.1f, 0.8f});
    comparison.mutual = 2;
    if (request.hasText())
        for (core::ComparedDictionary* side : {&comparison.left, &comparison.right})
            side->quality = tests::sampleQuality(side->name);
    return comparison;
}

class ComparisonTest : public tests::UiTest {
protected:
    ComparisonTest()
    {
        engine->script<core::CompareDictionariesRequest>().answer = sampleComparison;
    }
    void showPage()
    {
        openSample();
        page.resize(1000, 900);
        page.show();
    }
    /// Opened from the page's button for the first two dictionaries.
    ui::ComparisonDialog* openDialog()
    {
        showPage();
        auto* table = find<QTableView>(page, "dictionaryTable");
        auto* button = find<QPushButton>(page, "compareDictionariesButton");
        EXPECT_FALSE(button->isEnabled()); // four are open
        table->selectionModel()->select(
            QItemSelection(table->model()->index(0, 0), table->model()->index(1, 0)),
            QItemSelectionModel::Select | QItemSelectionModel::Rows);
        EXPECT_TRUE(button->isEnabled());
        QTest::mouseClick(button, Qt::LeftButton);
        auto* dialog = page.findChild<ui::ComparisonDialog*>();
        EXPECT_TRUE(dialog);
        EXPECT_TRUE(await([&] {
            return find<QTableView>(*dialog, "comparisonFeatures")->model()->rowCount() > 0;
        }));
        return dialog;
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::ModelsPage page{&session, &selection, &settings};
};

TEST_F(ComparisonTest, TwoChosenDictionariesAreComparedFeatureByFeature)
{
    ui::ComparisonDialog* dialog = openDialog();
    ASSERT_TRUE(dialog);
    ASSERT_EQ(calls<core::CompareDictionariesRequest>().size(), 1u);
    EXPECT_EQ(calls<core::CompareDictionariesRequest>()[0].left, "saes/layer_0");
    EXPECT_EQ(calls<core::CompareDictionariesRequest>()[0].right, "saes/layer_1");
    EXPECT_FALSE(calls<core::CompareDictionariesRequest>()[0].hasText());
    EXPECT_TRUE(find<QLabel>(*dialog, "comparisonSummary")->text().startsWith(QLatin1String("2")));
    auto* table = find<QTableView>(*dialog, "comparisonFeatures");
    const auto features = [&] {
        QStringList shown;
        for (int row = 0; row < table->model()->rowCount(); ++row)
            shown << table->model()->index(row, 0).data().toString();
        return shown.join(QLatin1Char(' '));
    };
    EXPECT_EQ(features(), QStringLiteral("0 3")); // only in A, the least alike first
    EXPECT_EQ(find<QLabel>(*dialog, "comparisonCount")->text(), QStringLiteral("2 of 4 features"));
    find<QComboBox>(*dialog, "comparisonFilter")->setCurrentIndex(2);
    EXPECT_EQ(features(), QStringLiteral("1"));
    find<QComboBox>(*dialog, "comparisonFilter")->setCurrentIndex(3);
    find<QComboBox>(*dialog, "comparisonSide")->setCurrentIndex(1);
    EXPECT_EQ(features(), QStringLiteral("2 1 3 0"));
    table->horizontalHeader()->setSortIndicator(
        ui::MatchedFeatureModel::Density, Qt::DescendingOrder);
    EXPECT_EQ(features(), QStringLiteral("3 2 1 0")); // the unknown one last
    table->horizontalHeader()->setSortIndicator(
        ui::MatchedFeatureModel::Density, Qt::AscendingOrder);
    EXPECT_EQ(features(), QStringLiteral("1 2 3 0"));
    table->setCurrentIndex(table->model()->index(1, 0));
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(*selection.feature(), (core::FeatureRef{"saes/layer_1", core::FeatureId(2)}));
    QAbstractItemModelTester tester(
        table->model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
}

TEST_F(ComparisonTest, ATextAddsBothQualitiesAndAStopKeepsWhatIsShown)
{
    ui::ComparisonDialog* dialog = openDialog();
    ASSERT_TRUE(dialog);
    auto* figures = find<QTableView>(*dialog, "comparisonFigures");
    const int before = figures->model()->rowCount();
    auto* measure = find<QPushButton>(*dialog, "comparisonMeasure");
    EXPECT_FALSE(measure->isEnabled());
    find<QPlainTextEdit>(*dialog, "comparisonText")->setPlainText(QStringLiteral("some words"));
    EXPECT_TRUE(measure->isEnabled());
    auto& script = engine->script<core::CompareDictionariesRequest>();
    script.failWith({}, core::Error::Code::Cancelled); // what an engine says that was stopped
    engine->hold();
    QTest::mouseClick(measure, Qt::LeftButton);
    EXPECT_EQ(calls<core::CompareDictionariesRequest>().back().text, "some words");
    QTest::mouseClick(measure, Qt::LeftButton); // stop
    EXPECT_EQ(engine->cancelled, std::vector<std::string>{"compare-dictionaries"});
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(figures->model()->rowCount(), before);
    script.answer = sampleComparison;
    QTest::mouseClick(measure, Qt::LeftButton);
    ASSERT_TRUE(await([&] { return figures->model()->rowCount() > before; }));
    EXPECT_EQ(figures->model()->index(before, 0).data().toString(), QStringLiteral("L0"));
    EXPECT_EQ(figures->model()->index(before, 1).data().toString(), QStringLiteral("17.5"));
}

TEST_F(ComparisonTest, WhatCannotBeComparedIsSaid)
{
    engine->script<core::CompareDictionariesRequest>().failWith(
        "saes/layer_0 writes vectors of 8 numbers and saes/layer_1 of 9.");
    showPage();
    ui::ComparisonDialog dialog(&session, &selection, "saes/layer_0", "saes/layer_1", {}, &page);
    dialog.show();
    auto* notice = dialog.findChild<ui::Notice*>();
    ASSERT_TRUE(await([&] { return !notice->text().isEmpty(); }));
    EXPECT_TRUE(notice->text().contains(QLatin1String("of 9")));
}

TEST_F(ComparisonTest, MeasuredFiguresStandBesideTheDictionary)
{
    showPage();
    auto* table = find<QTableView>(page, "dictionaryTable");
    const int column = ui::DictionaryTableModel::Quality;
    EXPECT_EQ(
        table->model()->headerData(column, Qt::Horizontal).toString(), QStringLiteral("Quality"));
    EXPECT_EQ(table->model()->index(1, column).data().toString(), QStringLiteral("not measured"));
    find<QPlainTextEdit>(page, "qualityText")->setPlainText(QStringLiteral("some words"));
    table->selectRow(1);
    for (QAction* action : table->actions())
        if (action->text().startsWith(QLatin1String("Evaluate")))
            action->trigger();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    ASSERT_EQ(calls<core::EvaluateRequest>().size(), 1u);
    EXPECT_EQ(table->model()->index(1, column).data().toString(),
        QStringLiteral("FVU 0.0830, CE 98.0 %"));
    EXPECT_EQ(table->model()->index(0, column).data().toString(), QStringLiteral("not measured"));
}

} // namespace
