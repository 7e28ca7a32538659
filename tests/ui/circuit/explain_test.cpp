// The explanation on the Circuit page: boxes, sentences, one step to undo, pictures.
#include "core/api/explain.h"
#include "tests/ui/support/circuit_test.h"
#include "ui/circuit/canvas/graph_export.h"
#include "ui/circuit/canvas/subgraph_view.h"
#include "ui/circuit/circuit_picture_dialog.h"
#include "ui/style/theme.h"

#include <QCheckBox>
#include <QFile>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>

namespace {

using View = ui::CircuitPage::View;

core::NodeKey nodeKey(const core::GraphNode& node)
{
    return {node.kind, node.layer, node.position, node.feature, node.token, node.minusToken, {}};
}

/// Dallas > "Texan" (Dallas and cities) > Texas > Austin, the second arrow not borne out.
core::Explanation explanationOf(const core::ExplainRequest& request)
{
    const auto& nodes = request.graph->nodes;
    const auto key = [&](std::size_t node) { return nodeKey(nodes[node]); };
    core::Explanation made;
    made.request = request;
    made.boxes = {{"Dallas", {key(2)}, core::NodeKind::Token, 0.5, 0},
        {"Texan", {key(4), key(5)}, core::NodeKind::Feature, 0.5, 7},
        {"Texas", {key(6)}, core::NodeKind::Feature, 0.6, 3.5},
        {"Austin", {key(9)}, core::NodeKind::Logit, 1, 20}};
    made.story.title = "Why Austin? (75 %)";
    made.story.answer = "Austin";
    made.story.summary = "1 word and 2 boxes carry 50 % of the influence on Austin.";
    made.story.lines
        = {{key(2), key(4), "Dallas", "Texan",
               "{from} raises {to} by 3.0; without it {answer} falls to 0.12.", 3, true},
            {key(4), key(6), "Texan", "Texas", "{from} does nothing to {to}.", 3.5, false},
            {key(6), key(9), "Texas", "Austin", "{from} raises {to} by 4.0.", 4, true}};
    return made;
}

class ExplainPageTest : public tests::CircuitTest {
protected:
    ExplainPageTest() { engine->script<core::ExplainRequest>().answer = explanationOf; }
    ui::SubgraphView* subgraph() { return find<ui::SubgraphView>("subgraphView"); }
    QListWidget* lines() { return find<QListWidget>("storyLines"); }
    void explain()
    {
        page.showView(View::Subgraph);
        QTest::mouseClick(find<QPushButton>("explainSubgraph"), Qt::LeftButton);
        ASSERT_TRUE(await([this] { return !document().story().isEmpty(); }));
    }
};

TEST_F(ExplainPageTest, AClickBringsBoxesAndSentencesAndOneStepTakesThemBack)
{
    document().togglePin(7);
    const auto before = document().graph();
    EXPECT_FALSE(lines()->isVisible());
    explain();
    ASSERT_EQ(calls<core::ExplainRequest>().size(), 1u);
    EXPECT_EQ(calls<core::ExplainRequest>()[0].graph->id, document().matrix());
    EXPECT_EQ(calls<core::ExplainRequest>()[0].logit, -1);
    ASSERT_EQ(subgraph()->subgraph().boxes.size(), 4u);
    ASSERT_EQ(document().graph()->supernodes.size(), 2u);
    EXPECT_EQ(document().graph()->supernodes[0].label, "Texan");
    EXPECT_FALSE(node(7).isPinned) << "the explanation makes room for itself";
    ASSERT_TRUE(lines()->isVisible());
    ASSERT_EQ(lines()->count(), 4);
    EXPECT_EQ(lines()->item(0)->text(),
        QStringLiteral("Dallas raises Texan by 3.0; without it Austin falls to 0.12."));
    EXPECT_TRUE(lines()->item(0)->icon().isNull());
    EXPECT_FALSE(lines()->item(1)->icon().isNull()) << "what is not borne out is marked";
    EXPECT_EQ(find<QLabel>("storyTitle")->text(), QStringLiteral("Why Austin? (75 %)"));
    EXPECT_TRUE(lines()->item(3)->text().contains(QStringLiteral("50 %")));
    EXPECT_FALSE(lines()->item(3)->flags().testFlag(Qt::ItemIsSelectable));

    session.undoStack()->undo();
    EXPECT_TRUE(document().story().isEmpty());
    EXPECT_FALSE(lines()->isVisible());
    EXPECT_TRUE(document().graph()->supernodes.empty());
    EXPECT_TRUE(node(7).isPinned) << "as it was before";
    session.undoStack()->redo();
    EXPECT_EQ(subgraph()->subgraph().boxes.size(), 4u);
    EXPECT_EQ(lines()->count(), 4);
}

TEST_F(ExplainPageTest, BoxesAreAPersonsOwnAndSentencesFollowTheirNames)
{
    explain();
    document().renameGroup(0, QStringLiteral("Texan city"));
    EXPECT_TRUE(lines()->item(0)->text().contains(QStringLiteral("raises Texan city by")))
        << qPrintable(lines()->item(0)->text());
    document().dissolveGroup(1);
    document().togglePin(6); // Texas is out of the picture
    EXPECT_TRUE(lines()->item(0)->flags().testFlag(Qt::ItemIsEnabled));
    EXPECT_FALSE(lines()->item(2)->flags().testFlag(Qt::ItemIsEnabled));
    EXPECT_TRUE(lines()->item(2)->text().startsWith(QStringLiteral("Texas raises Austin")));
    document().togglePin(7); // what is added keeps its arrows
    const auto& arrows = subgraph()->subgraph().arrows;
    EXPECT_TRUE(std::any_of(
        arrows.begin(), arrows.end(), [](const ui::SubgraphArrow& one) { return one.line < 0; }));
}

TEST_F(ExplainPageTest, ASentenceShowsItsArrowByMouseAndKeyboard)
{
    explain();
    const auto picture = [this] { return subgraph()->grab().toImage(); };
    QSignalSpy chosen(lines(), &QListWidget::currentRowChanged);
    const QImage plain = picture();
    QTest::mouseClick(lines()->viewport(), Qt::LeftButton, Qt::NoModifier,
        lines()->visualItemRect(lines()->item(0)).center());
    ASSERT_EQ(lines()->currentRow(), 0);
    const QImage first = picture();
    EXPECT_NE(first, plain);
    QTest::keyClick(lines(), Qt::Key_Down);
    EXPECT_EQ(lines()->currentRow(), 1);
    EXPECT_NE(picture(), first);
    QTest::keyClick(lines(), Qt::Key_Escape);
    EXPECT_EQ(lines()->currentRow(), -1);
    Q_EMIT subgraph()->lineSelected(2);
    EXPECT_EQ(lines()->currentRow(), 2);
}

TEST_F(ExplainPageTest, TheChosenOutputIsExplained)
{
    document().choose(10);
    explain();
    EXPECT_EQ(calls<core::ExplainRequest>().back().logit, 10);
}

TEST_F(ExplainPageTest, WithoutAMatrixTheButtonSaysWhatIsMissing)
{
    ui::CircuitPage empty(&session, &selection, nullptr);
    auto* button = empty.findChild<QPushButton*>(QStringLiteral("explainSubgraph"));
    EXPECT_FALSE(button->isEnabled());
    EXPECT_TRUE(button->toolTip().contains(QStringLiteral("Trace a prompt")));
    engine->script<core::ExplainRequest>().failWith("No way leads to the answer.");
    page.showView(View::Subgraph);
    QTest::mouseClick(find<QPushButton>("explainSubgraph"), Qt::LeftButton);
    ASSERT_TRUE(await([this] { return error().contains(QStringLiteral("No way leads")); }));
    EXPECT_TRUE(document().story().isEmpty());
}

TEST_F(ExplainPageTest, TheStoryIsKeptWithTheSession)
{
    explain();
    core::SavedSession saved;
    saved.model.name = "city-model";
    page.save(saved);
    ASSERT_EQ(saved.circuit.marks.size(), 1u);
    EXPECT_EQ(saved.circuit.marks[0].story, document().story());
    ui::CircuitPage other(&session, &selection, nullptr);
    other.restore(saved);
    other.show();
    ASSERT_TRUE(await([&] { return other.hasGraph(); }));
    EXPECT_EQ(other.document()->story(), document().story());
    EXPECT_EQ(other.findChild<QListWidget*>(QStringLiteral("storyLines"))->count(), 4);
}

TEST_F(ExplainPageTest, ThePictureSaysWhatTheScreenSaysAndTheSentencesMayBeLeftOut)
{
    explain();
    const QTemporaryDir folder;
    const auto text = [&](bool withSentences) {
        const QString path = folder.filePath(QStringLiteral("story.svg"));
        ui::GraphExportOptions options;
        options.what = ui::GraphExportOptions::What::Subgraph;
        options.palette = ui::lightPalette();
        options.story = document().story();
        options.showsSentences = withSentences;
        EXPECT_TRUE(ui::exportGraph(document().graph(), path, options));
        QFile file(path);
        EXPECT_TRUE(file.open(QIODevice::ReadOnly));
        return QString::fromUtf8(file.readAll());
    };
    const QString whole = text(true);
    for (int line = 0; line < 3; ++line)
        EXPECT_TRUE(whole.contains(lines()->item(line)->text())) << line;
    EXPECT_TRUE(whole.contains(QStringLiteral("Why Austin? (75 %)")));
    EXPECT_TRUE(whole.contains(QStringLiteral("of the influence on Austin")));
    const QString bare = text(false);
    EXPECT_FALSE(bare.contains(lines()->item(0)->text()));
    EXPECT_TRUE(bare.contains(QStringLiteral("Why Austin? (75 %)")));
    for (const char* ending : {"story.png", "story.pdf"})
        EXPECT_TRUE(page.exportTo(
            folder.filePath(QLatin1String(ending)), ui::GraphExportOptions::What::Subgraph));
    ui::CircuitPictureDialog dialog(true, true, true);
    dialog.setWhat(ui::GraphExportOptions::What::Subgraph);
    auto* check = dialog.findChild<QCheckBox*>(QStringLiteral("pictureSentences"));
    EXPECT_TRUE(check->isEnabled());
    EXPECT_TRUE(dialog.showsSentences());
    check->click();
    EXPECT_FALSE(dialog.showsSentences());
    dialog.setWhat(ui::GraphExportOptions::What::Whole);
    EXPECT_FALSE(check->isEnabled());
}

} // namespace
