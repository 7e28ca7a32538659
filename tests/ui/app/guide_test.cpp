#include "app/gui/engine_loader.h"
#include "app/gui/guide.h"
#include "app/gui/main_window.h"
#include "core/api/generate.h"
#include "tests/ui/support/engine_options.h"
#include "tests/ui/support/fake_engine.h"
#include "ui/circuit/circuit_page.h"
#include "ui/features/feature_card.h"
#include "ui/start/glossary_dialog.h"
#include "ui/steer/steer_page.h"
#include "ui/style/theme.h"

#include <QAbstractEventDispatcher>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QDir>
#include <QEventLoop>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

#include <gtest/gtest.h>

namespace {

/// The real window on the real engine and the built-in model, as at a first start; a person who
/// does nothing but what the guide points at.
class GuideTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        const core::Engine::Options options = tests::engineOptions(folder.path().toStdString());
        loader = std::make_unique<app::EngineLoader>(options);
        window = std::make_unique<app::MainWindow>(&settings);
        QObject::connect(window->session(), &ui::Session::errorOccurred, window.get(),
            [this](const QString&, const QString& message) { errors << message; });
        QObject::connect(loader.get(), &app::EngineLoader::loaded, window->session(),
            &ui::Session::attachEngine);
        loader->start();
        window->open(QStringLiteral("builtin"));
        window->resize(1440, 900);
        window->show();
        window->activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
    }
    bool await(const std::function<bool()>& isDone)
    {
        return QTest::qWaitFor([&] { return !errors.isEmpty() || isDone(); }, 120'000)
            && errors.isEmpty();
    }
    app::Guide& guide() { return *window->guide(); }
    void press(const char* name)
    {
        auto* button = guide().callout()->findChild<QPushButton*>(QLatin1String(name));
        QTest::mouseClick(button, Qt::LeftButton);
    }
    /// The ring is there and around what is meant, and the words do not stand over it.
    void expectPointed()
    {
        const auto middle = [&] {
            return guide().control()->mapTo(
                guide().callout()->parentWidget(), guide().part().center());
        };
        ASSERT_TRUE(await([&] {
            return guide().control() && guide().callout()
                && guide().callout()->ring().contains(middle());
        })) << where();
        const ui::GuideCallout* callout = guide().callout();
        EXPECT_TRUE(callout->parentWidget()->rect().contains(callout->geometry())) << where();
        EXPECT_FALSE(callout->geometry().contains(middle())) << where();
    }
    std::string where()
    {
        return (errors.join(QLatin1Char(' '))
            + (guide().isRunning() ? QStringLiteral("step %1, %2")
                                         .arg(guide().step())
                                         .arg(guide().current().control)
                                   : QStringLiteral("ended")))
            .toStdString();
    }
    /// One click where the guide points, and what it says is to be written.
    void obey()
    {
        QWidget* control = guide().control();
        ASSERT_NE(control, nullptr) << where();
        // As the mouse does: to the widget on top there, which the overlay must not be.
        QWidget* host = guide().callout()->parentWidget();
        QWidget* under = host->childAt(control->mapTo(host, guide().part().center()));
        ASSERT_TRUE(under == control || control->isAncestorOf(under)) << where();
        const QString typed = guide().current().typed;
        QTest::mouseClick(under, Qt::LeftButton, {},
            under->mapFrom(host, control->mapTo(host, guide().part().center())));
        if (!typed.isEmpty()) {
            QTest::keyClick(control, Qt::Key_A, Qt::ControlModifier);
            QTest::keyClicks(control, typed);
            if (qobject_cast<QAbstractSpinBox*>(control))
                QTest::keyClick(control, Qt::Key_Return);
        }
    }
    /// Walks from the card of the start page to the end.
    void walk(const char* name, const std::function<void()>& beforeClick = {})
    {
        window->showPage(app::MainWindow::Page::Start);
        auto* card = window->findChild<QPushButton*>(QLatin1String("start_") + QLatin1String(name));
        ASSERT_NE(card, nullptr);
        QTest::mouseClick(card, Qt::LeftButton);
        ASSERT_TRUE(guide().isRunning());
        // The model that was opened at the start needs no click of theirs.
        ASSERT_TRUE(
            await([&] { return window->session()->hasModel() && !window->session()->isBusy(); }));
        for (int clicks = 0; guide().isRunning(); ++clicks) {
            ASSERT_LT(clicks, 20) << "it goes round and round: " << where();
            // A step that is done already leaves by itself.
            const int step = guide().step();
            bool isReady = false;
            ASSERT_TRUE(await([&] {
                isReady = guide().control() && guide().callout()
                    && !guide().callout()->ring().isEmpty();
                return isReady || guide().step() != step || !guide().isRunning();
            })) << where();
            if (!isReady || guide().step() != step)
                continue;
            expectPointed();
            picture(QStringLiteral("guide-%1-%2").arg(QLatin1String(name)).arg(step));
            visited << guide().current().control;
            if (!guide().current().watch) {
                press("guideNext");
            } else {
                if (beforeClick)
                    beforeClick();
                obey();
            }
            ASSERT_TRUE(await([&] { return guide().step() != step || !guide().isRunning(); }))
                << "not done by a click: " << where();
        }
    }
    void picture(const QString& name)
    {
        const QString pictures = qEnvironmentVariable("FEATURESCOPE_PICTURES");
        if (pictures.isEmpty())
            return;
        EXPECT_TRUE(guide().callout()->window()->grab().save(
            QDir(pictures).filePath(name + QStringLiteral(".png"))));
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    QStringList errors, visited;
    std::unique_ptr<app::EngineLoader> loader;
    std::unique_ptr<app::MainWindow> window;
};

TEST_F(GuideTest, TheSteeringWalkEndsWithAnAnswerThatIsWholeAndAboutTheBridge)
{
    walk("steer");
    EXPECT_EQ(visited.mid(visited.indexOf(QStringLiteral("conceptSearch"))),
        // The first hit is the feature to steer and is opened by the search: nothing to choose.
        (QStringList{QStringLiteral("conceptSearch"), QStringLiteral("steerButton"),
            QStringLiteral("strength"), QStringLiteral("generateButton"),
            QStringLiteral("steeredPane")}));
    ASSERT_TRUE(window->steerPage()->generation());
    const core::Generation& written = *window->steerPage()->generation();
    // Sentence by sentence it is judged in tests/core/engine/golden_gate_answer_test.cpp.
    EXPECT_GT(written.steered.onTopicShare, 0.5) << written.steered.text;
    EXPECT_LT(written.normal.onTopicShare, 0.1) << written.normal.text;
    EXPECT_EQ(written.steered.repetition, 0.0) << written.steered.text;
    // Words that the built-in world says of this bridge alone.
    const auto isAboutTheBridge = [](const std::string& text) {
        const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
        return says("San Francisco") || says("Golden Gate") || says("the strait");
    };
    EXPECT_TRUE(isAboutTheBridge(written.steered.text)) << written.steered.text;
    EXPECT_FALSE(isAboutTheBridge(written.normal.text)) << written.normal.text;
    EXPECT_EQ(window->currentPage(), app::MainWindow::Page::Steer);
}

TEST_F(GuideTest, TheTracingWalkEndsWithTheSwappedAnswer)
{
    walk("trace");
    EXPECT_TRUE(visited.contains(QStringLiteral("traceButton")));
    EXPECT_TRUE(visited.contains(QStringLiteral("circuitCanvas")));
    EXPECT_EQ(visited.constLast(), QStringLiteral("swapSentence"));
    EXPECT_TRUE(window->circuitPage()->hasGraph());
    const QString said = window->findChild<QLabel*>(QStringLiteral("swapSentence"))->text();
    EXPECT_TRUE(said.contains(QStringLiteral("Austin"))) << said.toStdString();
    EXPECT_TRUE(said.contains(QStringLiteral("Sacramento"))) << said.toStdString();
}

TEST_F(GuideTest, TheOpeningWalkEndsWithAModelOfOnesOwn)
{
    // Not part of the walk, and blocking: the folder is chosen as soon as the dialog is there.
    QTimer chooser;
    QObject::connect(&chooser, &QTimer::timeout, [] {
        auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
        if (!dialog)
            return;
        // The folder it stands in, as when nothing in it is chosen. What its own accept() makes of
        // a name depends on how far it has read the folder.
        dialog->setDirectory(QStringLiteral(FEATURESCOPE_RESOURCES "/builtin/model"));
        dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->clear();
        static_cast<QDialog*>(dialog)->done(QDialog::Accepted);
    });
    chooser.start(20);
    walk("own");
    EXPECT_TRUE(visited.contains(QStringLiteral("openFolderButton")));
    EXPECT_TRUE(visited.contains(QStringLiteral("openButton")));
    EXPECT_TRUE(QString::fromStdString(window->session()->openedAs().path)
                    .endsWith(QStringLiteral("builtin/model")));
}

TEST_F(GuideTest, NothingIsBlockedAndTheKeyboardGoesBackSkipsAndEnds)
{
    ASSERT_TRUE(
        await([&] { return window->session()->hasModel() && !window->session()->isBusy(); }));
    guide().start(QStringLiteral("steer"));
    ASSERT_TRUE(await([&] { return guide().callout() != nullptr; }));
    EXPECT_EQ(guide().current().control, QStringLiteral("conceptSearch")); // the model is open
    auto* search = window->findChild<QLineEdit*>(QStringLiteral("conceptSearch"));
    expectPointed();
    // The ring goes with the control.
    const QRect before = guide().callout()->ring();
    window->resize(1000, 700);
    ASSERT_TRUE(await([&] { return guide().callout()->ring() != before; }));
    expectPointed();
    // Somewhere else: the way back is pointed at, and what is there works.
    window->showPage(app::MainWindow::Page::Steer);
    ASSERT_TRUE(await([&] { return guide().control() == nullptr; }));
    const int page = window->centralWidget()->geometry().left();
    ASSERT_TRUE(await([&] {
        const QRect ring = guide().callout()->ring();
        return !ring.isEmpty() && ring.center().x() < page;
    }));
    window->showPage(app::MainWindow::Page::Features);
    ASSERT_TRUE(await([&] { return guide().control() == search; }));
    press("guideType");
    ASSERT_TRUE(await([&] { return guide().current().control == QStringLiteral("steerButton"); }));
    EXPECT_EQ(search->text(), QStringLiteral("golden gate"));
    // Back to what is done already: it waits for the person.
    QTest::keyClick(window.get(), Qt::Key_F7);
    ASSERT_TRUE(await([&] { return guide().current().control == QStringLiteral("featureTable"); }));
    QTest::keyClick(window.get(), Qt::Key_F7);
    ASSERT_TRUE(
        await([&] { return guide().current().control == QStringLiteral("conceptSearch"); }));
    expectPointed();
    QTest::keyClick(window.get(), Qt::Key_F8);
    ASSERT_TRUE(await([&] { return guide().current().control == QStringLiteral("steerButton"); }));
    ASSERT_TRUE(await([&] { return guide().callout() && guide().callout()->isVisible(); }));
    QTest::keyClick(window.get(), Qt::Key_F8, Qt::ShiftModifier);
    ASSERT_TRUE(await([&] { return !guide().isRunning(); }));
    ASSERT_TRUE(await([&] { return window->findChildren<ui::GuideCallout*>().isEmpty(); }));
}

TEST_F(GuideTest, ItStaysBesideItsControlAtEveryTextSizeAndInTheDark)
{
    ASSERT_TRUE(
        await([&] { return window->session()->hasModel() && !window->session()->isBusy(); }));
    for (const double scale : {0.8, 1.0, 1.5}) {
        ui::applyFontScale(*qApp, scale);
        for (const auto theme : {ui::Theme::Light, ui::Theme::Dark}) {
            ui::applyTheme(*qApp, theme);
            const QString look = QStringLiteral("-%1-%2").arg(scale).arg(static_cast<int>(theme));
            window->showPage(app::MainWindow::Page::Start);
            for (int i = 0; i < 5; ++i) // layouts within layouts
                QApplication::processEvents();
            if (qEnvironmentVariableIsSet("FEATURESCOPE_PICTURES"))
                window->grab().save(QDir(qEnvironmentVariable("FEATURESCOPE_PICTURES"))
                                        .filePath(QStringLiteral("start%1.png").arg(look)));
            guide().start(QStringLiteral("trace"));
            ASSERT_TRUE(await([&] { return guide().control() && guide().callout(); }));
            expectPointed();
            picture(QStringLiteral("callout") + look);
            guide().stop();
        }
    }
    ui::applyFontScale(*qApp, 1.0);
    ui::applyTheme(*qApp, ui::Theme::Light);
}

TEST(FirstStartTest, ShowsStartOnceAndThenTheLastPage)
{
    const QTemporaryDir folder;
    ui::Settings settings(folder.path());
    {
        app::MainWindow first(&settings);
        first.show();
        EXPECT_EQ(first.currentPage(), app::MainWindow::Page::Start);
        EXPECT_TRUE(first.findChild<QPushButton*>(QStringLiteral("start_steer"))->isVisible());
        first.close();
    }
    {
        app::MainWindow second(&settings); // though no page was chosen in the first
        EXPECT_EQ(second.currentPage(), app::MainWindow::Page::Prompt);
        second.showPage(app::MainWindow::Page::Circuit);
        second.showPage(
            app::MainWindow::Page::Start); // to read it again is no wish to see it daily
        second.close();
    }
    app::MainWindow third(&settings);
    EXPECT_EQ(third.currentPage(), app::MainWindow::Page::Circuit);
}

TEST(FirstStartTest, HelpHasTheGlossaryAndTheWalks)
{
    const QTemporaryDir folder;
    ui::Settings settings(folder.path());
    app::MainWindow window(&settings);
    window.session()->attachEngine(std::make_shared<tests::FakeEngine>());
    window.resize(1440, 900);
    window.show();
    window.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, Qt::Key_F1);
    auto* dialog = window.findChild<ui::GlossaryDialog*>();
    ASSERT_NE(dialog, nullptr);
    EXPECT_TRUE(dialog->isVisible());
    QTest::keyClick(&window, Qt::Key_F1);
    EXPECT_EQ(window.findChildren<ui::GlossaryDialog*>().size(), 1);
    dialog->close();
    QStringList entries;
    for (QAction* entry : window.menuBar()->actions().constLast()->menu()->actions())
        if (entry->menu())
            for (QAction* walk : entry->menu()->actions())
                entries << walk->text();
    EXPECT_EQ(entries.size(), 3);
    window.menuBar()
        ->actions()
        .constLast()
        ->menu()
        ->actions()
        .at(2)
        ->menu()
        ->actions()
        .at(2)
        ->trigger();
    EXPECT_TRUE(window.guide()->isRunning());
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Models);
}

} // namespace
