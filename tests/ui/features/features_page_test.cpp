#include "ui/features/features_page.h"

#include "core/api/add_dictionaries.h"
#include "core/api/feature_card.h"
#include "core/api/saved_lists.h"
#include "core/api/session.h"
#include "core/api/writing_relatives.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/compare_features.h"
#include "ui/features/example_list.h"
#include "ui/features/feature_card.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/logit_histogram_chart.h"
#include "ui/features/saved_lists.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QToolButton>

namespace {

class FeaturesPageTest : public tests::UiTest {
protected:
    void SetUp() override
    {
        tests::UiTest::SetUp();
        openSample();
        page = std::make_unique<ui::FeaturesPage>(&session, &selection);
        page->resize(900, 500);
        page->show();
        page->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(page.get()));
        table = page->findChild<QTableView*>(QStringLiteral("featureTable"));
        box = page->findChild<QLineEdit*>(QStringLiteral("conceptSearch"));
        ASSERT_TRUE(await([&] { return page->model()->rowCount() == 1000; }));
    }
    void TearDown() override
    {
        page.reset();
        tests::UiTest::TearDown();
    }
    int chosen() const { return selection.feature() ? selection.feature()->feature.value : -1; }
    bool isInView(int row) const
    {
        const QRect rect = table->visualRect(page->model()->index(row, 0));
        return table->viewport()->rect().contains(rect.center());
    }
    QAction* action(const QString& text)
    {
        Q_EMIT table->customContextMenuRequested(table->visualRect(table->currentIndex()).center());
        auto* menu = page->findChild<QMenu*>(QStringLiteral("featureMenu"));
        for (QAction* one : menu->actions())
            if (one->text().remove(QLatin1Char('&')).startsWith(text))
                return one;
        return nullptr;
    }
    void trigger(const QString& text)
    {
        QAction* one = action(text);
        ASSERT_NE(one, nullptr) << text.toStdString();
        one->trigger();
        page->findChild<QMenu*>(QStringLiteral("featureMenu"))->hide();
    }

    std::unique_ptr<ui::FeaturesPage> page;
    QTableView* table = nullptr;
    QLineEdit* box = nullptr;
};

TEST_F(FeaturesPageTest, ARestoredFilterWaitsForItsDictionary)
{
    core::SavedSession saved;
    saved.search = page->query();
    saved.search.dictionaries = {"saes/mine"};
    page->restore(saved);
    core::SavedSession again;
    page->save(again); // as it was, although it is not open yet
    EXPECT_EQ(again.search.dictionaries, std::vector<std::string>{"saes/mine"});
    engine->script<core::AddDictionariesRequest>().answer
        = [](const core::AddDictionariesRequest&) {
              core::EngineState state = tests::sampleState();
              state.dictionaries[0].name = "saes/mine";
              return state;
          };
    session.addDictionaries(QStringLiteral("/saes/mine"));
    ASSERT_TRUE(
        await([&] { return page->query().dictionaries == std::vector<std::string>{"saes/mine"}; }));
}

TEST_F(FeaturesPageTest, TheBestHitOfASearchIsChosenAndInView)
{
    page->chooseRow(900); // far down; the same feature is not among the hits
    ASSERT_TRUE(isInView(900));
    page->search(QStringLiteral("golden gate"));
    ASSERT_TRUE(await([&] { return page->model()->rowCount() == 12; }));
    EXPECT_EQ(chosen(), 0);
    EXPECT_TRUE(isInView(0));
    // One that is among the hits of the next search does not stay chosen either.
    page->chooseRow(7);
    page->search(QStringLiteral("bridge"));
    ASSERT_TRUE(await([&] { return chosen() == 0; }));
    EXPECT_TRUE(isInView(0));
}

TEST_F(FeaturesPageTest, EnterAndDownGoFromTheBoxToTheList)
{
    box->setFocus();
    QTest::keyClicks(box, QStringLiteral("golden"));
    QTest::keyClick(box, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return table->hasFocus(); })); // once the hits are there
    EXPECT_EQ(page->model()->rowCount(), 12);
    EXPECT_EQ(table->currentIndex().row(), 0);
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Down);
    ASSERT_TRUE(await([&] { return table->hasFocus(); }));
    QTest::keyClick(table, Qt::Key_Down);
    EXPECT_EQ(chosen(), 1);
}

