#include "app/gui/card_dock.h"

#include "app/gui/main_window.h"
#include "tests/ui/support/fits.h"
#include "tests/ui/support/window_test.h"
#include "ui/features/feature_card.h"
#include "ui/features/features_page.h"
#include "ui/style/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>

namespace {

using Page = app::MainWindow::Page;

class CardDockTest : public tests::WindowTest {
protected:
    CardDockTest() { ui::applyFontScale(*qApp, 1.0); }
    ~CardDockTest() override { ui::applyFontScale(*qApp, 1.0); }

    static QToolButton* button(app::MainWindow& window)
    {
        return window.findChild<QToolButton*>(QStringLiteral("cardButton"));
    }
    static QRect pageOf(app::MainWindow& window) { return window.centralWidget()->geometry(); }
    /// What is only there, and takes room, once a prompt has been read.
    static void analyse(app::MainWindow& window)
    {
        window.findChild<QPlainTextEdit*>(QStringLiteral("promptText"))
            ->setPlainText(QStringLiteral("The fog over the bridge"));
        window.findChild<QPushButton*>(QStringLiteral("analyzeButton"))->click();
        ASSERT_TRUE(await([&] {
            return window.findChild<QLabel*>(QStringLiteral("heatNote"))
                ->text()
                .contains(QStringLiteral("features"));
        }));
    }
    void open(app::MainWindow& window, QSize size)
    {
        start(window);
        window.resize(size);
        settle();
    }
};

TEST_F(CardDockTest, TheWheelScrollsPastSettingsAndTurnsOnlyTheOneInUse)
{
    app::MainWindow window(&settings);
    open(window, QSize(1440, 700));
    window.showPage(Page::Features);
    window.selection()->setFeature({"saes/layer_3", core::FeatureId(890)});
    auto* card = window.findChild<ui::FeatureCard*>();
    auto* context = card->findChild<QComboBox*>(QStringLiteral("exampleContext"));
    ASSERT_TRUE(await([&] { return context->isVisible() && !window.session()->isBusy(); }));
    QScrollArea* area = nullptr;
    for (QWidget* above = context; !area && above; above = above->parentWidget())
        area = qobject_cast<QScrollArea*>(above);
    ASSERT_TRUE(area);
    area->ensureWidgetVisible(context);
    settle();
    const auto turn = [&] {
        const QPointF at = QRectF(context->rect()).center();
        QWheelEvent event(at, context->mapToGlobal(at), {}, QPoint(0, -120), Qt::NoButton,
            Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(context, &event);
    };
    const int before = context->currentIndex();
    ASSERT_LT(before, context->count() - 1);
    const int place = area->verticalScrollBar()->value();
    ASSERT_LT(place, area->verticalScrollBar()->maximum());
    turn();
    EXPECT_EQ(context->currentIndex(), before);
    EXPECT_GT(area->verticalScrollBar()->value(), place);
    context->setFocus();
    turn();
    EXPECT_EQ(context->currentIndex(), before + 1);
}

TEST_F(CardDockTest, BesideThePageWhereThereIsRoomElseADrawerOverIt)
{
    app::MainWindow window(&settings);
    open(window, QSize(1440, 900));
    EXPECT_FALSE(window.cardDock()->isDrawer());
    EXPECT_TRUE(window.featureCard()->isVisible());
    EXPECT_FALSE(button(window)->isVisible());

    window.resize(1000, 680);
    settle();
    ASSERT_TRUE(window.cardDock()->isDrawer());
    EXPECT_EQ(window.size(), QSize(1000, 680));
    EXPECT_FALSE(window.featureCard()->isVisible()); // the page has all the room
    EXPECT_GT(pageOf(window).width(), 850);
    ASSERT_TRUE(button(window)->isVisible());
    button(window)->click();
    settle();
    EXPECT_TRUE(window.featureCard()->isVisible());
    EXPECT_GT(pageOf(window).width(), 850); // it lies over it
    EXPECT_EQ(window.cardDock()->geometry().right(), pageOf(window).right());
    EXPECT_EQ(window.cardDock()->geometry().top(), pageOf(window).top());
    EXPECT_EQ(window.cardDock()->height(), pageOf(window).height());
    QTest::keyClick(window.cardDock(), Qt::Key_Escape);
    EXPECT_FALSE(window.featureCard()->isVisible());

    window.resize(1440, 900);
    settle();
    EXPECT_FALSE(window.cardDock()->isDrawer());
    EXPECT_TRUE(window.featureCard()->isVisible());
    EXPECT_GT(window.cardDock()->geometry().left(), pageOf(window).right());
}

TEST_F(CardDockTest, ADrawerIsClosedFromTheListTooAndGivesTheKeysBack)
{
    app::MainWindow window(&settings);
    open(window, QSize(1000, 680));
    window.showPage(Page::Features);
    ASSERT_TRUE(window.cardDock()->isDrawer());
    auto* list = window.featuresPage()->findChild<QTableView*>();
    ASSERT_NE(list, nullptr);
    ASSERT_TRUE(await([&] { return list->model()->rowCount() > 2; }));
    list->setFocus();
    list->setCurrentIndex(list->model()->index(0, 0));
    window.cardDock()->open();
    // The list is below it and goes on by its keys; the card follows.
    EXPECT_TRUE(list->hasFocus());
    QTest::keyClick(list, Qt::Key_Down);
    EXPECT_EQ(list->currentIndex().row(), 1);
    EXPECT_TRUE(window.featureCard()->isVisible());
    QTest::keyClick(list, Qt::Key_Escape);
    EXPECT_FALSE(window.featureCard()->isVisible());
    // Whoever went into the card is back in the list when it closes.
    window.cardDock()->open();
    window.featureCard()->findChild<QLineEdit*>(QStringLiteral("labelText"))->setFocus();
    ASSERT_FALSE(list->hasFocus());
    auto* close = window.cardDock()->findChild<QToolButton*>(QStringLiteral("closeDrawer"));
    ASSERT_TRUE(close->isVisible());
    close->click();
    EXPECT_FALSE(window.featureCard()->isVisible());
    EXPECT_TRUE(list->hasFocus());
    // Beside the page it is a dock as any other.
    window.resize(1440, 900);
    settle();
    EXPECT_FALSE(close->isVisible());
}

TEST_F(CardDockTest, LargerTextMakesADrawerInTheSameWindow)
{
    app::MainWindow window(&settings);
    open(window, QSize(1440, 900));
    ASSERT_FALSE(window.cardDock()->isDrawer());
    ui::applyFontScale(*qApp, 1.5);
    settle();
    EXPECT_TRUE(window.cardDock()->isDrawer());
    EXPECT_EQ(window.size(), QSize(1440, 900));
    ui::applyFontScale(*qApp, 1.0);
    settle();
    EXPECT_FALSE(window.cardDock()->isDrawer());
}

TEST_F(CardDockTest, ACardThatWasClosedStaysClosedAndIsRememberedSo)
{
    {
        app::MainWindow window(&settings);
        open(window, QSize(1440, 900));
        window.cardDock()->hide();
        window.resize(1000, 680);
        settle();
        ASSERT_TRUE(window.cardDock()->isDrawer());
        window.cardDock()->open(); // a drawer for once
        window.rememberPlace();
    }
    engine = std::make_shared<tests::FakeEngine>();
    app::MainWindow window(&settings);
    open(window, QSize(1440, 900));
    EXPECT_FALSE(window.cardDock()->isDrawer());
    EXPECT_FALSE(window.featureCard()->isVisible());
}

TEST_F(CardDockTest, LabellingOpensTheDrawer)
{
    app::MainWindow window(&settings);
    open(window, QSize(1000, 680));
    window.selection()->setFeature({"saes/layer_2", core::FeatureId(12)});
    QTest::keyClick(&window, Qt::Key_L, Qt::ControlModifier);
    EXPECT_TRUE(window.featureCard()->isVisible());
    settle();
    EXPECT_EQ(tests::cutOffIn(*window.cardDock()).join(QLatin1Char('\n')).toStdString(), "");
}

TEST_F(CardDockTest, NoPageScrollsSidewaysInASmallWindow)
{
    app::MainWindow window(&settings);
    open(window, QSize(1000, 680));
    auto* stack = qobject_cast<QStackedWidget*>(window.centralWidget());
    ASSERT_NE(stack, nullptr);
    analyse(window);
    for (const double factor : {0.8, 1.0, 1.5}) {
        ui::applyFontScale(*qApp, factor);
        for (const Page page : {Page::Start, Page::Models, Page::Prompt, Page::Features,
                 Page::Steer, Page::Circuit, Page::Train}) {
            window.showPage(page);
            settle();
            const auto* scroll = qobject_cast<QScrollArea*>(stack->currentWidget());
            EXPECT_EQ(scroll->horizontalScrollBar()->maximum(), 0)
                << window.pageName().toStdString() << " at " << factor;
        }
    }
}

} // namespace
