#include "app/gui/main_window.h"

#include "tests/ui/support/ui_test.h"
#include "ui/circuit/circuit_page.h"

#include <QLineEdit>
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

} // namespace
