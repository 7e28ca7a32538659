#include "core/api/patch.h"
#include "tests/ui/support/sample_patching.h"
#include "tests/ui/support/ui_test.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/patching/patch_panel.h"
#include "ui/circuit/patching/patched_feature_model.h"
#include "ui/circuit/patching/signed_heat_map.h"
#include "ui/circuit/scatter_plot.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/notice.h"

#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QToolButton>

namespace {

const QString kCleanPrompt = QStringLiteral("The capital of the state containing Dallas is");
const QString kCorruptPrompt = QStringLiteral("The capital of the state containing Oakland is");

class PatchPanelTest : public tests::UiTest {
protected:
    PatchPanelTest()
        : document(&session, &selection)
        , panel(&document)
    {
        panel.resize(1200, 450);
        panel.show();
    }
    void SetUp() override { openSample(); }
    template <typename T> T* find(const char* name)
    {
        return panel.findChild<T*>(QLatin1String(name));
    }
    ui::SignedHeatMap* map() { return find<ui::SignedHeatMap>("patchMap"); }
    QString summary() { return find<QLabel>("patchSummary")->text(); }
    QString note() { return find<ui::Notice>("patchNote")->text(); }
    void patch(const QString& corrupt = kCorruptPrompt)
    {
        QSignalSpy shown(&panel, &ui::PatchPanel::resultShown);
        panel.setPrompts(kCleanPrompt, corrupt);
        QTest::mouseClick(find<QPushButton>("patchRun"), Qt::LeftButton);
        ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    }
    void showSite(const char* name)
    {
        auto* sites = find<QTabBar>("patchSites");
        for (int i = 0; i < sites->count(); ++i)
            if (sites->tabText(i) == QLatin1String(name))
                return sites->setCurrentIndex(i);
        FAIL() << name;
    }
    void chooseValues(ui::PatchValues values)
    {
        auto* box = find<QComboBox>("patchValues");
        box->setCurrentIndex(box->findData(static_cast<int>(values)));
    }

