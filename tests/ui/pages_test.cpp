#include "core/api/analyze.h"
#include "core/api/architecture.h"
#include "core/api/list_features.h"
#include "core/api/set_label.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/feature_card.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"
#include "ui/features/label_editor.h"
#include "ui/prompt/architecture_diagram.h"
#include "ui/prompt/heat_map.h"
#include "ui/prompt/prompt_page.h"
#include "ui/shared/message_bar.h"
#include "ui/shared/token_strip.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>

namespace {

class PagesTest : public tests::UiTest {
protected:
    void SetUp() override { openSample(); }
    const core::FeatureRef golden{"saes/layer_2", core::FeatureId(10)};
};

TEST_F(PagesTest, PromptIsAnalysedShownAndFollowed)
{
    ui::PromptPage page(&session, &selection);
    page.resize(1000, 700);
    page.show();
    QTest::keyClicks(
        find<QPlainTextEdit>(page, "promptText"), QStringLiteral("The fog over the bridge"));
    QTest::mouseClick(find<QPushButton>(page, "analyzeButton"), Qt::LeftButton);
    ASSERT_TRUE(await([&] { return page.analysis() != nullptr; }));
    EXPECT_EQ(page.analysis()->request.text, "The fog over the bridge");
    EXPECT_EQ(selection.position().value, 4); // the last token
    auto* map = find<ui::HeatMap>(page, "heatMap");
    EXPECT_EQ(map->columnCount(), 5);
    ASSERT_GT(map->rowCount(), 1);
    QTest::mouseClick(map->viewport(), Qt::LeftButton, {}, map->cellRect(1, 2).center());
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(selection.position().value, 2);
    auto* strip = find<ui::TokenStrip>(page, "promptStrip");
    EXPECT_EQ(strip->current(), 2);
    EXPECT_GT(strip->tokens()[2].value, 0.0); // feature 1 fires on every third token
    EXPECT_EQ(strip->tokens()[0].value, 0.0);
    auto* next = find<QTableView>(page, "nextTokens");
    EXPECT_EQ(next->model()->index(0, 0).data().toString(), QStringLiteral("·Austin"));
}

TEST_F(PagesTest, TheDiagramIsAskedForOnlyWhileItIsSeenAndFollowsTheToken)
{
    ui::PromptPage page(&session, &selection);
    page.setPrompt(QStringLiteral("The fog over the bridge"));
    ASSERT_TRUE(await([&] { return page.analysis() != nullptr; }));
    EXPECT_TRUE(engine->script<core::ArchitectureRequest>().calls.empty());
    page.showArchitecture(true);
    auto* diagram = find<ui::ArchitectureDiagram>(page, "architecture");
    ASSERT_TRUE(
        await([&] { return diagram->shownFeatures() > 0 || !diagram->toTable().isEmpty(); }));
    selection.setPosition(core::Position(1));
    ASSERT_TRUE(
        await([&] { return engine->script<core::ArchitectureRequest>().calls.size() == 2; }));
    EXPECT_EQ(engine->script<core::ArchitectureRequest>().calls[0].position.value, 4);
    EXPECT_EQ(engine->script<core::ArchitectureRequest>().calls[1].position.value, 1);
    EXPECT_EQ(
        engine->script<core::ArchitectureRequest>().calls[1].dictionary, page.dictionaryName());
    EXPECT_EQ(engine->script<core::ArchitectureRequest>().calls[1].text, "The fog over the bridge");
}

TEST_F(PagesTest, AnErrorIsShownInTheBarOfItsPageAndGoesWithTheNextSuccess)
{
    ui::PromptPage page(&session, &selection);
    ui::FeaturesPage features(&session, &selection);
    page.show();
    auto* bar = page.findChild<ui::MessageBar*>();
    const auto working = engine->script<core::AnalyzeRequest>().answer;
    engine->script<core::AnalyzeRequest>().failWith(
        "The prompt has 300 tokens, the model's context 256. Shorten it.");
    page.setPrompt(QStringLiteral("too long"));
    ASSERT_TRUE(await([&] { return bar->isVisible(); }));
    EXPECT_EQ(bar->text(),
        QStringLiteral("The prompt has 300 tokens, the model's context 256. Shorten it."));
    EXPECT_EQ(bar->kind(), ui::MessageBar::Kind::Error);
    EXPECT_TRUE(features.findChild<ui::MessageBar*>()->text().isEmpty()); // not its request
    engine->script<core::AnalyzeRequest>().answer = working;
    page.setPrompt(QStringLiteral("short"));
    ASSERT_TRUE(await([&] { return !bar->isVisible(); }));
}

TEST_F(PagesTest, FeaturesAreFilteredSearchedAndChosen)
{
    ui::FeaturesPage page(&session, &selection);
    page.resize(1000, 600);
    page.show();
    page.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&page));
    ASSERT_TRUE(await([&] { return page.model()->rowCount() == 1000; }));
    find<QLineEdit>(page, "conceptSearch")->setFocus();
    QTest::keyClicks(find<QLineEdit>(page, "conceptSearch"), QStringLiteral("golden gate"));
    QTest::keyClick(find<QLineEdit>(page, "conceptSearch"), Qt::Key_Return);
    ASSERT_TRUE(await([&] { return page.model()->rowCount() == 12; }));
    EXPECT_EQ(engine->script<core::FeatureQuery>().calls.back().text, "golden gate");
    auto* table = find<QTableView>(page, "featureTable");
    EXPECT_FALSE(table->isColumnHidden(ui::FeatureTableModel::Why));
    EXPECT_TRUE(find<QLabel>(page, "featureCount")
                    ->text()
                    .contains(QStringLiteral("57"))); // what is hidden is said
    table->setFocus();
    page.chooseRow(0);
    QTest::keyClick(table, Qt::Key_Down);
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(selection.feature()->feature.value, 1);
    ASSERT_TRUE(await([&] { return page.model()->rowAt(1) != nullptr; }));
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QGuiApplication::clipboard()->text().contains(QStringLiteral("saes/layer_2\t1\t")));
}

