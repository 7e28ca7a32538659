#include "core/api/graph_files.h"
#include "core/api/intervene.h"
#include "core/api/list_features.h"
#include "core/api/prune.h"
#include "core/api/set_label.h"
#include "core/api/swap.h"
#include "core/api/trace.h"
#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/circuit/circuit_page.h"
#include "ui/circuit/circuit_swap.h"
#include "ui/shared/message_bar.h"

#include <QAction>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QFile>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTableView>
#include <QTemporaryDir>

namespace {

using CircuitPageTest = tests::CircuitTest;

TEST_F(CircuitPageTest, EnterTracesThePromptWithTheThresholdsOfTheSliders)
{
    QSignalSpy shown(&document(), &ui::CircuitDocument::graphChanged);
    auto* prompt = find<QLineEdit>("circuitPrompt");
    prompt->setText(QStringLiteral("another prompt"));
    QTest::keyClick(prompt, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    ASSERT_EQ(calls<core::TraceRequest>().size(), 2u);
    EXPECT_EQ(calls<core::TraceRequest>()[1].prompt, "another prompt");
    EXPECT_DOUBLE_EQ(calls<core::TraceRequest>()[1].settings.nodeThreshold, 0.8);
    EXPECT_DOUBLE_EQ(calls<core::TraceRequest>()[1].settings.edgeThreshold, 0.98);
    const QString scores = find<QLabel>("circuitScores")->text();
    for (const char* text : {"0.625", "0.875", "25.0 %", "11 of 1,204 nodes", "11 of 41,318 edges"})
        EXPECT_TRUE(scores.contains(QString::fromUtf8(text)))
            << text << " in " << qPrintable(scores);
}

TEST_F(CircuitPageTest, ASliderPrunesTheSameGraphAndTheChosenNodeStaysChosen)
{
    document().choose(4); // Dallas
    QSignalSpy shown(&document(), &ui::CircuitDocument::graphChanged);
    auto* slider = find<QSlider>("nodeThreshold");
    slider->setValue(600);
    slider->setValue(400); // coalesced: only the last counts
    ASSERT_TRUE(await([&] { return shown.count() > 0 && document().graph()->nodes.size() == 10; }));
    EXPECT_EQ(calls<core::PruneRequest>().back().graph, 7u);
    EXPECT_DOUBLE_EQ(calls<core::PruneRequest>().back().nodeThreshold, 0.4);
    EXPECT_DOUBLE_EQ(calls<core::PruneRequest>().back().edgeThreshold, 0.98);
    EXPECT_EQ(document().chosen(), 3); // Dallas moved up by one
    EXPECT_EQ(find<QLabel>("nodeTitle")->text(), QStringLiteral("Dallas"));
}

TEST_F(CircuitPageTest, AGraphFromAFileCannotBePrunedAndSaysWhy)
{
    engine->script<core::LoadGraphRequest>().answer = [](const core::LoadGraphRequest&) {
        core::AttributionGraph graph = *tests::smallGraph();
        graph.id = 0;
        graph.model = "another-model";
        graph.note = "3 links point at nodes that are not in the file";
        return graph;
    };
    document().open(QStringLiteral("graph.json"));
    auto* slider = find<QSlider>("nodeThreshold");
    ASSERT_TRUE(await([&] { return !slider->isEnabled(); }));
    EXPECT_TRUE(slider->toolTip().contains(QStringLiteral("file")));
    slider->setValue(500);
    settle();
    EXPECT_TRUE(calls<core::PruneRequest>().empty());
    EXPECT_TRUE(
        find<QLabel>("circuitScores")->text().contains(QStringLiteral("3 links point at nodes")));
    document().choose(6);
    EXPECT_FALSE(find<QPushButton>("ablateButton")->isEnabled());
    EXPECT_TRUE(
        find<QPushButton>("ablateButton")->toolTip().contains(QStringLiteral("another-model")));
}

TEST_F(CircuitPageTest, ChoosingAFeatureNodeTellsTheWholeWindow)
{
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, canvas()->nodePosition(6).toPoint());
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(*selection.feature(), (core::FeatureRef{"transcoders/layer_1", core::FeatureId(14)}));
    EXPECT_EQ(selection.position().value, 2);
    EXPECT_EQ(find<QLabel>("nodeTitle")->text(), QStringLiteral("Texas"));
    const QString facts = find<QLabel>("nodeFacts")->text();
    for (const char* text :
        {"feature 14", "layer 1", "position 2 (·Dallas)", "activation 3.50", "influence 5.00 %"})
        EXPECT_TRUE(facts.contains(QString::fromUtf8(text))) << text << " in " << qPrintable(facts);
    auto* table = find<QTableView>("connections");
    ASSERT_EQ(table->model()->rowCount(), 4);
    table->setCurrentIndex(table->model()->index(1, 0)); // from Dallas
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Return);
    EXPECT_EQ(document().chosen(), 4);
    EXPECT_EQ(selection.feature()->feature.value, 12);
}

