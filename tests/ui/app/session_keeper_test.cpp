#include "app/gui/session_keeper.h"

#include "app/gui/main_window.h"
#include "core/api/generate.h"
#include "core/api/open_model.h"
#include "core/api/session_files.h"
#include "core/api/trace.h"
#include "tests/ui/support/small_graph.h"
#include "tests/ui/support/ui_test.h"
#include "ui/circuit/circuit_document.h"
#include "ui/circuit/circuit_interventions.h"
#include "ui/circuit/circuit_page.h"
#include "ui/circuit/node_edit_list.h"
#include "ui/features/features_page.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/intervention_row.h"
#include "ui/steer/steer_page.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QTemporaryDir>

namespace {

class SessionKeeperTest : public ::testing::Test {
protected:
    SessionKeeperTest()
        : engine(std::make_shared<tests::FakeEngine>())
    {
        engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest& asked) {
            core::EngineState state = tests::sampleState();
            state.model.path = asked.path;
            state.workspacePath = "/work/" + asked.path + ".sqlite";
            return state;
        };
        engine->script<core::TraceRequest>().answer = [](const core::TraceRequest& request) {
            core::AttributionGraph graph = *tests::smallGraph();
            graph.model = tests::sampleState().model.name;
            graph.prompt = request.prompt;
            return graph;
        };
        // As a workspace: each has the newest that was put in.
        engine->script<core::AutosaveRequest>().answer = [this](const core::AutosaveRequest& one) {
            kept[one.workspace] = one.session;
            return one.workspace;
        };
        engine->script<core::ReadAutosaveRequest>().answer
            = [this](const core::ReadAutosaveRequest& asked) {
                  core::OpenedSession opened;
                  opened.isThere = kept.contains(asked.workspace);
                  if (opened.isThere)
                      opened.session = *kept[asked.workspace];
                  return opened;
              };
    }
    std::unique_ptr<app::MainWindow> start()
    {
        auto window = std::make_unique<app::MainWindow>(&settings);
        window->session()->attachEngine(engine);
        window->open(QStringLiteral("builtin"));
        window->resize(1200, 800);
        window->show();
        EXPECT_TRUE(await([&] { return window->session()->hasModel() && isKept(*window); }));
        return window;
    }
    static bool isKept(app::MainWindow& window)
    {
        return window.keeper()->isKept() && !window.session()->isBusy();
    }
    static bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor(isDone, 30'000);
    }
    static QMessageBox* question(app::MainWindow& window)
    {
        return window.findChild<QMessageBox*>(QStringLiteral("askToSave"));
    }
    template <typename T> static T* find(app::MainWindow& window, const char* name)
    {
        return window.findChild<T*>(QLatin1String(name));
    }
    /// One thing on every page.
    void work(app::MainWindow& window)
    {
        window.promptPage()->setPrompt(QStringLiteral("my prompt"));
        window.featuresPage()->search(QStringLiteral("golden gate"));
        window.steerPage()->setPrompt(QStringLiteral("my question"));
        window.steerPage()->addFeature({"saes/layer_2", core::FeatureId(10)});
        window.steerPage()->row(0)->findChild<QDoubleSpinBox*>()->setValue(7.5);
        find<QDoubleSpinBox>(window, "frequencyPenalty")->setValue(0.5);
        ui::CircuitDocument* circuit = window.circuitPage()->document();
        circuit->trace(QStringLiteral("capital of Dallas"));
        ASSERT_TRUE(await([&] { return circuit->graph() != nullptr; }));
        circuit->togglePin(4);
        circuit->setMarked({5, 6});
        circuit->groupMarked();
        circuit->renameGroup(0, QStringLiteral("a state"));
        circuit->moveBoxes({{QStringLiteral("token/2"), {10, 20}}});
        circuit->setDonor(QStringLiteral("capital of Oakland"));
        window.circuitPage()->interventions()->list()->addNode(6);
        find<QComboBox>(window, "editMode")->setCurrentIndex(1); // scale
        find<QDoubleSpinBox>(window, "editValue")->setValue(-1.5);
        find<QPushButton>(window, "swapExample")->click();
        find<QComboBox>(window, "swapMethod")->setCurrentIndex(1); // concept
        find<QLineEdit>(window, "patchClean")->setText(QStringLiteral("clean"));
        find<QLineEdit>(window, "patchAnswer")->setText(QStringLiteral(" a"));
    }
    void expectWork(app::MainWindow& window)
    {
        EXPECT_EQ(window.promptPage()->prompt(), QStringLiteral("my prompt"));
        EXPECT_EQ(window.featuresPage()->query().text, "golden gate");
        EXPECT_EQ(window.steerPage()->prompt(), QStringLiteral("my question"));
        ASSERT_EQ(window.steerPage()->interventions().size(), 1u);
        EXPECT_EQ(window.steerPage()->interventions()[0].value, 7.5);
        EXPECT_EQ(window.steerPage()->request().settings.frequencyPenalty, 0.5);
        EXPECT_EQ(find<QLineEdit>(window, "patchClean")->text(), QStringLiteral("clean"));
        EXPECT_EQ(find<QLineEdit>(window, "patchAnswer")->text(), QStringLiteral(" a"));
        ui::CircuitDocument* circuit = window.circuitPage()->document();
        EXPECT_EQ(circuit->donor(), QStringLiteral("capital of Oakland"));
        const core::SavedSession now = window.keeper()->gather();
        ASSERT_EQ(now.swapTest.pairs.size(), 6u);
        EXPECT_EQ(now.swapTest.pairs[0].donor, "The capital of the state containing Oakland is");
        EXPECT_EQ(now.swapTest.method, core::SwapMethod::Concept);
        EXPECT_EQ(now.circuit.edits.changes.size(), 1u); // though nobody looked at the graph yet
        window.showPage(app::MainWindow::Page::Circuit);
        ASSERT_TRUE(await([&] { return circuit->graph() != nullptr; }));
        EXPECT_EQ(circuit->graph()->prompt, "capital of Dallas");
        EXPECT_TRUE(circuit->graph()->nodes[4].isPinned);
        ASSERT_EQ(circuit->graph()->supernodes.size(), 1u);
        EXPECT_EQ(circuit->graph()->supernodes[0].label, "a state");
        ASSERT_EQ(circuit->boxes().size(), 1u);
        EXPECT_EQ(circuit->boxes()[0].second, QPointF(10, 20));
        const auto& edits = window.circuitPage()->interventions()->list()->edits();
        ASSERT_EQ(edits.size(), 1u);
        EXPECT_EQ(edits[0].mode, core::NodeEdit::Mode::Scale);
        EXPECT_EQ(edits[0].value, -1.5);
        EXPECT_EQ(edits[0].features[0].at.feature, circuit->graph()->nodes[6].feature);
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    std::shared_ptr<tests::FakeEngine> engine;
    std::map<std::string, std::shared_ptr<const core::SavedSession>> kept;
};

TEST_F(SessionKeeperTest, WhatWasMadeOnEveryPageIsThereAtTheNextStart)
{
    {
        const auto window = start();
        work(*window);
        ASSERT_TRUE(await([&] { return isKept(*window); }));
        // Gone without a word, as when it is killed.
    }
    const auto traces = engine->script<core::TraceRequest>().calls.size();
    const auto window = start();
    EXPECT_EQ(engine->script<core::TraceRequest>().calls.size(), traces)
        << "nobody looks at the graph yet";
    expectWork(*window);
    EXPECT_FALSE(window->session()->undoStack()->canUndo());
}

TEST_F(SessionKeeperTest, EachModelHasItsOwnWork)
{
    const auto window = start();
    work(*window);
    window->session()->openModel(QStringLiteral("other"));
    ASSERT_TRUE(await([&] { return kept.contains("/work/other.sqlite") && isKept(*window); }));
    window->promptPage()->setPrompt(QStringLiteral("of the other"));
    ASSERT_TRUE(await([&] { return isKept(*window); }));
    window->session()->openModel(QStringLiteral("builtin"));
    ASSERT_TRUE(
        await([&] { return window->session()->openedAs().path == "builtin" && isKept(*window); }));
    expectWork(*window);
    EXPECT_EQ(kept["/work/other.sqlite"]->prompt, "of the other");
}

TEST_F(SessionKeeperTest, TheWorkOfAModelThatGoesIsKeptAsItWasWithIt)
{
    auto& opened = engine->script<core::OpenModelRequest>();
    opened.answer = [plain = opened.answer](const core::OpenModelRequest& asked) {
        auto state = plain(asked);
        if (asked.path == "other") {
            state->dictionaries.resize(1);
            state->dictionaries[0].name = "of the other";
        }
        return state;
    };
    const auto window = start();
    window->selection()->setFeature({"saes/layer_1", core::FeatureId(3)});
    window->promptPage()->setPrompt(QStringLiteral("not written yet"));
    window->session()->openModel(QStringLiteral("other"));
    ASSERT_TRUE(await([&] { return kept.contains("/work/other.sqlite") && isKept(*window); }));
    const core::SavedSession& before = *kept["/work/builtin.sqlite"];
    EXPECT_EQ(before.prompt, "not written yet");
    EXPECT_EQ(before.model.path, "builtin");
    ASSERT_TRUE(before.feature);
    EXPECT_EQ(before.feature->dictionary, "saes/layer_1");
    ASSERT_EQ(before.dictionaries.size(), tests::sampleState().dictionaries.size());
    EXPECT_EQ(before.dictionaries[0].name, tests::sampleState().dictionaries[0].name);
    EXPECT_FALSE(window->selection()->canGoBack()); // what was chosen is not open any more
}

TEST_F(SessionKeeperTest, AChangeWhileTheSessionIsSavedAtQuitIsAskedAboutAgain)
{
    const auto window = start();
    window->keeper()->saveTo(QStringLiteral("/tmp/mine.featurescope"));
    ASSERT_TRUE(await([&] { return !window->keeper()->file().isEmpty() && isKept(*window); }));
    window->steerPage()->setPrompt(QStringLiteral("changed"));
    ASSERT_TRUE(await([&] { return isKept(*window); }));
    const auto question = [&] {
        auto* box = window->findChild<QMessageBox*>(QStringLiteral("askToSave"));
        return box && box->isVisible() ? box : nullptr;
    };
    window->close();
    ASSERT_TRUE(question());
    engine->hold();
    question()->button(QMessageBox::Save)->click();
    window->steerPage()->setPrompt(QStringLiteral("changed again"));
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return question() != nullptr; }));
    EXPECT_TRUE(window->isVisible());
    question()->button(QMessageBox::Discard)->click();
    ASSERT_TRUE(await([&] { return !window->isVisible(); }));
}

