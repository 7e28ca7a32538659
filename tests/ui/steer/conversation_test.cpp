// An answer becomes part of a conversation that goes on.
#include "tests/ui/steer/steer_test.h"
#include "ui/steer/conversation_panel.h"

#include <QCheckBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>

namespace {

using Turns = std::vector<core::ChatTurn>;

class ConversationTest : public tests::SteerTest {
protected:
    void chat()
    {
        openModel(true);
        EXPECT_TRUE(find<QCheckBox>("chatSwitch")->isChecked());
        page.setPrompt(QStringLiteral("Hello!"));
        write();
    }
    QPushButton* replyButton() { return find<QPushButton>("replyButton"); }
    QList<QPlainTextEdit*> messages()
    {
        QList<QPlainTextEdit*> shown;
        for (auto* one : page.findChildren<QPlainTextEdit*>(QStringLiteral("turnText")))
            if (!one->isHidden() && !one->parentWidget()->isHidden())
                shown << one;
        return shown;
    }
    const Turns said{{"user", "Hello!"}, {"assistant", "s0 s1 s2"}};
};

TEST_F(ConversationTest, AReplyTurnsPromptAndSteeredAnswerIntoEarlierTurns)
{
    chat();
    ASSERT_TRUE(replyButton()->isEnabled());
    replyButton()->click();
    EXPECT_TRUE(page.prompt().isEmpty());
    EXPECT_EQ(page.request().earlier, said);
    EXPECT_FALSE(replyButton()->isEnabled()) << "it is answered";
    page.setPrompt(QStringLiteral("And then?"));
    write();
    EXPECT_TRUE(asked().isChat);
    EXPECT_EQ(asked().earlier, said);
    EXPECT_EQ(asked().prompt, "And then?");
    replyButton()->click();
    EXPECT_EQ(page.request().earlier.size(), 4u);
}

TEST_F(ConversationTest, MessagesAreEditedTakenOutAndForgottenUndoably)
{
    chat();
    replyButton()->click();
    ASSERT_EQ(messages().size(), 2);
    const int before = session.undoStack()->count();
    messages()[1]->setPlainText(QStringLiteral("Another"));
    messages()[1]->setPlainText(QStringLiteral("Another answer"));
    EXPECT_EQ(session.undoStack()->count(), before + 1) << "what is typed into one is one step";
    EXPECT_EQ(page.request().earlier[1].text, "Another answer");
    session.undoStack()->undo();
    EXPECT_EQ(page.request().earlier, said);
    EXPECT_EQ(messages()[1]->toPlainText(), QStringLiteral("s0 s1 s2"));
    page.findChild<QToolButton*>(QStringLiteral("removeTurn"))->click();
    EXPECT_EQ(page.request().earlier, Turns{said[1]});
    session.undoStack()->undo();
    find<QPushButton>("startOverButton")->click();
    EXPECT_TRUE(page.request().earlier.empty());
    session.undoStack()->undo();
    EXPECT_EQ(page.request().earlier, said);
    session.undoStack()->undo();
    EXPECT_TRUE(page.request().earlier.empty()) << "the reply itself";
    EXPECT_EQ(page.prompt(), QStringLiteral("Hello!"));
}

TEST_F(ConversationTest, TheTokensAreCountedWithWhatWasSaidBefore)
{
    chat();
    replyButton()->click();
    page.setPrompt(QStringLiteral("And then?"));
    ASSERT_TRUE(await([&] {
        const auto& counted = calls<core::TokenizeRequest>();
        return !counted.empty() && counted.back().earlier == said;
    }));
    EXPECT_EQ(calls<core::TokenizeRequest>().back().form, core::PromptForm::Chat);
}

TEST_F(ConversationTest, WithoutAChatTemplateItSaysWhyItCannot)
{
    write();
    EXPECT_FALSE(replyButton()->isEnabled());
    EXPECT_TRUE(replyButton()->toolTip().contains(QStringLiteral("chat template")));
    EXPECT_TRUE(page.findChild<ui::ConversationPanel*>()->isHidden());
}

TEST_F(ConversationTest, IsKeptWithTheSession)
{
    chat();
    replyButton()->click();
    core::SavedSession kept;
    page.save(kept);
    EXPECT_EQ(kept.steer.earlier, said);
    ui::SteerPage next(&session, &selection, &settings);
    next.restore(kept);
    EXPECT_EQ(next.request().earlier, said);
    EXPECT_TRUE(next.request().isChat);
}

} // namespace