TEST_F(CircuitPageTest, PinsAreUndoneAndSurvivePruning)
{
    document().choose(4);
    QTest::keyClick(canvas(), Qt::Key_P);
    EXPECT_TRUE(node(4).isPinned);
    QTest::mouseClick(find<QPushButton>("pinButton"), Qt::LeftButton);
    EXPECT_FALSE(node(4).isPinned);
    session.undoStack()->undo();
    EXPECT_TRUE(node(4).isPinned);
    document().choose(3);
    QTest::keyClick(canvas(), Qt::Key_P); // will be pruned away
    find<QSlider>("nodeThreshold")->setValue(300);
    ASSERT_TRUE(await([&] { return document().graph()->nodes.size() == 10; }));
    EXPECT_TRUE(node(3).isPinned); // Dallas, one place up
    find<QSlider>("nodeThreshold")->setValue(900);
    ASSERT_TRUE(await([&] { return document().graph()->nodes.size() == 11; }));
    EXPECT_TRUE(node(3).isPinned); // came back with its pin
    session.undoStack()->undo();
    session.undoStack()->undo();
    session.undoStack()->undo();
    for (int i = 0; i < 11; ++i)
        EXPECT_FALSE(node(i).isPinned) << i;
}

TEST_F(CircuitPageTest, ANewSupernodeAsksForItsNameAndGSaysWhyItDoesNothing)
{
    document().setMarked({4});
    QTest::keyClick(canvas(), Qt::Key_G);
    EXPECT_TRUE(document().graph()->supernodes.empty());
    EXPECT_TRUE(error().contains(QStringLiteral("two or more marked nodes")))
        << error().toStdString();

    document().setMarked({4, 6});
    EXPECT_TRUE(find<QPushButton>("groupButton")->text().contains(QStringLiteral("2 marked")));
    QTest::keyClick(canvas(), Qt::Key_G);
    auto* list = find<QListWidget>("groupList");
    EXPECT_TRUE(list->isVisible()); // the panel came to the front
    auto* editor = list->findChild<QLineEdit*>();
    ASSERT_TRUE(editor);
    EXPECT_EQ(editor->text(), QStringLiteral("Texas"));
    editor->setText(QStringLiteral("where Dallas lies"));
    QTest::keyClick(editor, Qt::Key_Return);
    ASSERT_TRUE(
        await([&] { return document().graph()->supernodes[0].label == "where Dallas lies"; }));
}

TEST_F(CircuitPageTest, GroupsAreMadeRenamedDissolvedAndUndone)
{
    document().setMarked({4, 6});
    QTest::keyClick(canvas(), Qt::Key_G);
    ASSERT_EQ(document().graph()->supernodes.size(), 1u);
    EXPECT_EQ(document().graph()->supernodes[0].label,
        "Texas"); // the more influential one lends its name
    EXPECT_EQ(document().graph()->supernodes[0].nodes, (std::vector<std::int32_t>{4, 6}));
    auto* list = find<QListWidget>("groupList");
    ASSERT_EQ(list->count(), 1);
    list->item(0)->setText(QStringLiteral("Dallas is in Texas"));
    ASSERT_TRUE(
        await([&] { return document().graph()->supernodes[0].label == "Dallas is in Texas"; }));
    document().setMarked({6, 7}); // a node leaves its old group
    QTest::keyClick(canvas(), Qt::Key_G);
    ASSERT_EQ(document().graph()->supernodes.size(), 2u);
    EXPECT_EQ(document().graph()->supernodes[0].nodes, std::vector<std::int32_t>{4});
    session.undoStack()->undo();
    list->setCurrentRow(0);
    find<QPushButton>("ungroupButton")->click(); // on the tab that is not shown
    EXPECT_TRUE(document().graph()->supernodes.empty());
    session.undoStack()->undo();
    ASSERT_EQ(document().graph()->supernodes.size(), 1u);
    EXPECT_EQ(document().graph()->supernodes[0].label, "Dallas is in Texas");
    session.undoStack()->undo();
    EXPECT_EQ(document().graph()->supernodes[0].label, "Texas");
    session.undoStack()->undo();
    EXPECT_TRUE(document().graph()->supernodes.empty());
}