TEST_F(SessionKeeperTest, WhatIsTypedBeforeTheModelIsThereIsNotOverwritten)
{
    {
        const auto window = start();
        work(*window);
        ASSERT_TRUE(await([&] { return isKept(*window); }));
    }
    app::MainWindow window(&settings);
    window.open(QStringLiteral("builtin")); // waits for the engine
    window.steerPage()->setPrompt(QStringLiteral("typed meanwhile"));
    window.session()->attachEngine(engine);
    ASSERT_TRUE(await([&] { return window.session()->hasModel() && isKept(window); }));
    EXPECT_EQ(window.steerPage()->prompt(), QStringLiteral("typed meanwhile"));
    EXPECT_EQ(window.steerPage()->interventions().size(), 1u) << "they are not lost either";
    EXPECT_EQ(window.promptPage()->prompt(), QStringLiteral("my prompt"));
}

TEST_F(SessionKeeperTest, ASessionWithChangesIsAskedAboutAtQuit)
{
    const auto window = start();
    window->keeper()->saveTo(QStringLiteral("/tmp/mine.featurescope"));
    ASSERT_TRUE(await([&] { return !window->keeper()->file().isEmpty(); }));
    auto& saves = engine->script<core::SaveSessionRequest>();
    ASSERT_EQ(saves.calls.size(), 1u);
    EXPECT_TRUE(window->windowTitle().contains(QStringLiteral("mine.featurescope")));
    EXPECT_FALSE(window->isWindowModified());
    window->showPage(app::MainWindow::Page::Features); // nothing that is asked about
    EXPECT_FALSE(window->keeper()->hasUnsavedChanges());
    window->steerPage()->setPrompt(QStringLiteral("changed"));
    EXPECT_TRUE(window->isWindowModified());

    EXPECT_FALSE(window->close());
    ASSERT_NE(question(*window), nullptr);
    question(*window)->button(QMessageBox::Cancel)->click();
    ASSERT_TRUE(await([&] { return question(*window) == nullptr; }));
    EXPECT_TRUE(window->isVisible());
    EXPECT_EQ(saves.calls.size(), 1u);

    EXPECT_FALSE(window->close());
    ASSERT_NE(question(*window), nullptr);
    question(*window)->button(QMessageBox::Save)->click();
    ASSERT_TRUE(await([&] { return !window->isVisible(); }));
    ASSERT_EQ(saves.calls.size(), 2u);
    EXPECT_EQ(saves.calls[1].session->steer.prompt, "changed");
}

