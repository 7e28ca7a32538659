#include "ui/features/feature_table_model.h"

#include "core/api/feature_rows.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/near_feature_model.h"
#include "ui/features/token_delegate.h"
#include "ui/models/dictionary_table_model.h"
#include "ui/models/quality_model.h"
#include "ui/shared/bar_delegate.h"
#include "ui/shared/token_effect_model.h"
#include "ui/style/text.h"

#include <tuple>

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTableView>

namespace {

using ui::FeatureTableModel;

class FeatureTableModelTest : public tests::UiTest {
protected:
    QString cell(int row, int column) { return model.index(row, column).data().toString(); }
    void setList(const core::FeatureQuery& query = {})
    {
        model.setList(std::make_shared<const core::FeatureList>(tests::sampleList(query)));
    }

    FeatureTableModel model{&session};
};

TEST_F(FeatureTableModelTest, KeepsTheRulesOfItemModels)
{
    const QAbstractItemModelTester tester(
        &model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    setList();
    EXPECT_EQ(model.rowCount(), 1000);
    cell(0, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(0) != nullptr; }));
    cell(999, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(999) != nullptr; }));
    setList();
}

TEST_F(FeatureTableModelTest, RowsAreAskedForByPageAndShowDotsMeanwhile)
{
    engine->hold();
    setList();
    EXPECT_TRUE(engine->script<core::FeatureRowsRequest>().calls.empty());
    EXPECT_EQ(cell(300, FeatureTableModel::Label), QStringLiteral("…"));
    EXPECT_EQ(cell(301, FeatureTableModel::Label), QStringLiteral("…"));
    ASSERT_EQ(
        engine->script<core::FeatureRowsRequest>().calls.size(), 1u); // both rows are on one page
    EXPECT_EQ(engine->script<core::FeatureRowsRequest>().calls[0].features.size(), 64u);
    EXPECT_EQ(
        engine->script<core::FeatureRowsRequest>().calls[0].features.front().feature.value, 256);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return changed.count() == 1; }));
    EXPECT_EQ(cell(300, FeatureTableModel::Label),
        QString::fromStdString(
            tests::sampleRow({"saes/layer_2", core::FeatureId(300)}).label.text));
    EXPECT_EQ(changed.at(0).at(0).toModelIndex().row(), 256);
    EXPECT_EQ(changed.at(0).at(1).toModelIndex().row(), 319);
    cell(999, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(999) != nullptr; }));
    EXPECT_EQ(engine->script<core::FeatureRowsRequest>().calls.back().features.size(),
        1000u - 960u); // the last page is short
}

TEST_F(FeatureTableModelTest, PagesOfTheListBeforeAreIgnored)
{
    engine->hold();
    setList();
    cell(0, 0);
    core::FeatureQuery other;
    other.dictionaries = {"saes/layer_0"};
    setList(other);
    engine->releaseAll();
    settle();
    EXPECT_EQ(model.rowAt(0), nullptr);
    cell(0, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(0) != nullptr; }));
    EXPECT_EQ(model.rowAt(0)->feature.dictionary, "saes/layer_0");
}

TEST_F(FeatureTableModelTest, AFailedPageIsNotAskedForAgainAndAgain)
{
    QSignalSpy errors(&session, &ui::Session::errorOccurred);
    engine->script<core::FeatureRowsRequest>().failWith("workspace is locked");
    setList();
    cell(0, 0);
    ASSERT_TRUE(await([&] { return errors.count() == 1; }));
    cell(0, 0);
    EXPECT_EQ(engine->script<core::FeatureRowsRequest>().calls.size(), 1u);
}

TEST_F(FeatureTableModelTest, AJumpInTwoMillionRowsAsksForThatPageOnly)
{
    core::FeatureList list;
    list.features = std::vector<core::FeatureRef>(2'000'000, {"saes/layer_2", core::FeatureId(1)});
    list.total = 2'000'000;
    model.setList(std::make_shared<const core::FeatureList>(std::move(list)));
    QTableView view;
    view.setModel(&model);
    view.resize(600, 400);
    view.show();
    ASSERT_TRUE(await([&] { return model.rowAt(0) != nullptr; }));
    const std::size_t before = engine->script<core::FeatureRowsRequest>().calls.size();
    view.scrollTo(model.index(1'900'000, 0));
    view.grab();
    ASSERT_TRUE(await([&] { return model.rowAt(1'900'000) != nullptr; }));
    EXPECT_LE(engine->script<core::FeatureRowsRequest>().calls.size() - before, 2u);
    EXPECT_EQ(model.rowCount(), 2'000'000);
}

