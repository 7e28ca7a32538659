// Messages lie over the page: nothing moves, the controls beside the results stay free, and each
// can be closed.
#include "ui/shared/message_bar.h"

#include "core/api/analyze.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/features_page.h"
#include "ui/prompt/prompt_page.h"

#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace {

using ui::MessageBar;

/// A page with a field, a button and results, as all have.
struct Page : QWidget {
    Page()
    {
        auto* column = new QVBoxLayout(this);
        for (QWidget* part : {static_cast<QWidget*>(field), static_cast<QWidget*>(run)})
            column->addWidget(part);
        column->addWidget(results, 1);
        bar->lieOver(results);
        resize(600, 400);
        show();
    }
    std::vector<QRect> places() const
    {
        return {field->geometry(), run->geometry(), results->geometry()};
    }
    std::vector<QToolButton*> closers() const
    {
        std::vector<QToolButton*> shown;
        for (QToolButton* button : bar->findChildren<QToolButton*>(QStringLiteral("closeMessage")))
            if (button->isVisible())
                shown.push_back(button);
        return shown;
    }

    QLineEdit* field = new QLineEdit(this);
    QPushButton* run = new QPushButton(QStringLiteral("Run"), this);
    QWidget* results = new QWidget(this);
    MessageBar* bar = new MessageBar(this);
};

const QString kLong = QString(QStringLiteral("A file that cannot be read. ")).repeated(60);

TEST(MessageBarTest, MovesNothingAndLeavesTheControlsFree)
{
    Page page;
    const std::vector<QRect> before = page.places();
    EXPECT_FALSE(page.bar->isVisible());
    page.bar->showError(QStringLiteral("config.json: field `n_layer` is missing."));
    QCoreApplication::processEvents();
    ASSERT_TRUE(page.bar->isVisible());
    EXPECT_EQ(page.places(), before);
    EXPECT_TRUE(page.results->geometry().contains(page.bar->geometry()));
    EXPECT_EQ(page.childAt(page.run->geometry().center()), page.run);
    EXPECT_TRUE(page.bar->accessibleName().contains(QStringLiteral("n_layer")));
    page.bar->showMessage(MessageBar::Kind::Warning, kLong, QStringLiteral("files"));
    QCoreApplication::processEvents();
    EXPECT_EQ(page.places(), before);
    EXPECT_LE(page.bar->height(), page.results->height() / 2);
    EXPECT_GT(page.bar->height(), page.fontMetrics().lineSpacing() * 2);
    page.resize(800, 700);
    QCoreApplication::processEvents();
    EXPECT_TRUE(page.results->geometry().contains(page.bar->geometry()));
    page.bar->clear();
    EXPECT_FALSE(page.bar->isVisible());
}

TEST(MessageBarTest, EscapeOnThePageClosesTheNewest)
{
    Page page;
    page.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&page));
    page.field->setFocus();
    page.bar->showMessage(MessageBar::Kind::Info, QStringLiteral("first"), QStringLiteral("a"));
    page.bar->showMessage(MessageBar::Kind::Error, QStringLiteral("second"), QStringLiteral("b"));
    EXPECT_EQ(page.bar->text(), QStringLiteral("first\nsecond"));
    EXPECT_EQ(page.bar->kind(), MessageBar::Kind::Error);
    EXPECT_TRUE(page.field->hasFocus()); // a message takes nobody's place at the keyboard
    QTest::keyClick(page.field, Qt::Key_Escape);
    EXPECT_EQ(page.bar->text(), QStringLiteral("first"));
    page.bar->setFocus();
    EXPECT_TRUE(page.bar->hasFocus());
    QTest::keyClick(page.bar, Qt::Key_Escape);
    EXPECT_TRUE(page.bar->text().isEmpty());
    EXPECT_FALSE(page.bar->isVisible());
}

TEST(MessageBarTest, EachHasItsButtonAndItsCause)
{
    Page page;
    for (const char* cause : {"trace", "prune", "save"})
        page.bar->showMessage(MessageBar::Kind::Error,
            QLatin1String(cause) + QLatin1String(" failed"), QLatin1String(cause));
    page.bar->showMessage(
        MessageBar::Kind::Error, QStringLiteral("trace failed again"), QStringLiteral("trace"));
    EXPECT_EQ(page.bar->text(), QStringLiteral("prune failed\nsave failed\ntrace failed again"));
    ASSERT_EQ(page.closers().size(), 3u);
    QTest::mouseClick(page.closers()[1], Qt::LeftButton);
    EXPECT_EQ(page.bar->text(), QStringLiteral("prune failed\ntrace failed again"));
    page.bar->dismiss(QStringLiteral("prune"));
    page.bar->dismiss(QStringLiteral("nothing"));
    EXPECT_EQ(page.bar->text(), QStringLiteral("trace failed again"));
}

class MessageBarOfPages : public tests::UiTest { };

TEST_F(MessageBarOfPages, AnErrorMovesNothingAndLeavesWithItsCause)
{
    openSample();
    ui::PromptPage page(&session, &selection);
    page.resize(1000, 700);
    page.show();
    auto* text = find<QPlainTextEdit>(page, "promptText");
    auto* button = find<QPushButton>(page, "analyzeButton");
    auto* bar = page.findChild<MessageBar*>();
    QTest::keyClicks(text, QStringLiteral("a"));
    ASSERT_TRUE(await([&] { return page.analysis() && !session.isBusy(); }));
    const auto places
        = [&] { return std::pair(text->mapTo(&page, QPoint()), button->mapTo(&page, QPoint())); };
    const auto before = places();
    engine->script<core::AnalyzeRequest>().failWith("The prompt has 600 tokens. Shorten it.");
    QTest::mouseClick(button, Qt::LeftButton);
    ASSERT_TRUE(await([&] { return bar->isVisible(); }));
    settle();
    EXPECT_EQ(places(), before);
    QTest::keyClicks(text, QStringLiteral("b")); // another prompt than the one it spoke of
    EXPECT_FALSE(bar->isVisible());
}

} // namespace