TEST_F(SessionKeeperTest, DiscardedChangesStayWithTheModel)
{
    const auto window = start();
    window->keeper()->saveTo(QStringLiteral("/tmp/mine.featurescope"));
    ASSERT_TRUE(await([&] { return !window->keeper()->file().isEmpty(); }));
    window->steerPage()->setPrompt(QStringLiteral("changed"));
    EXPECT_FALSE(window->close());
    question(*window)->button(QMessageBox::Discard)->click();
    ASSERT_TRUE(await([&] { return !window->isVisible(); }));
    EXPECT_EQ(engine->script<core::SaveSessionRequest>().calls.size(), 1u);
    EXPECT_EQ(kept["/work/builtin.sqlite"]->steer.prompt, "changed");
}

TEST_F(SessionKeeperTest, WorkWithoutAFileIsKeptAtQuitWithoutAQuestion)
{
    const auto window = start();
    window->steerPage()->setPrompt(QStringLiteral("typed and closed at once"));
    window->close();
    EXPECT_EQ(question(*window), nullptr);
    ASSERT_TRUE(await([&] { return !window->isVisible(); }));
    EXPECT_EQ(kept["/work/builtin.sqlite"]->steer.prompt, "typed and closed at once");
}

TEST_F(SessionKeeperTest, AWorkspaceThatCannotBeWrittenIsSaidAndTheWindowStillCloses)
{
    const auto window = start();
    engine->script<core::AutosaveRequest>().failWith("w.sqlite: the disk is full.");
    window->steerPage()->setPrompt(QStringLiteral("lost"));
    window->close();
    ASSERT_TRUE(await([&] { return !window->isVisible(); }));
}