    ui::CircuitDocument document;
    ui::PatchPanel panel;
};

TEST_F(PatchPanelTest, AsksForWhatTheFieldsSay)
{
    auto* run = find<QPushButton>("patchRun");
    EXPECT_FALSE(run->isEnabled());
    EXPECT_TRUE(run->toolTip().contains(QStringLiteral("clean and a corrupt")));
    EXPECT_TRUE(find<QPushButton>("patchExample")->isVisible());
    QTest::mouseClick(find<QPushButton>("patchExample"), Qt::LeftButton);
    EXPECT_EQ(find<QLineEdit>("patchClean")->text(), kCleanPrompt);
    EXPECT_TRUE(run->isEnabled());
    for (const char* site : {"attn_out", "mlp_out", "heads"})
        find<QCheckBox>((std::string("patchSite_") + site).c_str())->setChecked(false);
    find<QLineEdit>("patchAnswer")->setText(QStringLiteral("Austin"));
    find<QComboBox>("patchDirection")->setCurrentIndex(1);
    find<QComboBox>("patchMethod")->setCurrentIndex(2);
    QTest::keyClick(find<QLineEdit>("patchAnswer"), Qt::Key_Return);
    ASSERT_EQ(calls<core::PatchRequest>().size(), 1u);
    const core::PatchRequest& request = calls<core::PatchRequest>()[0];
    EXPECT_EQ(request.clean, kCleanPrompt.toStdString());
    EXPECT_EQ(request.corrupt, kCorruptPrompt.toStdString());
    EXPECT_EQ(request.answer, "Austin");
    EXPECT_TRUE(request.other.empty());
    EXPECT_EQ(request.sites, (std::vector{core::PatchSite::ResidPre, core::PatchSite::Feature}));
    EXPECT_EQ(request.direction, core::PatchDirection::Noise);
    EXPECT_FALSE(request.isExact);
    EXPECT_TRUE(request.isApproximate);
    for (const char* site : {"resid_pre", "features"})
        find<QCheckBox>((std::string("patchSite_") + site).c_str())->setChecked(false);
    settle();
    EXPECT_FALSE(run->isEnabled());
}

TEST_F(PatchPanelTest, ShowsAMapForEachPlaceWithTheNumbersOfTheResult)
{
    patch();
    EXPECT_EQ(find<QTabBar>("patchSites")->count(), 6);
    EXPECT_EQ(map()->map().rows.size(), 4u);
    EXPECT_EQ(map()->map().columns.size(), 8u);
    EXPECT_EQ(map()->map().columnTitle(6), QStringLiteral("6 ·Dallas | ·Oakland"));
    const core::PatchResult expected = tests::samplePatchResult(calls<core::PatchRequest>()[0]);
    EXPECT_FLOAT_EQ(
        static_cast<float>(map()->map().at(3, 6)), expected.maps[0].exact[6]); // layer 0
    chooseValues(ui::PatchValues::Approximate);
    EXPECT_FLOAT_EQ(
        static_cast<float>(map()->map().at(0, 7)), expected.maps[0].approximate[3 * 8 + 7]);
    chooseValues(ui::PatchValues::Difference);
    EXPECT_NEAR(map()->map().at(2, 5),
        expected.maps[0].approximate[8 + 5] - expected.maps[0].exact[8 + 5], 1e-6);
    showSite("heads");
    EXPECT_EQ(map()->map().columns.size(), 6u);
    EXPECT_EQ(map()->map().columnAxis, QStringLiteral("head"));
    chooseValues(ui::PatchValues::Exact);
    find<QCheckBox>("patchShare")->setChecked(true);
    EXPECT_NEAR(map()->map().at(1, 3), 5.1 / 12.0, 1e-6); // layer 2, head 3
    for (const char* part : {"logit(Austin) − logit(Sacramento)", "clean +6.20", "corrupt −5.80",
             "Dallas | Oakland", "first-order estimate", "Pearson", "Denoise"})
        EXPECT_TRUE(summary().contains(QString::fromUtf8(part))) << part;
    EXPECT_EQ(find<QLineEdit>("patchAnswer")->placeholderText(), QStringLiteral("·Austin"));
    EXPECT_TRUE(find<QLabel>("patchHidden")->text().contains(QStringLiteral("40 of 1,431")));
}

TEST_F(PatchPanelTest, OnlyWhatWasMeasuredCanBeShown)
{
    find<QComboBox>("patchMethod")->setCurrentIndex(1); // exact
    patch();
    auto* values = find<QComboBox>("patchValues");
    ASSERT_EQ(values->count(), 1);
    EXPECT_EQ(values->currentText(), QStringLiteral("Exact"));
    EXPECT_TRUE(find<ui::ScatterPlot>("patchScatter")->points().empty());
    EXPECT_FALSE(summary().contains(QStringLiteral("first-order")));
    find<QComboBox>("patchMethod")->setCurrentIndex(2); // approximate
    patch();
    ASSERT_EQ(values->count(), 1);
    EXPECT_EQ(values->currentText(), QStringLiteral("Approximate"));
    EXPECT_TRUE(summary().contains(QStringLiteral("run exact patching too")));
}

TEST_F(PatchPanelTest, ABrightCellLeadsToTheGraph)
{
    patch();
    QSignalSpy chosen(&panel, &ui::PatchPanel::cellChosen);
    QSignalSpy traced(&panel, &ui::PatchPanel::traceRequested);
    QTest::mouseClick(map()->viewport(), Qt::LeftButton, {}, map()->cellRect(3, 6).center());
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0).at(0).value<core::Layer>(), core::Layer(0));
    EXPECT_EQ(chosen.at(0).at(1).value<core::Position>(), core::Position(6));
    EXPECT_EQ(traced.count(), 0);
    QTest::keyClick(map(), Qt::Key_Up);
    QTest::keyClick(map(), Qt::Key_Return);
    ASSERT_EQ(traced.count(), 1);
    EXPECT_EQ(traced.at(0).at(0).toString(), kCleanPrompt);
    EXPECT_EQ(chosen.back().at(0).value<core::Layer>(), core::Layer(1));
    QTest::mouseClick(find<QToolButton>("patchShow"), Qt::LeftButton, {}, {5, 5});
    EXPECT_EQ(traced.count(), 2);
    showSite("heads");
    QTest::mouseClick(map()->viewport(), Qt::LeftButton, {}, map()->cellRect(1, 3).center());
    EXPECT_EQ(chosen.back().at(0).value<core::Layer>(), core::Layer(2));
    EXPECT_FALSE(chosen.back().at(1).value<core::Position>().isValid());
}