TEST_F(PagesTest, SortingByAHeaderAsksTheEngine)
{
    ui::FeaturesPage page(&session, &selection);
    page.show();
    ASSERT_TRUE(await([&] { return page.model()->rowCount() == 1000; }));
    find<QTableView>(page, "featureTable")
        ->sortByColumn(ui::FeatureTableModel::Density, Qt::AscendingOrder);
    EXPECT_EQ(engine->script<core::FeatureQuery>().calls.back().sort, core::FeatureSort::Density);
    EXPECT_FALSE(engine->script<core::FeatureQuery>().calls.back().isDescending);
}

TEST_F(PagesTest, TheCardFollowsTheSelectionAndDropsOldAnswers)
{
    ui::FeatureCard card(&session, &selection);
    card.show();
    engine->hold();
    selection.setFeature(golden);
    selection.setFeature({"saes/layer_2", core::FeatureId(11)});
    engine->release(1);
    engine->release(0);
    ASSERT_TRUE(await([&] { return card.card() != nullptr; }));
    engine->releaseAll(); // what a shown card asks for by itself
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(card.card()->row.feature.feature.value, 11);
    EXPECT_TRUE(card.toText().contains(QStringLiteral("Golden Gate Bridge")));
    QSignalSpy steered(&card, &ui::FeatureCard::steerRequested);
    QTest::mouseClick(find<QPushButton>(card, "steerButton"), Qt::LeftButton);
    ASSERT_EQ(steered.count(), 1);
    EXPECT_EQ(steered.at(0).at(0).value<core::FeatureRef>().feature.value, 11);
}

