#include "core/api/intervene.h"
#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/circuit_interventions.h"
#include "ui/circuit/node_edit_list.h"
#include "ui/circuit/node_edit_model.h"

#include <map>
#include <tuple>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>

namespace {

using Place = std::tuple<int, int, int>; // layer, position, feature

class CircuitInterventionsTest : public tests::CircuitTest {
protected:
    void SetUp() override
    {
        CircuitTest::SetUp();
        page.showPanel(ui::CircuitPage::Panel::Interventions);
    }
    void click(const char* name) { QTest::mouseClick(find<QPushButton>(name), Qt::LeftButton); }
    std::map<Place, double> run()
    {
        const std::size_t before = calls<core::InterveneRequest>().size();
        click("runEdits");
        EXPECT_TRUE(await([&] { return calls<core::InterveneRequest>().size() > before; }));
        std::map<Place, double> settings;
        if (calls<core::InterveneRequest>().size() > before)
            for (const core::FeatureSetting& each : calls<core::InterveneRequest>().back().settings)
                settings[{each.at.layer.value, each.at.position.value, each.at.feature.value}]
                    = each.value;
        return settings;
    }
    QTableView* table() { return find<QTableView>("editTable"); }
    ui::NodeEditList* list() { return page.interventions()->list(); }
};

TEST_F(CircuitInterventionsTest, SeveralNodesAreChangedTogether)
{
    EXPECT_FALSE(find<QPushButton>("runEdits")->isEnabled()); // nothing to run
    EXPECT_FALSE(find<QPushButton>("addNode")->isEnabled());
    document().choose(9); // an output cannot be changed
    EXPECT_FALSE(find<QPushButton>("addNode")->isEnabled());
    document().choose(4);
    click("addNode");
    document().choose(6);
    click("addNode");
    ASSERT_EQ(table()->model()->rowCount(), 2);
    EXPECT_EQ(table()->currentIndex().row(), 1); // the new one is edited next
    find<QComboBox>("editMode")->setCurrentIndex(1); // scale
    find<QDoubleSpinBox>("editValue")->setValue(-2.0);
    // Activations are 3.5 in the small graph.
    EXPECT_EQ(run(), (std::map<Place, double>{{{0, 2, 12}, 0.0}, {{1, 2, 14}, -7.0}}));
    const core::InterveneRequest& request = calls<core::InterveneRequest>().back();
    EXPECT_EQ(request.prompt, "capital of Dallas");
    EXPECT_EQ(request.dictionaries,
        (std::vector<std::string>{"transcoders/layer_0", "transcoders/layer_1"}));
    EXPECT_TRUE(request.freezeAttention);
    EXPECT_FALSE(request.comparesAttention);
    EXPECT_EQ(request.constrainFirst, -1);
    auto* tokens = find<QTableView>("editTokens");
    ASSERT_TRUE(await([&] { return tokens->isVisible(); }));
    EXPECT_EQ(tokens->model()->index(0, 1).data().toString(), QStringLiteral("0.90"));
    EXPECT_FALSE(find<QTableView>("changeTable")->isVisibleTo(&page)); // not the node's own
}

TEST_F(CircuitInterventionsTest, ASupernodeIsOneRowAndItsTokensAreLeftOut)
{
    EXPECT_FALSE(find<QToolButton>("addGroup")->isEnabled());
    document().setMarked({2, 4, 5, 6});
    QTest::keyClick(canvas(), Qt::Key_G);
    ASSERT_TRUE(find<QToolButton>("addGroup")->isEnabled());
    auto* menu = find<QMenu>("groupMenu");
    Q_EMIT menu->aboutToShow();
    ASSERT_EQ(menu->actions().size(), 1);
    menu->actions().front()->trigger();
    ASSERT_EQ(table()->model()->rowCount(), 1);
    EXPECT_TRUE(table()->model()->index(0, 0).data().toString().contains(
        QStringLiteral("Texas (3 features)")));
    find<QComboBox>("editMode")->setCurrentIndex(2); // set
    find<QDoubleSpinBox>("editValue")->setValue(1.25);
    EXPECT_EQ(run(),
        (std::map<Place, double>{{{0, 2, 12}, 1.25}, {{0, 2, 13}, 1.25}, {{1, 2, 14}, 1.25}}));
}

TEST_F(CircuitInterventionsTest, BothKindsOfAttentionStandSideBySideWithTexts)
{
    engine->script<core::InterveneRequest>().answer = [](const core::InterveneRequest& request) {
        core::InterveneResult result;
        result.request = request;
        result.before = {{core::TokenId(1), " Austin", 0.9f}};
        result.after = {{core::TokenId(2), " Sacramento", 0.8f}};
        result.afterOther = {{core::TokenId(3), " Denver", 0.7f}};
        result.textBefore = " Austin.";
        result.textAfter = " Sacramento!";
        result.textAfterOther = " Denver?";
        return result;
    };
    document().choose(6);
    click("addNode");
    find<QComboBox>("attentionMode")->setCurrentIndex(2);
    find<QSpinBox>("holdLast")->setValue(1); // both ends or none
    EXPECT_EQ(find<QSpinBox>("holdFirst")->value(), 1);
    find<QSpinBox>("holdFirst")->setValue(0);
    find<QSpinBox>("generateTokens")->setValue(6);
    run();
    const core::InterveneRequest& request = calls<core::InterveneRequest>().back();
    EXPECT_TRUE(request.comparesAttention);
    EXPECT_EQ(request.constrainFirst, 0);
    EXPECT_EQ(request.constrainLast, 1);
    EXPECT_EQ(request.generate, 6);
    auto* tokens = find<QTableView>("editTokens");
    ASSERT_TRUE(await([&] { return tokens->isVisible(); }));
    ASSERT_EQ(tokens->model()->columnCount(), 4);
    EXPECT_EQ(tokens->model()->headerData(2, Qt::Horizontal).toString(), QStringLiteral("Frozen"));
    EXPECT_EQ(tokens->model()->headerData(3, Qt::Horizontal).toString(), QStringLiteral("Free"));
    const QString texts = find<QLabel>("editTexts")->text();
    EXPECT_TRUE(texts.contains(QStringLiteral("Free:  Denver?"))) << qPrintable(texts);
    click("copyEdits");
    const QString copied = QGuiApplication::clipboard()->text();
    for (const char* part : {"capital of Dallas", "Texas: ablate, position 2",
             "Attention frozen and free", "Layers 0 to 1 held", "Denver\t", "Sacramento!"})
        EXPECT_TRUE(copied.contains(QLatin1String(part))) << part << " in " << qPrintable(copied);
}

TEST_F(CircuitInterventionsTest, TheListIsUndoneStepByStep)
{
    document().choose(6);
    click("addNode");
    document().choose(4);
    click("addNode");
    find<QComboBox>("editMode")->setCurrentIndex(2);
    auto* value = find<QDoubleSpinBox>("editValue");
    const int steps = session.undoStack()->count();
    value->setValue(2.0);
    value->setValue(3.0);
    EXPECT_EQ(session.undoStack()->count(), steps + 1); // one field, one step
    EXPECT_EQ(list()->edits()[1].value, 3.0);
    session.undoStack()->undo();
    EXPECT_EQ(list()->edits()[1].value, 7.0); // twice the activation, to begin with
    table()->setFocus();
    QTest::keyClick(table(), Qt::Key_Delete);
    EXPECT_EQ(list()->edits().size(), 1u);
    click("clearEdits");
    EXPECT_TRUE(list()->edits().empty());
    session.undoStack()->undo();
    session.undoStack()->undo();
    ASSERT_EQ(list()->edits().size(), 2u);
    EXPECT_EQ(list()->edits()[0].name, "Texas");
    while (session.undoStack()->canUndo())
        session.undoStack()->undo();
    EXPECT_TRUE(list()->edits().empty());
}

TEST_F(CircuitInterventionsTest, TheListStaysWhileTheGraphIsPrunedAndGoesWithAnotherPrompt)
{
    document().choose(4);
    click("addNode");
    find<QComboBox>("editWhere")->setCurrentIndex(1);
    document().setThresholds(0.4, 0.98);
    ASSERT_TRUE(await([this] { return document().graph()->nodes.size() == 10; }));
    ASSERT_EQ(list()->edits().size(), 1u);
    EXPECT_TRUE(list()->edits()[0].isEverywhere);
    document().trace(QStringLiteral("another prompt"));
    ASSERT_TRUE(await([this] { return document().graph()->prompt == "another prompt"; }));
    EXPECT_TRUE(list()->edits().empty());
}

TEST_F(CircuitInterventionsTest, ARunningOneIsStopped)
{
    document().choose(4);
    click("addNode");
    engine->hold();
    click("runEdits");
    ASSERT_TRUE(await([this] { return engine->waiting() == 1; }));
    EXPECT_TRUE(find<QPushButton>("runEdits")->isEnabled());
    click("runEdits");
    ASSERT_FALSE(engine->cancelled.empty());
    EXPECT_EQ(engine->cancelled.back(), "intervene");
    engine->releaseAll();
}

TEST(NodeEditTest, WhereverItStandsScalesEachPlaceByItsOwnActivation)
{
    core::AttributionGraph graph = *tests::smallGraph();
    core::GraphNode again = graph.nodes[4]; // "Dallas" fires at another position too
    again.position = core::Position(0);
    again.activation = 10.0f;
    graph.nodes.push_back(again);
    ui::NodeEdit edit;
    edit.features.push_back({core::Layer(0), core::Position(2), core::FeatureId(12), 3.5f});
    edit.mode = ui::NodeEdit::Mode::Scale;
    edit.value = 3.0;
    EXPECT_EQ(ui::settingsOf({edit}, graph).size(), 1u);
    edit.isEverywhere = true;
    const auto settings = ui::settingsOf({edit}, graph);
    ASSERT_EQ(settings.size(), 2u);
    EXPECT_EQ(settings[0].at.position.value, 0);
    EXPECT_DOUBLE_EQ(settings[0].value, 30.0);
    EXPECT_DOUBLE_EQ(settings[1].value, 10.5);
    ui::NodeEdit later = edit; // of two for one place the later counts
    later.isEverywhere = false;
    later.mode = ui::NodeEdit::Mode::Ablate;
    const auto both = ui::settingsOf({edit, later}, graph);
    ASSERT_EQ(both.size(), 2u);
    EXPECT_DOUBLE_EQ(both[0].value, 30.0);
    EXPECT_DOUBLE_EQ(both[1].value, 0.0);
}

TEST(NodeEditTest, TheModelIsAModel)
{
    ui::NodeEditModel model;
    const QAbstractItemModelTester tester(
        &model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    std::vector<ui::NodeEdit> edits(1000);
    for (auto& edit : edits)
        edit.features.push_back({core::Layer(0), core::Position(1), core::FeatureId(2), 1.0f});
    model.setRows(edits);
    EXPECT_EQ(model.rowCount(), 1000);
    EXPECT_EQ(
        model.index(999, ui::NodeEditModel::Where).data().toString(), QStringLiteral("position 1"));
    model.setRows({});
    EXPECT_EQ(model.rowCount(), 0);
}

} // namespace