TEST_F(PatchPanelTest, AFeatureIsSelectedEverywhereAndAnErrorTermIsACell)
{
    patch();
    find<QTabWidget>("patchSide")->setCurrentIndex(1);
    auto* table = find<QTableView>("patchFeatures");
    ASSERT_EQ(table->model()->rowCount(), 40);
    table->setFocus();
    table->selectRow(0);
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(selection.feature()->dictionary, "transcoders/layer_0");
    EXPECT_EQ(selection.feature()->feature, core::FeatureId(4));
    EXPECT_EQ(map()->currentRow(), 3); // layer 0
    EXPECT_EQ(map()->currentColumn(), 7);
    QSignalSpy chosen(&panel, &ui::PatchPanel::cellChosen);
    table->selectRow(6);
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0).at(0).value<core::Layer>(), core::Layer(2));
    EXPECT_EQ(table->model()->index(6, 0).data().toString(), QStringLiteral("error term"));
    EXPECT_EQ(selection.feature()->feature, core::FeatureId(4)); // stays
    // Another page chooses a feature that is listed.
    selection.setFeature({"transcoders/layer_3", core::FeatureId(31 * 3 + 4)});
    EXPECT_EQ(table->currentIndex().row(), 3);
    EXPECT_EQ(chosen.count(), 1);
    // Sorted by exact, those without an exact value come last.
    table->sortByColumn(ui::PatchedFeatureModel::Exact, Qt::DescendingOrder);
    EXPECT_FALSE(
        table->model()->index(0, ui::PatchedFeatureModel::Exact).data().toString().isEmpty());
    EXPECT_TRUE(
        table->model()->index(39, ui::PatchedFeatureModel::Exact).data().toString().isEmpty());
}

TEST_F(PatchPanelTest, PointsOfTheScatterAreCells)
{
    patch();
    auto* scatter = find<ui::ScatterPlot>("patchScatter");
    ASSERT_EQ(scatter->points().size(), 32u);
    const core::PatchResult expected = tests::samplePatchResult(calls<core::PatchRequest>()[0]);
    EXPECT_DOUBLE_EQ(scatter->points()[14].x, static_cast<double>(expected.maps[0].exact[14]));
    EXPECT_DOUBLE_EQ(
        scatter->points()[14].y, static_cast<double>(expected.maps[0].approximate[14]));
    QSignalSpy chosen(&panel, &ui::PatchPanel::cellChosen);
    Q_EMIT scatter->pointChosen(14);
    EXPECT_EQ(map()->currentRow(), 2); // layer 1
    EXPECT_EQ(map()->currentColumn(), 6);
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0).at(0).value<core::Layer>(), core::Layer(1));
    showSite("features");
    EXPECT_EQ(scatter->points().size(), 24u); // those that were patched exactly
    Q_EMIT scatter->pointChosen(1);
    EXPECT_EQ(selection.feature()->feature, core::FeatureId(35));
    showSite("error terms");
    EXPECT_EQ(scatter->points().size(), 24u); // layer 3 has no dictionary
    EXPECT_TRUE(std::isnan(map()->map().at(0, 0)));
}

TEST_F(PatchPanelTest, AKeptResultIsComparedWithLaterOnes)
{
    auto* minus = find<QCheckBox>("patchMinusKept");
    EXPECT_FALSE(minus->isEnabled());
    patch();
    QTest::mouseClick(find<QPushButton>("patchKeep"), Qt::LeftButton);
    EXPECT_TRUE(minus->isEnabled());
    patch(QStringLiteral("The capital of the country containing Miami is"));
    EXPECT_TRUE(note().contains(QStringLiteral("Kept: Dallas | Oakland")));
    const double own = map()->map().at(3, 4); // "state" differs from "country" now
    minus->setChecked(true);
    const core::PatchResult kept = tests::samplePatchResult(calls<core::PatchRequest>()[0]);
    EXPECT_NEAR(map()->map().at(3, 4), own - static_cast<double>(kept.maps[0].exact[4]), 1e-6);
    EXPECT_NEAR(map()->map().at(3, 6), 0.0, 1e-6);
    EXPECT_TRUE(note().contains(
        QStringLiteral("Present (state Dallas | country Miami) minus kept (Dallas | Oakland)")))
        << qPrintable(note());
}

TEST_F(PatchPanelTest, SaysWhenTheResultIsOfOtherPrompts)
{
    patch();
    EXPECT_TRUE(note().isEmpty()) << qPrintable(note());
    find<QLineEdit>("patchCorrupt")->setText(QStringLiteral("another"));
    EXPECT_TRUE(note().contains(QStringLiteral("changed since"))) << qPrintable(note());
    EXPECT_EQ(find<ui::Notice>("patchNote")->kind(), ui::Notice::Kind::Warning);
    find<QLineEdit>("patchCorrupt")->setText(kCorruptPrompt);
    EXPECT_TRUE(note().isEmpty());
    find<QComboBox>("patchDirection")->setCurrentIndex(1);
    EXPECT_FALSE(note().isEmpty());
    session.openModel(QStringLiteral("other")); // nothing here belongs to it
    ASSERT_TRUE(await([this] { return !panel.hasResult(); }));
    EXPECT_TRUE(find<QPushButton>("patchExample")->isVisible());
}