TEST_F(PagesTest, LabelsCanBeUndoneInOneStepPerStretchOfTyping)
{
    ui::FeatureCard card(&session, &selection);
    card.show();
    selection.setFeature({"saes/layer_2", core::FeatureId(2)}); // a suggestion
    ASSERT_TRUE(await([&] { return card.card() != nullptr; }));
    EXPECT_TRUE(find<QLabel>(card, "labelBadge")->isVisible());
    auto* text = find<QLineEdit>(card, "labelText");
    auto* editor = card.findChild<ui::LabelEditor*>();
    text->selectAll();
    QTest::keyClicks(text, QStringLiteral("brid"));
    editor->commit(); // as the pause after typing does
    QTest::keyClicks(text, QStringLiteral("ge"));
    editor->commit();
    ASSERT_TRUE(await([&] { return card.card()->row.label.text == "bridge"; }));
    EXPECT_FALSE(find<QLabel>(card, "labelBadge")->isVisible());
    EXPECT_EQ(session.undoStack()->count(), 1);
    session.undoStack()->undo();
    ASSERT_TRUE(
        await([&] { return card.card()->row.label.source == core::LabelSource::Suggested; }));
    EXPECT_TRUE(engine->script<core::LabelEdit>()
                    .calls.back()
                    .label.text.empty()); // the suggestion shows again, it is not taken over
    EXPECT_EQ(text->text(), QString::fromStdString(card.card()->row.label.text));
    session.undoStack()->redo();
    ASSERT_TRUE(await([&] { return card.card()->row.label.text == "bridge"; }));
    EXPECT_EQ(text->text(), QStringLiteral("bridge"));
}

TEST_F(PagesTest, WhatIsTypedBelongsToTheFeatureThatWasShown)
{
    ui::FeatureCard card(&session, &selection);
    card.show();
    selection.setFeature({"saes/layer_2", core::FeatureId(1)});
    ASSERT_TRUE(await([&] { return card.card() != nullptr; }));
    QTest::keyClicks(find<QLineEdit>(card, "labelText"), QStringLiteral("mine"));
    selection.setFeature({"saes/layer_2", core::FeatureId(3)}); // before the pause
    ASSERT_TRUE(await([&] { return card.card()->row.feature.feature.value == 3; }));
    ASSERT_EQ(engine->script<core::LabelEdit>().calls.size(), 1u);
    EXPECT_EQ(engine->script<core::LabelEdit>().calls[0].feature.feature.value, 1);
    EXPECT_EQ(engine->script<core::LabelEdit>().calls[0].label.text, "mine");
    EXPECT_TRUE(find<QLineEdit>(card, "labelText")->text().isEmpty());
}

TEST_F(PagesTest, OwnTextShowsWhereTheFeatureFires)
{
    ui::FeatureCard card(&session, &selection);
    card.show();
    selection.setFeature({"saes/layer_2", core::FeatureId(1)});
    ASSERT_TRUE(await([&] { return card.card() != nullptr; }));
    QTest::keyClicks(find<QLineEdit>(card, "trialText"), QStringLiteral("one two three four"));
    QTest::keyClick(find<QLineEdit>(card, "trialText"), Qt::Key_Return);
    auto* strip = find<ui::TokenStrip>(card, "trialStrip");
    ASSERT_TRUE(await([&] { return strip->isVisible(); }));
    ASSERT_EQ(strip->tokens().size(), 4u);
    EXPECT_GT(strip->tokens()[2].value, 0.0);
    EXPECT_EQ(strip->tokens()[3].value, 0.0);
}

TEST_F(PagesTest, OwnTextDoesNotDisturbTheAnalysisOfThePrompt)
{
    ui::PromptPage page(&session, &selection);
    ui::FeatureCard card(&session, &selection);
    card.show();
    selection.setFeature({"saes/layer_2", core::FeatureId(3)});
    ASSERT_TRUE(await([&] { return card.card() && !session.isBusy(); }));
    const auto& analyzed = engine->script<core::AnalyzeRequest>();
    engine->hold();
    page.setPrompt(QStringLiteral("the prompt"));
    QTest::keyClicks(find<QLineEdit>(card, "trialText"), QStringLiteral("own text"));
    QTest::keyClick(find<QLineEdit>(card, "trialText"), Qt::Key_Return);
    ASSERT_EQ(analyzed.calls.size(), 2u);
    EXPECT_EQ(analyzed.calls[1].text, "own text");
    EXPECT_EQ(analyzed.calls[1].dictionaries, std::vector<std::string>{"saes/layer_2"});
    EXPECT_NE(analyzed.tags[0], analyzed.tags[1]); // the engine would stop the one with its tag
    engine->release(1);
    ASSERT_TRUE(await([&] { return find<ui::TokenStrip>(card, "trialStrip")->isVisible(); }));
    EXPECT_EQ(page.analysis(), nullptr);
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return page.analysis() != nullptr; }));
    EXPECT_EQ(page.analysis()->request.text, "the prompt");
}

} // namespace