TEST_F(CircuitPageTest, AblatingAsksTheEngineAndShowsBeforeAndAfter)
{
    document().choose(6);
    QTest::mouseClick(find<QPushButton>("ablateButton"), Qt::LeftButton);
    auto* table = find<QTableView>("changeTable");
    ASSERT_TRUE(await([&] { return table->isVisible(); }));
    ASSERT_EQ(calls<core::InterveneRequest>().size(), 1u);
    const core::InterveneRequest& request = calls<core::InterveneRequest>()[0];
    EXPECT_EQ(request.prompt, "capital of Dallas");
    ASSERT_EQ(request.settings.size(), 1u);
    EXPECT_EQ(request.settings[0].at.layer.value, 1);
    EXPECT_EQ(request.settings[0].at.position.value, 2);
    EXPECT_EQ(request.settings[0].at.feature.value, 14);
    EXPECT_EQ(request.settings[0].value, 0.0);
    EXPECT_EQ(table->model()->index(0, 0).data().toString(), QStringLiteral("·Austin"));
    EXPECT_EQ(table->model()->index(0, 1).data().toString(), QStringLiteral("0.90"));
    EXPECT_EQ(table->model()->index(1, 2).data().toString(), QStringLiteral("0.80"));
    EXPECT_TRUE(find<QLabel>("changeTitle")->text().contains(QStringLiteral("Texas ablated")));
    find<QDoubleSpinBox>("nodeValue")->setValue(9.25);
    find<QPushButton>("setButton")->click();
    ASSERT_TRUE(await([&] { return calls<core::InterveneRequest>().size() == 2; }));
    EXPECT_EQ(calls<core::InterveneRequest>()[1].settings[0].value, 9.25);
    document().choose(4);
    EXPECT_FALSE(table->isVisible()); // another node's result would mislead
}

TEST_F(CircuitPageTest, ASwapIsSaidInASentenceOfRealNames)
{
    engine->script<core::SwapRequest>().answer = [](const core::SwapRequest& request) {
        core::SwapResult result;
        result.request = request;
        result.before = {{core::TokenId(1), " Austin", 0.98f}};
        result.after = {{core::TokenId(2), " Sacramento", 0.97f}};
        result.donor = {{core::TokenId(2), " Sacramento", 0.99f}};
        const auto row = [](int layer, int feature, const char* label) {
            core::FeatureRow made;
            made.feature = {"transcoders/layer_" + std::to_string(layer), core::FeatureId(feature)};
            made.layer = core::Layer(layer);
            if (*label)
                made.label = {label, {}, core::LabelSource::Person};
            return made;
        };
        result.removed = {row(1, 14, "Texas"), row(0, 12, "")};
        result.inserted = {row(1, 30, "California")};
        result.isSwapped = true;
        return result;
    };
    QSignalSpy shown(page.swap(), &ui::CircuitSwap::shown);
    auto* donor = find<QLineEdit>("donorText");
    donor->setText(QStringLiteral("capital of Oakland"));
    QTest::keyClick(donor, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return shown.count() == 1; }));
    EXPECT_EQ(calls<core::SwapRequest>()[0].prompt, "capital of Dallas");
    EXPECT_EQ(calls<core::SwapRequest>()[0].donor, "capital of Oakland");
    const QString sentence = find<QLabel>("swapSentence")->text();
    EXPECT_TRUE(
        sentence.contains(QStringLiteral("Off: Texas (2 features). On: California (1 feature). The "
                                         "answer: “·Austin” 0.98 → “·Sacramento” 0.97.")))
        << qPrintable(sentence);
    EXPECT_TRUE(sentence.contains(QStringLiteral("Swapped")));
    auto* features = find<QListWidget>("swapFeatures");
    ASSERT_EQ(features->count(), 3);
    EXPECT_TRUE(features->item(1)->text().contains(QStringLiteral("layer 0 / 12")));
    QTest::mouseClick(features->viewport(), Qt::LeftButton, {},
        features->visualItemRect(features->item(2)).center());
    ASSERT_TRUE(selection.feature());
    EXPECT_EQ(*selection.feature(), (core::FeatureRef{"transcoders/layer_1", core::FeatureId(30)}));
}