TEST_F(PatchPanelTest, ASpaceBeforeATokenOfTheMetricIsPartOfIt)
{
    find<QLineEdit>("patchAnswer")->setText(QStringLiteral(" in"));
    patch();
    EXPECT_EQ(calls<core::PatchRequest>().back().answer, " in");
    EXPECT_TRUE(note().isEmpty()) << qPrintable(note());
    find<QLineEdit>("patchAnswer")->setText(QStringLiteral("in"));
    EXPECT_TRUE(note().contains(QStringLiteral("changed since"))) << qPrintable(note());
}

TEST_F(PatchPanelTest, StopsAndShowsErrorsInItsOwnBar)
{
    engine->hold();
    panel.setPrompts(kCleanPrompt, kCorruptPrompt);
    auto* run = find<QPushButton>("patchRun");
    QTest::mouseClick(run, Qt::LeftButton);
    EXPECT_TRUE(find<QWidget>("patchProgress")->isVisible());
    EXPECT_TRUE(run->text().contains(QStringLiteral("S&top")));
    QTest::mouseClick(run, Qt::LeftButton);
    ASSERT_FALSE(engine->cancelled.empty());
    EXPECT_EQ(engine->cancelled.back(), "patch");
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return !session.isBusy(ui::kTag<core::PatchRequest>); }));
    engine->script<core::PatchRequest>().failWith("The prompts have 8 and 9 tokens.");
    panel.run();
    auto* bar = panel.findChild<ui::MessageBar*>();
    ASSERT_TRUE(await([&] { return bar->isVisible(); }));
    EXPECT_TRUE(bar->text().contains(QStringLiteral("8 and 9 tokens")));
}

TEST_F(PatchPanelTest, ThePictureSaysWhatItShows)
{
    patch();
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("map.svg"));
    ASSERT_TRUE(panel.saveMap(path));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QString svg = QString::fromUtf8(file.readAll());
    for (const char* part : {"resid_pre, exact", "logit(Austin)", "Oakland"})
        EXPECT_TRUE(svg.contains(QString::fromUtf8(part))) << part;
}

TEST_F(PatchPanelTest, NothingIsCutInTheRoomOfTheCircuitPage)
{
    patch();
    settle();
    EXPECT_GE(find<QTabBar>("patchSites")->height(), panel.fontMetrics().height());
    engine->hold();
    panel.run(); // the progress must not widen it
    settle();
    EXPECT_LE(panel.minimumSizeHint().width(), 1200);
    EXPECT_LE(panel.minimumSizeHint().height(), 450);
    const QRect inside = panel.rect();
    for (const char* name : {"patchRun", "patchMethod", "patchSave", "patchShow", "patchSide"}) {
        const auto* widget = find<QWidget>(name);
        const QRect place(widget->mapTo(&panel, QPoint()), widget->size());
        EXPECT_TRUE(inside.contains(place)) << name;
        EXPECT_GE(widget->width(), widget->minimumSizeHint().width()) << name;
    }
}

TEST_F(PatchPanelTest, TheSetUpIsUndoneAndRedone)
{
    panel.setPrompts(kCleanPrompt, kCorruptPrompt);
    EXPECT_FALSE(session.undoStack()->canUndo()) << "filled in, not written";
    auto* direction = find<QComboBox>("patchDirection");
    auto* method = find<QComboBox>("patchMethod");
    auto* answer = find<QLineEdit>("patchAnswer");
    auto* site = panel.findChildren<QCheckBox*>(QRegularExpression(QStringLiteral("^patchSite_")))
                     .constFirst();
    direction->setCurrentIndex(1);
    method->setCurrentIndex(2);
    site->toggle();
    answer->setText(QStringLiteral(" Austin"));
    Q_EMIT answer->editingFinished();
    ASSERT_EQ(session.undoStack()->count(), 4);
    session.undoStack()->undo();
    EXPECT_EQ(answer->text(), QString());
    session.undoStack()->undo();
    EXPECT_TRUE(site->isChecked());
    session.undoStack()->undo();
    EXPECT_EQ(method->currentIndex(), 0);
    session.undoStack()->undo();
    EXPECT_EQ(direction->currentIndex(), 0);
    EXPECT_EQ(find<QLineEdit>("patchClean")->text(), kCleanPrompt);
    while (session.undoStack()->canRedo())
        session.undoStack()->redo();
    EXPECT_EQ(direction->currentIndex(), 1);
    EXPECT_EQ(method->currentIndex(), 2);
    EXPECT_FALSE(site->isChecked());
    EXPECT_EQ(answer->text(), QStringLiteral(" Austin"));
}

} // namespace