TEST_F(SessionKeeperTest, ASessionFileOpensItsModelAndShowsWhatIsInIt)
{
    core::SavedSession saved;
    {
        const auto window = start();
        work(*window);
        saved = window->keeper()->gather();
        kept.clear();
    }
    saved.model.path = "elsewhere";
    saved.window.page = "features";
    engine->script<core::ReadSessionRequest>().answer = [&](const core::ReadSessionRequest&) {
        return core::OpenedSession{saved, true, {}};
    };
    const auto window = start();
    window->open(QStringLiteral("/tmp/mine.featurescope"));
    ASSERT_TRUE(await([&] { return !window->keeper()->file().isEmpty() && isKept(*window); }));
    EXPECT_EQ(window->session()->openedAs().path, "elsewhere");
    EXPECT_EQ(window->currentPage(), app::MainWindow::Page::Features);
    EXPECT_FALSE(window->keeper()->hasUnsavedChanges());
    expectWork(*window);
    EXPECT_FALSE(window->keeper()->hasUnsavedChanges()) << "looking is no change";
    EXPECT_EQ(kept["/work/elsewhere.sqlite"]->prompt, "my prompt");
}

TEST_F(SessionKeeperTest, ChangesMadeWhileTheSameModelIsOpenedAgainAreKept)
{
    const auto window = start();
    engine->hold();
    window->session()->openModel(QStringLiteral("builtin"), {}, QStringLiteral("int8"));
    window->steerPage()->setPrompt(QStringLiteral("meanwhile"));
    engine->releaseAll();
    ASSERT_TRUE(
        await([&] { return window->session()->openedAs().dtype == "int8" && isKept(*window); }));
    EXPECT_EQ(window->steerPage()->prompt(), QStringLiteral("meanwhile"));
    EXPECT_EQ(kept["/work/builtin.sqlite"]->steer.prompt, "meanwhile");
}

TEST_F(SessionKeeperTest, AnOpenedSessionLeavesTheWorkBeforeItInTheWorkspace)
{
    const auto window = start();
    window->steerPage()->setPrompt(QStringLiteral("before"));
    ASSERT_TRUE(await([&] { return isKept(*window); }));
    auto& autosaves = engine->script<core::AutosaveRequest>();
    const std::string run = autosaves.calls.back().run;
    core::SavedSession saved = window->keeper()->gather();
    saved.steer.prompt = "from the file";
    engine->script<core::ReadSessionRequest>().answer = [&](const core::ReadSessionRequest&) {
        return core::OpenedSession{saved, true, {}};
    };
    window->open(QStringLiteral("/tmp/mine.featurescope"));
    ASSERT_TRUE(await([&] { return !window->keeper()->file().isEmpty() && isKept(*window); }));
    EXPECT_EQ(autosaves.calls.back().session->steer.prompt, "from the file");
    EXPECT_NE(autosaves.calls.back().run, run);
}

TEST_F(SessionKeeperTest, AnswersThatCanBeRunAgainAreStepsUntilTheyAreNewer)
{
    {
        const auto window = start();
        work(*window);
        window->steerPage()->generate();
        ASSERT_TRUE(await([&] { return window->steerPage()->generation() && isKept(*window); }));
        const core::SavedSession session = window->keeper()->gather();
        ASSERT_EQ(session.steps.size(), 3u); // analysed, generated, traced
        const auto& request = std::get<core::GenerateRequest>(session.steps[1].request);
        EXPECT_EQ(request.prompt, "my question");
        EXPECT_EQ(request.live, nullptr) << "a plain value";
    }
    const auto window = start(); // not run again yet
    const auto steps = window->keeper()->gather().steps;
    EXPECT_EQ(std::count_if(steps.begin(), steps.end(),
                  [](const auto& step) {
                      return std::holds_alternative<core::GenerateRequest>(step.request);
                  }),
        1);
}

} // namespace
