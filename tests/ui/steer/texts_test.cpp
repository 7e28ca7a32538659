// What is shown of the texts: the strip of tokens, what is on topic, what was spent.
#include "tests/ui/steer/steer_test.h"
#include "ui/steer/stream_pane.h"
#include "ui/steer/text_columns.h"
#include "ui/steer/token_lanes.h"

#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTextBlock>
#include <QTextCursor>

namespace {

using Stream = ui::TextColumns::Stream;

class TextsTest : public tests::SteerTest {
protected:
    ui::StreamPane* pane(Stream stream) { return page.texts()->pane(stream); }
    static QStringList underlined(ui::StreamPane* pane)
    {
        QStringList found;
        const QTextDocument* document = pane->findChild<QPlainTextEdit*>()->document();
        for (QTextBlock block = document->begin(); block.isValid(); block = block.next())
            for (auto part = block.begin(); !part.atEnd(); ++part)
                if (part.fragment().charFormat().fontUnderline())
                    found << part.fragment().text();
        return found;
    }
};

TEST_F(TextsTest, TokensOnTopicAreUnderlinedWhileTheTextIsStillWritten)
{
    engine->hold();
    page.generate();
    ASSERT_TRUE(
        await([&] { return pane(Stream::Steered)->text() == QStringLiteral(" s0 s1 s2"); }));
    EXPECT_TRUE(session.isBusy());
    EXPECT_EQ(underlined(pane(Stream::Steered)), QStringList(QStringLiteral(" s1")));
    EXPECT_TRUE(underlined(pane(Stream::Normal)).isEmpty());
    const QString live = pane(Stream::Steered)->figures();
    EXPECT_TRUE(live.contains(QStringLiteral("on topic 50.0 %"))) << live.toStdString();
    EXPECT_TRUE(live.contains(QStringLiteral("spent 0.375 nats so far"))) << live.toStdString();
    EXPECT_TRUE(pane(Stream::Normal)->figures().contains(QStringLiteral("on topic 0 %")));
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    const QString end = pane(Stream::Steered)->figures();
    EXPECT_TRUE(end.contains(QStringLiteral("spent 21.3 of at most 26.0 nats")))
        << end.toStdString();
    const QString both = find<QLabel>("experimentFigures")->text();
    EXPECT_TRUE(both.contains(QStringLiteral("normal 0 %, steered 50.0 %"))) << both.toStdString();
    EXPECT_TRUE(pane(Stream::Steered)
                    ->findChild<QLabel*>(QStringLiteral("streamFigures"))
                    ->toolTip()
                    .contains(QStringLiteral("at most budget × tokens")));
}

TEST_F(TextsTest, TheStripHasAColumnForEachTokenAndSaysItsNumbers)
{
    write();
    ui::TokenLanes* lanes = pane(Stream::Steered)->lanes();
    ASSERT_EQ(lanes->count(), 3);
    const QString tip = lanes->tooltipOf(1);
    for (const char* part : {"token 2", "s1", "λ 0.25", "KL of the change alone: 10.5 nats",
             "spent: 0.125 nats", "‖Δ‖/‖x‖: 0.75"})
        EXPECT_TRUE(tip.contains(QString::fromUtf8(part))) << part << " in " << tip.toStdString();
    EXPECT_EQ(pane(Stream::Normal)->lanes(), nullptr);
    EXPECT_EQ(lanes->toTable().count(QLatin1Char('\n')), 4);
}

TEST_F(TextsTest, AColumnThatIsClickedChoosesItsTokenInTheText)
{
    page.resize(1200, 800);
    page.show();
    write();
    ui::TokenLanes* lanes = pane(Stream::Steered)->lanes();
    int x = 0;
    while (x < lanes->width() && lanes->tokenAt({x, 3}) != 1)
        ++x;
    ASSERT_LT(x, lanes->width());
    QTest::mouseClick(lanes, Qt::LeftButton, {}, {x + 1, 3});
    const ui::TextColumns::Place there{Stream::Steered, 1};
    EXPECT_EQ(page.texts()->chosen(), there);
    EXPECT_TRUE(find<QLabel>("chosenToken")->text().contains(QStringLiteral("s1")));
    const auto marks = pane(Stream::Steered)->findChild<QPlainTextEdit*>()->extraSelections();
    ASSERT_EQ(marks.size(), 1);
    EXPECT_EQ(marks[0].cursor.selectedText(), QStringLiteral(" s1"));
    QTest::keyClick(lanes, Qt::Key_Right);
    EXPECT_EQ(page.texts()->chosen().token, 2);
    QTest::keyClick(lanes, Qt::Key_Home);
    EXPECT_EQ(page.texts()->chosen().token, 0);
}

TEST_F(TextsTest, ATokenThatIsClickedInTheTextIsChosen)
{
    page.resize(1200, 800);
    page.show();
    write();
    auto* edit = pane(Stream::Normal)->findChild<QPlainTextEdit*>();
    QTextCursor cursor = edit->document()->find(QStringLiteral("n2"));
    ASSERT_FALSE(cursor.isNull());
    cursor.setPosition(cursor.selectionStart());
    const QPoint letter = edit->cursorRect(cursor).center() + QPoint(3, 0);
    QTest::mouseClick(edit->viewport(), Qt::LeftButton, {}, letter);
    const ui::TextColumns::Place there{Stream::Normal, 2};
    EXPECT_EQ(page.texts()->chosen(), there);
    EXPECT_EQ(pane(Stream::Steered)->lanes()->current(), -1);
}

TEST_F(TextsTest, FreeAndFrozenAttentionStandSideBySide)
{
    page.show();
    EXPECT_FALSE(pane(Stream::Other)->isVisible());
    auto* attention = find<QComboBox>("attentionChoice");
    attention->setCurrentIndex(2);
    write();
    EXPECT_TRUE(asked().settings.otherAttention);
    EXPECT_FALSE(asked().settings.freezeAttention);
    EXPECT_TRUE(pane(Stream::Other)->isVisible());
    EXPECT_EQ(pane(Stream::Other)->text(), QStringLiteral(" o0 o1 o2"));
    session.undoStack()->undo();
    EXPECT_EQ(attention->currentIndex(), 0);
    write();
    EXPECT_FALSE(pane(Stream::Other)->isVisible());
}

} // namespace
