#include "tests/ui/support/small_graph.h"
#include "ui/circuit/canvas/circuit_accessible.h"
#include "ui/circuit/canvas/circuit_canvas.h"
#include "ui/style/text.h"

#include <QAccessible>
#include <QSignalSpy>
#include <QStringList>

#include <gtest/gtest.h>

namespace {

QAccessibleInterface* interfaceOf(ui::CircuitCanvas& canvas)
{
    return QAccessible::queryAccessibleInterface(&canvas);
}

QStringList namesOf(QAccessibleInterface* list)
{
    QStringList names;
    for (int i = 0; i < list->childCount(); ++i)
        names << list->child(i)->text(QAccessible::Name);
    return names;
}

class CircuitAccessibleTest : public ::testing::Test {
protected:
    CircuitAccessibleTest()
    {
        canvas.resize(800, 600);
        canvas.show();
        graph = tests::smallGraph();
        graph->nodes[6].isPinned = true;
        graph->supernodes = {{"the city", {4, 5}}};
        canvas.setGraph(graph);
    }
    ui::CircuitCanvas canvas;
    std::shared_ptr<core::AttributionGraph> graph;
};

TEST_F(CircuitAccessibleTest, NodesAreChildrenThatSayWhereTheyStand)
{
    QAccessibleInterface* list = interfaceOf(canvas);
    ASSERT_NE(list, nullptr);
    EXPECT_EQ(list->role(), QAccessible::List);
    EXPECT_EQ(list->childCount(), 11);
    const QStringList names = namesOf(list);
    for (const char* name : {"layer 1, position 2, feature 14, label Texas, pinned",
             "layer 0, position 2, feature 12, label Dallas, in supernode the city",
             "layer 1, position 0, feature 15", "layer 1, position 2, reconstruction error",
             "position 2, token ·Dallas", "output ·Austin 75.0 %"})
        EXPECT_TRUE(names.contains(QString::fromUtf8(name)))
            << name << "\n"
            << qPrintable(names.join(QLatin1Char('\n')));
    for (int i = 0; i < list->childCount(); ++i) {
        EXPECT_EQ(list->child(i)->parent(), list);
        EXPECT_EQ(list->indexOfChild(list->child(i)), i);
        EXPECT_TRUE(list->child(i)->state().focusable);
        EXPECT_TRUE(list->child(i)->rect().isValid());
    }
    EXPECT_TRUE(list->text(QAccessible::Name).contains(QStringLiteral("11 nodes")));
}

TEST_F(CircuitAccessibleTest, ChoosingANodeShowsInItsState)
{
    canvas.selectNode(6);
    QAccessibleInterface* list = interfaceOf(canvas);
    int selected = 0;
    for (int i = 0; i < list->childCount(); ++i)
        if (list->child(i)->state().selected) {
            ++selected;
            EXPECT_TRUE(list->child(i)->text(QAccessible::Name).contains(QStringLiteral("Texas")));
            EXPECT_TRUE(list->child(i)
                            ->text(QAccessible::Description)
                            .contains(QStringLiteral("Dallas (layer 0, position 2)")));
        }
    EXPECT_EQ(selected, 1);
}

TEST_F(CircuitAccessibleTest, PressingAChildChoosesItsNode)
{
    QSignalSpy chosen(&canvas, &ui::CircuitCanvas::nodeSelected);
    QAccessibleInterface* list = interfaceOf(canvas);
    const int index = static_cast<int>(
        namesOf(list).indexOf(QStringLiteral("layer 1, position 0, feature 15")));
    ASSERT_GE(index, 0);
    QAccessibleActionInterface* action = list->child(index)->actionInterface();
    ASSERT_NE(action, nullptr);
    action->doAction(QAccessibleActionInterface::pressAction());
    EXPECT_EQ(canvas.selectedNode(), 7);
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen[0][0].toInt(), 7);
}

TEST_F(CircuitAccessibleTest, FollowsTheGraphAndHiddenErrors)
{
    QAccessibleInterface* list = interfaceOf(canvas);
    EXPECT_EQ(list->childCount(), 11);
    canvas.setErrorsShown(false);
    EXPECT_EQ(list->childCount(), 10);
    canvas.setGraph(nullptr);
    EXPECT_EQ(list->childCount(), 0);
    EXPECT_EQ(list->child(0), nullptr);
}

TEST_F(CircuitAccessibleTest, ManyNodesAreBoundedAndItIsSaid)
{
    canvas.setGraph(tests::largeGraph(1200, 0));
    QAccessibleInterface* list = interfaceOf(canvas);
    EXPECT_EQ(list->childCount(), ui::kMostAccessibleNodes);
    const QString name = list->text(QAccessible::Name);
    EXPECT_TRUE(name.contains(ui::formatCount(500)) && name.contains(ui::formatCount(1200)))
        << qPrintable(name);
    canvas.selectNode(0); // what is chosen is always there
    const QStringList names = namesOf(list);
    EXPECT_TRUE(names.filter(QStringLiteral("a concept of some length 0")).size() >= 1);
}

} // namespace
