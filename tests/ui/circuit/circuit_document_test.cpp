#include "ui/circuit/circuit_document.h"

#include "core/api/graph_files.h"
#include "core/api/prune.h"
#include "tests/ui/support/small_graph.h"
#include "tests/ui/support/ui_test.h"

#include <QSignalSpy>

namespace {

class CircuitDocumentTest : public tests::UiTest {
protected:
    CircuitDocumentTest()
        : document(std::make_unique<ui::CircuitDocument>(&session, &selection))
    {
        engine->script<core::TraceRequest>().answer = [](const core::TraceRequest& request) {
            core::AttributionGraph graph = *tests::smallGraph();
            graph.prompt = request.prompt;
            return graph;
        };
    }
    void trace(const char* prompt)
    {
        document->trace(QLatin1String(prompt));
        ASSERT_TRUE(await(
            [&] { return document->graph() && document->graph()->prompt == std::string(prompt); }));
    }
    bool isPinned(int node) const
    {
        return document->graph()->nodes[static_cast<std::size_t>(node)].isPinned;
    }

    std::unique_ptr<ui::CircuitDocument> document;
};

TEST_F(CircuitDocumentTest, UndoingAMarkOfAnotherPromptLeavesTheShownGraphAlone)
{
    trace("first");
    document->togglePin(6);
    document->moveBoxes({{QStringLiteral("token/2"), {10, 20}}});
    trace("second");
    EXPECT_FALSE(isPinned(6));
    EXPECT_TRUE(document->boxes().empty());
    document->togglePin(4);
    QSignalSpy changed(document.get(), &ui::CircuitDocument::graphChanged);
    session.undoStack()->undo();
    EXPECT_EQ(changed.count(), 1);
    EXPECT_FALSE(isPinned(4));
    session.undoStack()->undo();
    session.undoStack()->undo();
    EXPECT_EQ(changed.count(), 1);
}

TEST_F(CircuitDocumentTest, MarksComeBackWithThePromptTheyWereMadeOn)
{
    trace("first");
    document->togglePin(6);
    document->moveBoxes({{QStringLiteral("token/2"), {10, 20}}});
    trace("second");
    EXPECT_FALSE(isPinned(6));
    trace("first");
    EXPECT_TRUE(isPinned(6));
    ASSERT_EQ(document->boxes().size(), 1u);
    session.undoStack()->undo();
    EXPECT_TRUE(document->boxes().empty());
}

TEST_F(CircuitDocumentTest, TheStackOutlivesTheDocument)
{
    trace("first");
    document->togglePin(6);
    document->setMarked({4, 6});
    document->groupMarked();
    document.reset();
    while (session.undoStack()->canUndo())
        session.undoStack()->undo();
    session.undoStack()->redo();
}

TEST_F(CircuitDocumentTest, BoxesMoveWithoutShowingTheGraphAnew)
{
    trace("first");
    QSignalSpy changed(document.get(), &ui::CircuitDocument::graphChanged),
        moved(document.get(), &ui::CircuitDocument::boxesChanged);
    document->moveBoxes({{QStringLiteral("token/2"), {10, 20}}});
    document->moveBoxes({{QStringLiteral("token/2"), {10, 20}}}); // there already
    EXPECT_EQ(session.undoStack()->count(), 1);
    EXPECT_EQ(moved.count(), 1);
    EXPECT_EQ(changed.count(), 0);
}

TEST_F(CircuitDocumentTest, AnAnswerForAGraphThatIsNoLongerShownIsDropped)
{
    trace("first");
    engine->hold();
    document->setThresholds(0.3, 0.9);
    ASSERT_TRUE(await([this] { return calls<core::PruneRequest>().size() == 1; }));
    engine->script<core::LoadGraphRequest>().answer = [](const core::LoadGraphRequest&) {
        core::AttributionGraph graph = *tests::smallGraph();
        graph.id = 0;
        return graph;
    };
    document->open(QStringLiteral("graph.json"));
    engine->release(1);
    ASSERT_TRUE(await([this] { return document->matrix() == 0; }));
    QSignalSpy changed(document.get(), &ui::CircuitDocument::graphChanged);
    engine->releaseAll();
    settle();
    EXPECT_EQ(changed.count(), 0);
    EXPECT_FALSE(document->pruneProblem().isEmpty());
    EXPECT_FALSE(document->checkProblem().isEmpty());
}

TEST_F(CircuitDocumentTest, ACellWaitsForTheTraceItBelongsTo)
{
    trace("first");
    engine->hold();
    QSignalSpy requested(document.get(), &ui::CircuitDocument::graphRequested);
    document->showPrompt(QStringLiteral("second"));
    document->chooseCell(core::Layer(1), core::Position(2));
    EXPECT_EQ(requested.count(), 1);
    EXPECT_EQ(document->chosen(), -1);
    engine->releaseAll();
    ASSERT_TRUE(await([this] { return document->chosen() == 6; }));
    EXPECT_EQ(document->graph()->prompt, "second");
}

} // namespace
