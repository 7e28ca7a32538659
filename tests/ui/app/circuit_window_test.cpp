#include "app/gui/main_window.h"

#include "tests/ui/support/ui_test.h"
#include "ui/circuit/circuit_page.h"
#include "ui/circuit/circuit_scores.h"
#include "ui/circuit/graph_check.h"
#include "ui/style/theme.h"

#include <QApplication>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSplitter>
#include <QStackedWidget>
#include <QTemporaryDir>

namespace {

class CircuitWindowTest : public ::testing::Test {
protected:
    void SetUp() override
    {
        window.session()->attachEngine(std::make_shared<tests::FakeEngine>());
        window.resize(1280, 800);
        window.show();
        window.activateWindow();
        ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    }

    static void settle()
    {
        for (int i = 0; i < 4; ++i) {
            QApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
            QApplication::processEvents();
        }
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    app::MainWindow window{&settings};
};

TEST_F(CircuitWindowTest, CtrlFFindsNodesOverAGraphAndConceptsElsewhere)
{
    window.showPage(app::MainWindow::Page::Circuit);
    window.circuitPage()->showView(ui::CircuitPage::View::Subgraph);
    QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Circuit);
    EXPECT_EQ(window.circuitPage()->view(), ui::CircuitPage::View::Graph);
    EXPECT_TRUE(window.findChild<QLineEdit*>(QStringLiteral("findNode"))->hasFocus());
    window.showPage(app::MainWindow::Page::Prompt);
    QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Features);
    QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(window.currentPage(), app::MainWindow::Page::Circuit);
}

TEST_F(CircuitWindowTest, EveryViewFitsASmallScreen)
{
    window.showPage(app::MainWindow::Page::Circuit);
    for (const auto view : {ui::CircuitPage::View::Graph, ui::CircuitPage::View::Subgraph,
             ui::CircuitPage::View::Compare, ui::CircuitPage::View::Patching,
             ui::CircuitPage::View::SwapTest}) {
        window.circuitPage()->showView(view);
        QCoreApplication::processEvents();
        EXPECT_LE(window.minimumSizeHint().width(), 1280) << static_cast<int>(view);
        EXPECT_LE(window.minimumSizeHint().height(), 800) << static_cast<int>(view);
    }
}

/// What of the page is wider than there is room, for a failure to name.
std::string widest(const QWidget& page)
{
    std::string names;
    for (const QWidget* child : page.findChildren<QWidget*>())
        if (child->isVisible() && child->minimumSizeHint().width() > 800)
            names += std::string(child->metaObject()->className()) + " "
                + child->objectName().toStdString() + " "
                + std::to_string(child->minimumSizeHint().width()) + ", ";
    return names;
}

TEST_F(CircuitWindowTest, NoViewScrollsSidewaysInASmallWindowWithLargeText)
{
    window.open(QStringLiteral("builtin"));
    window.showPage(app::MainWindow::Page::Circuit);
    ui::CircuitPage* page = window.circuitPage();
    page->document()->trace(QStringLiteral("The capital of the state containing Dallas is"));
    ASSERT_TRUE(QTest::qWaitFor([&] { return page->hasGraph(); }, 30'000));
    QSignalSpy checked(page->scores()->check(), &ui::GraphCheck::shown);
    page->scores()->check()->run();
    ASSERT_TRUE(QTest::qWaitFor([&] { return checked.count() == 1; }, 30'000));
    page->findChild<QLineEdit*>(QStringLiteral("findNode"))->setText(QStringLiteral("a"));
    ui::applyFontScale(*qApp, 1.5);
    window.resize(1000, 680);
    auto* stack = qobject_cast<QStackedWidget*>(window.centralWidget());
    for (const auto view : {ui::CircuitPage::View::Graph, ui::CircuitPage::View::Subgraph,
             ui::CircuitPage::View::Compare, ui::CircuitPage::View::Patching,
             ui::CircuitPage::View::SwapTest})
        for (const auto panel : {ui::CircuitPage::Panel::Node, ui::CircuitPage::Panel::Supernodes,
                 ui::CircuitPage::Panel::Interventions, ui::CircuitPage::Panel::Swap,
                 ui::CircuitPage::Panel::Scores}) {
            page->showView(view);
            page->showPanel(panel);
            settle();
            const ui::GraphCheck* check = page->scores()->check();
            if (check->isVisible()) {
                EXPECT_GE(check->height(), check->minimumSizeHint().height());
            }
            EXPECT_EQ(qobject_cast<QScrollArea*>(stack->currentWidget())
                          ->horizontalScrollBar()
                          ->maximum(),
                0)
                << static_cast<int>(view) << " with panel " << static_cast<int>(panel) << ": "
                << widest(*page);
        }
    ui::applyFontScale(*qApp, 1.0);
    window.resize(1600, 900);
    page->showView(ui::CircuitPage::View::Graph);
    settle();
    // With room they stand side by side again.
    EXPECT_EQ(page->findChild<QSplitter*>(QStringLiteral("scoresSplitter"))->orientation(),
        Qt::Horizontal);
}

} // namespace
