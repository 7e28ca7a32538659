#include "core/api/graph_files.h"
#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/circuit_picture_dialog.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QImage>
#include <QPushButton>
#include <QStandardItemModel>
#include <QTemporaryDir>

namespace {

using What = ui::GraphExportOptions::What;

class CircuitFilesTest : public tests::CircuitTest {
protected:
    QAction* action(const char* name) { return find<QAction>(name); }
    QTemporaryDir folder;
};

TEST_F(CircuitFilesTest, WhatCanBeSavedFollowsTheGraph)
{
    for (const char* name : {"savePicture", "copyPicture", "saveGraph", "saveMatrix", "saveTable"})
        EXPECT_TRUE(action(name)->isEnabled()) << name;
    engine->script<core::LoadGraphRequest>().answer = [](const core::LoadGraphRequest&) {
        core::AttributionGraph graph = *tests::smallGraph();
        graph.id = 0;
        return graph;
    };
    document().open(QStringLiteral("graph.json"));
    ASSERT_TRUE(await([this] { return document().graph()->id == 0; }));
    EXPECT_FALSE(action("saveMatrix")->isEnabled()); // a file holds no matrix
    EXPECT_TRUE(action("saveTable")->isEnabled());
}

TEST_F(CircuitFilesTest, PicturesOfAPartAndOfTheSubgraphDifferInSize)
{
    EXPECT_FALSE(page.exportTo(folder.filePath(QStringLiteral("none.png")), What::Subgraph));
    document().togglePin(6);
    document().togglePin(9);
    const auto sizeOf = [&](What what, double scale) {
        const QString path = folder.filePath(QStringLiteral("picture.png"));
        EXPECT_TRUE(page.exportTo(path, what, scale));
        return QImage(path).size();
    };
    const QSize whole = sizeOf(What::Whole, 1.0);
    EXPECT_GT(whole.width(), 100);
    EXPECT_NEAR(sizeOf(What::Whole, 2.0).width(), 2 * whole.width(), 4);
    EXPECT_GT(sizeOf(What::Subgraph, 1.0).width(), 50);
    EXPECT_GT(sizeOf(What::Visible, 1.0).width(), 50);
}

TEST_F(CircuitFilesTest, ThePictureIsCopiedFromTheDialogAndByItsKeys)
{
    QGuiApplication::clipboard()->clear();
    action("copyPicture")->trigger();
    EXPECT_FALSE(QGuiApplication::clipboard()->image().isNull());
    EXPECT_TRUE(error().contains(QStringLiteral("clipboard")));
    QGuiApplication::clipboard()->clear();
    action("savePicture")->trigger();
    auto* dialog = page.findChild<ui::CircuitPictureDialog*>();
    ASSERT_TRUE(dialog);
    auto* items = qobject_cast<QStandardItemModel*>(
        dialog->findChild<QComboBox*>(QStringLiteral("pictureWhat"))->model());
    EXPECT_FALSE(items->item(2)->isEnabled()); // nothing is pinned
    auto* scale = dialog->findChild<QDoubleSpinBox*>(QStringLiteral("pictureScale"));
    auto* format = dialog->findChild<QComboBox*>(QStringLiteral("pictureFormat"));
    EXPECT_TRUE(scale->isEnabled());
    format->setCurrentIndex(1);
    EXPECT_EQ(dialog->suffix(), QStringLiteral("svg"));
    EXPECT_FALSE(scale->isEnabled()); // vectors have every size
    dialog->findChild<QPushButton*>(QStringLiteral("pictureCopy"))->click();
    EXPECT_FALSE(QGuiApplication::clipboard()->image().isNull());
}

TEST_F(CircuitFilesTest, MatrixAndNodeTableGoThroughTheEngine)
{
    document().saveMatrix(QStringLiteral("/tmp/circuit.safetensors"));
    ASSERT_TRUE(await([this] { return error().contains(QStringLiteral("circuit.safetensors")); }));
    document().saveNodeTable(QStringLiteral("/tmp/circuit.csv"));
    ASSERT_TRUE(await([this] { return error().contains(QStringLiteral("circuit.csv")); }));
}

} // namespace