TEST_F(FeatureTableModelTest, WritesSaysScoreAndBadgeOrThatItIsUnknown)
{
    setList();
    cell(0, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(0) != nullptr; }));
    const auto at
        = [&](int row, int role) { return model.index(row, FeatureTableModel::Writes).data(role); };
    EXPECT_EQ(cell(0, FeatureTableModel::Writes), QStringLiteral("0.51 writes"));
    EXPECT_TRUE(at(0, Qt::FontRole).value<QFont>().bold());
    EXPECT_EQ(at(0, ui::BarDelegate::kBarRole).toDouble(), 0.51);
    EXPECT_EQ(cell(1, FeatureTableModel::Writes), QStringLiteral("0.0040 reads"));
    EXPECT_FALSE(at(1, Qt::FontRole).isValid());
    EXPECT_TRUE(at(1, Qt::ToolTipRole).toString().contains(QStringLiteral("0 to 1")));
    EXPECT_TRUE(at(1, Qt::ToolTipRole).toString().contains(QStringLiteral("0.01")));
    EXPECT_EQ(cell(2, FeatureTableModel::Writes), QStringLiteral("–"));
    EXPECT_TRUE(at(2, Qt::ToolTipRole).toString().startsWith(QStringLiteral("Unknown")));
    EXPECT_EQ(FeatureTableModel::sortBy(FeatureTableModel::Writes), core::FeatureSort::OutputScore);
    const QStringList lines = model.toTable({0, 2}).split(QLatin1Char('\n'));
    const auto column = lines[0].split(QLatin1Char('\t')).indexOf(QStringLiteral("output score"));
    ASSERT_GE(column, 0);
    EXPECT_EQ(lines[1].split(QLatin1Char('\t'))[column], QStringLiteral("0.51"));
    EXPECT_EQ(lines[2].split(QLatin1Char('\t'))[column], QString());
}

TEST_F(FeatureTableModelTest, ALabelSetAnywhereShowsHere)
{
    setList();
    cell(7, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(7) != nullptr; }));
    session.setLabel(
        {{"saes/layer_2", core::FeatureId(7)}, {"my name", "", core::LabelSource::Person}});
    ASSERT_TRUE(
        await([&] { return cell(7, FeatureTableModel::Label) == QStringLiteral("my name"); }));
}

TEST_F(FeatureTableModelTest, SortingByEveryColumnIsAskedOfTheEngineAlsoDuringASearch)
{
    QSignalSpy wanted(&model, &FeatureTableModel::sortRequested);
    core::FeatureQuery query;
    for (const char* text : {"", "bridge"}) {
        query.text = text;
        setList(query);
        wanted.clear();
        using enum core::FeatureSort;
        const std::vector<std::pair<int, core::FeatureSort>> columns{
            {FeatureTableModel::Feature, Index}, {FeatureTableModel::Label, Label},
            {FeatureTableModel::Density, Density},
            {FeatureTableModel::MaxActivation, MaxActivation},
            {FeatureTableModel::Promotes, Promotes}, {FeatureTableModel::Why, Why}};
        for (const auto& [column, by] : columns) {
            model.sort(column, Qt::AscendingOrder);
            EXPECT_EQ(wanted.back().at(0).value<core::FeatureSort>(), by) << column;
            EXPECT_FALSE(wanted.back().at(1).toBool());
        }
        EXPECT_EQ(wanted.count(), 6);
    }
    cell(0, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(0) != nullptr; }));
    EXPECT_EQ(cell(0, FeatureTableModel::Why), QStringLiteral("label"));
}