TEST_F(FeaturesPageTest, WhatMatchedIsInViewAndHitsAreSortedByTheEngine)
{
    page->search(QStringLiteral("golden gate"));
    ASSERT_TRUE(await([&] { return page->model()->rowCount() == 12; }));
    QHeaderView* header = table->horizontalHeader();
    ASSERT_FALSE(table->isColumnHidden(ui::FeatureTableModel::Why));
    const int why = header->sectionViewportPosition(ui::FeatureTableModel::Why);
    EXPECT_GE(why, 0);
    EXPECT_LE(why + header->sectionSize(ui::FeatureTableModel::Why), table->viewport()->width());
    auto& calls = engine->script<core::FeatureQuery>().calls;
    EXPECT_EQ(calls.back().sort, core::FeatureSort::Match);
    header->setSortIndicator(ui::FeatureTableModel::Density, Qt::AscendingOrder);
    ASSERT_TRUE(await([&] { return calls.back().sort == core::FeatureSort::Density; }));
    EXPECT_EQ(calls.back().text, "golden gate");
    EXPECT_FALSE(calls.back().isDescending);
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    page->search(QStringLiteral("fog")); // another search begins with its best match
    EXPECT_EQ(calls.back().sort, core::FeatureSort::Match);
    page->search({});
    EXPECT_EQ(calls.back().sort, core::FeatureSort::MaxActivation);
}

TEST_F(FeaturesPageTest, WhatFiresEverywhereIsHiddenAndCounted)
{
    auto* count = page->findChild<QLabel*>(QStringLiteral("featureCount"));
    auto* hide = page->findChild<QCheckBox*>(QStringLiteral("hideEverywhere"));
    EXPECT_FALSE(page->query().hideEverywhere);
    EXPECT_FALSE(count->text().contains(QStringLiteral("hidden")));
    hide->click();
    auto& calls = engine->script<core::FeatureQuery>().calls;
    ASSERT_TRUE(await([&] { return calls.back().hideEverywhere && !session.isBusy(); }));
    EXPECT_TRUE(count->text().contains(QStringLiteral("9 hidden that fire everywhere")))
        << count->text().toStdString();
    core::SavedSession saved;
    page->save(saved);
    hide->setChecked(false);
    page->restore(saved);
    EXPECT_TRUE(hide->isChecked());
}

TEST_F(FeaturesPageTest, WhereNothingMatchesItSaysWhatWasLookedForAndWhatToDo)
{
    engine->script<core::FeatureQuery>().answer = [](const core::FeatureQuery& query) {
        core::FeatureList list;
        list.query = query;
        list.hiddenEverywhere = query.hideEverywhere ? 3 : 0;
        list.note = "Harvest again to search by meaning.";
        return list;
    };
    const auto says = [&](const QString& text) {
        for (const QLabel* label : page->findChildren<QLabel*>())
            if (label->isVisible() && label->text().contains(text))
                return true;
        return false;
    };
    page->search(QStringLiteral("zeppelin"));
    ASSERT_TRUE(await([&] { return says(QStringLiteral("No feature matches “zeppelin”")); }));
    EXPECT_TRUE(says(QStringLiteral("Harvest again")));
    page->findChild<QCheckBox*>(QStringLiteral("hideEverywhere"))->click();
    ASSERT_TRUE(await([&] { return says(QStringLiteral("All 3 features found")); }));
}

TEST_F(FeaturesPageTest, WhatWritesIsSortedAndFilteredByTheEngine)
{
    auto& calls = engine->script<core::FeatureQuery>().calls;
    table->horizontalHeader()->setSortIndicator(ui::FeatureTableModel::Writes, Qt::DescendingOrder);
    ASSERT_TRUE(await([&] { return calls.back().sort == core::FeatureSort::OutputScore; }));
    EXPECT_TRUE(calls.back().isDescending);
    EXPECT_EQ(calls.back().minOutputScore, 0.0);
    auto* least = page->findChild<QDoubleSpinBox*>(QStringLiteral("minOutputScore"));
    EXPECT_EQ(least->text(), QStringLiteral("any"));
    least->setFocus();
    QTest::keyClick(least, Qt::Key_Up);
    ASSERT_TRUE(await([&] { return calls.back().minOutputScore > 0; }));
    EXPECT_NEAR(calls.back().minOutputScore, 0.01, 1e-9);
    core::SavedSession saved;
    page->save(saved);
    least->setValue(0.0);
    page->restore(saved);
    EXPECT_NEAR(page->query().minOutputScore, 0.01, 1e-9);
    EXPECT_EQ(page->query().sort, core::FeatureSort::OutputScore);
}