TEST(CircuitSwapTest, ASwapThatDidNotHappenIsNotClaimed)
{
    core::SwapResult result;
    result.before = result.after = {{core::TokenId(1), " Austin", 0.98f}};
    result.donor = {{core::TokenId(2), " Sacramento", 0.99f}};
    const QString sentence = ui::swapSentence(result);
    EXPECT_TRUE(sentence.contains(
        QStringLiteral("Not swapped: the donor's word would be “·Sacramento” 0.99")))
        << qPrintable(sentence);
    EXPECT_TRUE(sentence.contains(QStringLiteral("Off: 0 features. On: 0 features.")));
}

TEST_F(CircuitPageTest, ErrorsOfItsOwnTagsAreShownAndTheGraphStays)
{
    engine->script<core::TraceRequest>().failWith(
        "The model has no transcoders: add some on the Models page.");
    document().trace(QStringLiteral("x"));
    ASSERT_TRUE(await([&] { return !error().isEmpty(); }));
    EXPECT_TRUE(error().contains(QStringLiteral("no transcoders")));
    EXPECT_TRUE(page.hasGraph());
    engine->script<core::SwapRequest>().failWith("The donor has another number of tokens.");
    page.swap()->swap(QStringLiteral("y"));
    ASSERT_TRUE(await([&] { return error().contains(QStringLiteral("donor")); }));
    engine->script<core::FeatureQuery>().failWith("not of this page");
    session.ask(&page, core::FeatureQuery(), [](const auto&) {});
    settle();
    EXPECT_TRUE(error().contains(QStringLiteral("donor")));
    document().trace(QString());
    EXPECT_TRUE(error().contains(QStringLiteral("Write a prompt")));
}

TEST_F(CircuitPageTest, TheGraphIsSavedWithItsMarksAndExported)
{
    document().choose(6);
    QTest::keyClick(canvas(), Qt::Key_P);
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("circuit.svg"));
    ASSERT_TRUE(page.exportTo(path));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    EXPECT_TRUE(file.readAll().contains("Texas"));
    EXPECT_FALSE(page.exportTo(folder.filePath(QStringLiteral("circuit.txt"))));
    document().save(folder.filePath(QStringLiteral("graph.json")));
    ASSERT_TRUE(await([&] { return error().contains(QStringLiteral("Saved")); }));
}

TEST_F(CircuitPageTest, ALabelGivenAnywhereReachesTheGraph)
{
    document().choose(7);
    EXPECT_EQ(find<QLabel>("nodeTitle")->text(), QStringLiteral("L1 / 15"));
    auto* label = find<QLineEdit>("nodeLabel");
    ASSERT_TRUE(await([&] { return !label->isReadOnly(); })); // the row came
    label->setFocus();
    label->selectAll();
    QTest::keyClicks(label, QStringLiteral("say a city"));
    QTest::keyClick(label, Qt::Key_Return);
    ASSERT_TRUE(await([&] { return node(7).label == "say a city"; }));
    ASSERT_FALSE(calls<core::LabelEdit>().empty());
    EXPECT_EQ(calls<core::LabelEdit>().back().label.text, "say a city");
    EXPECT_EQ(find<QLabel>("nodeTitle")->text(), QStringLiteral("say a city"));
    EXPECT_TRUE(session.undoStack()->canUndo());
}

TEST(CircuitPageEmptyTest, AnEmptyPageInvitesAndTakesEveryKey)
{
    ui::Session session;
    ui::Selection selection;
    ui::CircuitPage page(&session, &selection, nullptr);
    page.show();
    EXPECT_FALSE(page.hasGraph());
    EXPECT_FALSE(page.findChild<QAction*>(QStringLiteral("savePicture"))->isEnabled());
    EXPECT_FALSE(page.exportTo(QStringLiteral("nowhere.png")));
    auto* canvas = page.findChild<ui::CircuitCanvas*>(QStringLiteral("circuitCanvas"));
    for (const Qt::Key key : {Qt::Key_P, Qt::Key_G, Qt::Key_Space, Qt::Key_Up, Qt::Key_Escape})
        QTest::keyClick(canvas, key);
    page.findChild<QSlider*>(QStringLiteral("nodeThreshold"))->setValue(200);
    QCoreApplication::processEvents();
    EXPECT_FALSE(page.grab().isNull());
}

} // namespace