TEST(FeatureNames, SayTheKindAndTheDictionaryAndKeepTheFolderOnlyWhereTwoAreAlike)
{
    using core::DictionaryKind;
    std::vector<core::DictionaryInfo> open(5);
    const std::vector<std::pair<const char*, DictionaryKind>> named{
        {"saes/layer_1", DictionaryKind::Sae}, {"transcoders/layer_1", DictionaryKind::Transcoder},
        {"clt/all", DictionaryKind::CrossLayerTranscoder}, {"a/layer_2", DictionaryKind::Sae},
        {"b/layer_2", DictionaryKind::Sae}};
    for (std::size_t i = 0; i < named.size(); ++i)
        std::tie(open[i].name, open[i].kind) = std::tie(named[i].first, named[i].second);
    const auto name = [&](const char* dictionary) {
        return ui::featureInDictionary({dictionary, core::FeatureId(834)}, core::Layer(1), open);
    };
    EXPECT_EQ(name("saes/layer_1"), QStringLiteral("SAE layer_1 / 834"));
    EXPECT_EQ(name("transcoders/layer_1"), QStringLiteral("transcoder layer_1 / 834"));
    EXPECT_EQ(name("clt/all"), QStringLiteral("CLT all / 834"));
    EXPECT_EQ(name("b/layer_2"), QStringLiteral("SAE b/layer_2 / 834"));
    EXPECT_EQ(name("closed"), QStringLiteral("layer 1 / 834"));
    open[0].areConcepts = true;
    EXPECT_EQ(name("saes/layer_1"), QStringLiteral("concept layer_1 / 834"));
    EXPECT_EQ(ui::kindName(open[0]), QStringLiteral("concept directions"));
}

TEST_F(FeatureTableModelTest, BarsAndTokensComeByRole)
{
    setList();
    cell(0, 0);
    ASSERT_TRUE(await([&] { return model.rowAt(39) != nullptr; }));
    const auto bar = [&](int row, int column) {
        return model.index(row, column).data(ui::BarDelegate::kBarRole).toDouble();
    };
    EXPECT_DOUBLE_EQ(bar(39, FeatureTableModel::MaxActivation), 1.0); // the largest of the samples
    EXPECT_GT(bar(0, FeatureTableModel::Density), bar(10, FeatureTableModel::Density));
    EXPECT_EQ(model.index(0, FeatureTableModel::Promotes)
                  .data(ui::TokenDelegate::kTokensRole)
                  .toStringList()
                  .size(),
        5);
    const QString table = model.toTable({0, 3});
    EXPECT_EQ(table.count(QLatin1Char('\n')), 3);
    EXPECT_TRUE(table.contains(QStringLiteral("Golden Gate Bridge")));
}

TEST(SmallModelsTest, KeepTheRulesOfItemModels)
{
    using Mode = QAbstractItemModelTester::FailureReportingMode;
    ui::TokenEffectModel effects(QStringLiteral("Effect"), QStringLiteral("logits"));
    const QAbstractItemModelTester effectsTester(&effects, Mode::Fatal);
    std::vector<core::LogitEffect> list;
    for (int i = 0; i < 1000; ++i)
        list.push_back(
            {core::TokenId(i), "token" + std::to_string(i), static_cast<float>(500 - i) / 100.0f});
    effects.setEffects(list);
    EXPECT_EQ(effects.rowCount(), 1000);
    EXPECT_DOUBLE_EQ(effects.index(0, 1).data(ui::BarDelegate::kBarRole).toDouble(), 1.0);
    EXPECT_LT(effects.index(999, 1).data(ui::BarDelegate::kBarRole).toDouble(), 0.0);

    ui::NearFeatureModel near;
    const QAbstractItemModelTester nearTester(&near, Mode::Fatal);
    near.setRows(tests::sampleCard({"saes/layer_1", core::FeatureId(4)}).nearest);
    EXPECT_EQ(near.featureAt(0).feature.value, 14);
    EXPECT_FALSE(near.featureAt(99).feature.isValid());

    ui::DictionaryTableModel dictionaries;
    const QAbstractItemModelTester dictionariesTester(&dictionaries, Mode::Fatal);
    dictionaries.setRows(tests::sampleState().dictionaries);
    EXPECT_EQ(dictionaries.rowCount(), 4);

    ui::QualityModel quality;
    const QAbstractItemModelTester qualityTester(&quality, Mode::Fatal);
    quality.addRow(tests::sampleQuality("saes/layer_1"));
    const auto cell = [&](int column) { return quality.index(0, column).data().toString(); };
    EXPECT_EQ(cell(ui::QualityModel::L0), QStringLiteral("17.5"));
    EXPECT_EQ(cell(ui::QualityModel::CeIncrease), QStringLiteral("0.0900"));
    EXPECT_EQ(cell(ui::QualityModel::CeRecovered), QStringLiteral("98.0 %"));
    quality.setRows({});
    EXPECT_EQ(quality.rowCount(), 0);
}

} // namespace