TEST_F(FeaturesPageTest, TheCardOfAFeatureThatOnlyReadsOffersRelativesThatWrite)
{
    ui::FeatureCard card(&session, &selection);
    card.resize(600, 700);
    card.show();
    auto* sentence = card.findChild<QLabel*>(QStringLiteral("onlyReads"));
    auto* offer = card.findChild<QPushButton*>(QStringLiteral("relativesThatWrite"));
    auto* menu = card.findChild<QMenu*>(QStringLiteral("relativesMenu"));
    const auto show = [&](int feature) {
        selection.setFeature({"saes/layer_2", core::FeatureId(feature)});
        return await([&] {
            return card.card() && card.card()->row.feature.feature == core::FeatureId(feature);
        });
    };
    auto* badge = card.findChild<QLabel*>(QStringLiteral("outputBadge"));
    ASSERT_TRUE(show(0));
    EXPECT_FALSE(offer->isVisible());
    EXPECT_EQ(badge->text(), QStringLiteral("writes"));
    EXPECT_TRUE(card.toText().contains(QStringLiteral("output score 0.51")));
    ASSERT_TRUE(show(2)); // unknown: nothing is claimed
    EXPECT_FALSE(offer->isVisible());
    EXPECT_FALSE(badge->isVisible());
    ASSERT_TRUE(show(1));
    EXPECT_TRUE(offer->isVisible());
    EXPECT_TRUE(badge->isVisible());
    EXPECT_EQ(badge->text(), QStringLiteral("reads"));
    EXPECT_TRUE(badge->toolTip().contains(QStringLiteral("0 to 1")));
    EXPECT_TRUE(sentence->text().contains(QStringLiteral("0.004")));

    core::WritingRelatives found{{"saes/layer_2", core::FeatureId(1)},
        {{tests::sampleRow({"saes/layer_1", core::FeatureId(30)}), 0.75f}}};
    auto& script = engine->script<core::WritingRelativesRequest>();
    script.answer = [&](const core::WritingRelativesRequest&) { return found; };
    core::FeatureRef steered;
    QObject::connect(&card, &ui::FeatureCard::steerRequested,
        [&](const core::FeatureRef& feature) { steered = feature; });
    QTest::mouseClick(offer, Qt::LeftButton);
    ASSERT_TRUE(await([&] { return menu->actions().size() == 1; }));
    EXPECT_EQ(script.calls.back().feature, (core::FeatureRef{"saes/layer_2", core::FeatureId(1)}));
    EXPECT_TRUE(menu->actions().front()->text().contains(QStringLiteral("cosine 0.75")));
    menu->actions().front()->trigger();
    EXPECT_EQ(steered, (core::FeatureRef{"saes/layer_1", core::FeatureId(30)}));
    menu->hide();

    found.relatives.clear();
    QTest::mouseClick(offer, Qt::LeftButton);
    ASSERT_TRUE(await([&] { return !menu->actions().front()->isEnabled(); }));
    menu->hide();
}

TEST_F(FeaturesPageTest, StepsFollowTheListAndTheWayBackWhatWasChosen)
{
    ui::FeatureCard card(&session, &selection);
    QObject::connect(&card, &ui::FeatureCard::stepRequested, page.get(), &ui::FeaturesPage::step);
    const auto press
        = [&](const char* name) { card.findChild<QToolButton*>(QLatin1String(name))->click(); };
    page->chooseRow(5);
    press("nextFeature");
    press("nextFeature");
    EXPECT_EQ(chosen(), 7);
    press("previousFeature");
    EXPECT_EQ(chosen(), 6);
    EXPECT_FALSE(selection.canGoForward());
    press("goBack");
    EXPECT_EQ(chosen(), 7);
    press("goBack");
    EXPECT_EQ(chosen(), 6);
    EXPECT_EQ(table->currentIndex().row(), 6); // pages follow
    press("goForward");
    EXPECT_EQ(chosen(), 7);
    press("goBack");
    page->chooseRow(100); // another way: what lay forward is gone
    EXPECT_FALSE(selection.canGoForward());
    press("goBack");
    press("goBack");
    EXPECT_EQ(chosen(), 5);
    EXPECT_FALSE(selection.canGoBack());
    EXPECT_FALSE(card.findChild<QToolButton*>(QStringLiteral("goBack"))->isEnabled());
    page->chooseRow(0);
    page->step(-1);
    EXPECT_EQ(chosen(), 0);
}

TEST_F(FeaturesPageTest, TheMenuOfARowSteersCopiesAndOpensTheCard)
{
    page->chooseRow(3);
    ASSERT_TRUE(await([&] { return page->model()->rowAt(3) != nullptr; }));
    QSignalSpy steered(page.get(), &ui::FeaturesPage::steerRequested);
    QSignalSpy card(page.get(), &ui::FeaturesPage::cardRequested);
    trigger(QStringLiteral("Steer"));
    ASSERT_EQ(steered.count(), 1);
    EXPECT_EQ(steered.at(0).at(0).value<core::FeatureRef>().feature.value, 3);
    trigger(QStringLiteral("Open card"));
    EXPECT_EQ(card.count(), 1);
    trigger(QStringLiteral("Copy index"));
    EXPECT_EQ(QGuiApplication::clipboard()->text(), QStringLiteral("3"));
    trigger(QStringLiteral("Copy name"));
    EXPECT_EQ(QGuiApplication::clipboard()->text(), QStringLiteral("saes/layer_2:3"));
    trigger(QStringLiteral("Copy rows"));
    EXPECT_TRUE(QGuiApplication::clipboard()->text().contains(QStringLiteral("saes/layer_2\t3\t")));
    EXPECT_FALSE(action(QStringLiteral("Compare"))->isEnabled()); // one row alone
}

TEST_F(FeaturesPageTest, BookmarksAreKeptInTheWorkspaceUndoneAndShownAsAList)
{
    auto& edits = engine->script<core::SavedListEdit>().calls;
    page->chooseRow(3);
    ASSERT_TRUE(await([&] { return page->model()->rowAt(3) != nullptr; }));
    trigger(QStringLiteral("Add bookmark"));
    ASSERT_TRUE(await([&] { return edits.size() == 1; }));
    EXPECT_EQ(edits[0].name, "");
    ASSERT_TRUE(edits[0].after);
    EXPECT_EQ(edits[0].after->name, "Bookmarks");
    EXPECT_EQ(edits[0].after->features,
        (std::vector<core::FeatureRef>{{"saes/layer_2", core::FeatureId(3)}}));
    auto* filter = page->findChild<QComboBox*>(QStringLiteral("listFilter"));
    ASSERT_EQ(filter->count(), 2);
    filter->setCurrentIndex(1);
    Q_EMIT filter->activated(1);
    EXPECT_EQ(engine->script<core::FeatureQuery>().calls.back().list, "Bookmarks");
    table->setFocus();
    page->chooseRow(4);
    page->lists()->add(QStringLiteral("Bookmarks"), {{"saes/layer_2", core::FeatureId(4)}});
    ASSERT_TRUE(await([&] { return edits.size() == 2; }));
    EXPECT_EQ(edits[1].name, "Bookmarks");
    EXPECT_EQ(edits[1].after->features.size(), 2u);
    session.undoStack()->undo();
    session.undoStack()->undo();
    ASSERT_TRUE(await([&] { return edits.size() == 4; }));
    EXPECT_EQ(edits[3].name, "Bookmarks");
    EXPECT_FALSE(edits[3].after);
    EXPECT_EQ(filter->count(), 1);
    session.undoStack()->redo();
    EXPECT_TRUE(
        page->lists()->holds(QStringLiteral("Bookmarks"), {"saes/layer_2", core::FeatureId(3)}));
}

TEST_F(FeaturesPageTest, TwoRowsAreComparedSideBySide)
{
    table->setFocus();
    page->chooseRow(10);
    table->selectionModel()->select(
        page->model()->index(20, 0), QItemSelectionModel::Select | QItemSelectionModel::Rows);
    ASSERT_TRUE(await([&] { return page->model()->rowAt(10) != nullptr; }));
    trigger(QStringLiteral("Compare"));
    auto* dialog = page->findChild<ui::CompareFeatures*>();
    ASSERT_NE(dialog, nullptr);
    auto* cosine = dialog->findChild<QLabel*>(QStringLiteral("likeness"));
    ASSERT_TRUE(await([&] { return cosine->text().contains(QStringLiteral("Where they fire")); }));
    EXPECT_TRUE(cosine->text().contains(QStringLiteral("What they write: cosine 0.8")))
        << cosine->text().toStdString();
    EXPECT_TRUE(cosine->text().contains(QStringLiteral("What they read: cosine 0.31")))
        << cosine->text().toStdString();
    // Examples, activations and logits of both.
    EXPECT_EQ(dialog->findChildren<ui::LogitHistogramChart*>().size(), 2);
    for (const ui::ExampleList* examples : dialog->findChildren<ui::ExampleList*>())
        EXPECT_GT(examples->exampleCount(), 0);
    const QString text = dialog->toText();
    EXPECT_TRUE(text.contains(QStringLiteral("SAE layer_2 / 10\tSAE layer_2 / 20")))
        << text.toStdString();
    dialog->reject();
}

} // namespace
