// The line below a prompt: how long it is, what to do where it is too long, whether what is shown
// belongs to it.
#include "ui/shared/prompt_line.h"

#include "core/api/analyze.h"
#include "core/api/generate.h"
#include "core/api/tokenize.h"
#include "core/api/trace.h"
#include "tests/ui/support/circuit_test.h"
#include "tests/ui/support/ui_test.h"
#include "ui/circuit/circuit_page.h"
#include "ui/circuit/patching/patch_panel.h"
#include "ui/prompt/prompt_page.h"
#include "ui/steer/steer_page.h"

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>
#include <QVBoxLayout>

namespace {

constexpr int kContext = 8;

/// A token for each letter, and one at the beginning that the tokenizer adds.
core::Tokenization byLetters(const core::TokenizeRequest& request)
{
    core::Tokenization tokens;
    const auto add = [&](int begin, int end) {
        tokens.ids.emplace_back(0);
        tokens.tokens.emplace_back();
        tokens.offsets.emplace_back(begin, end);
    };
    if (request.addSpecial)
        add(0, 0);
    for (int i = 0; i < static_cast<int>(request.text.size()); ++i)
        add(i, i + 1); // also of a letter's second byte, as byte-level tokenizers do
    return tokens;
}

class PromptLineTest : public tests::UiTest {
protected:
    void SetUp() override
    {
        engine->script<core::OpenModelRequest>().answer = [](const core::OpenModelRequest& asked) {
            core::EngineState state = tests::sampleState();
            state.model.path = asked.path;
            state.model.n_ctx = kContext;
            return state;
        };
        engine->script<core::TokenizeRequest>().answer = byLetters;
        openSample();
    }
    static QString words(const QWidget& page)
    {
        return page.findChild<QLabel*>(QStringLiteral("promptTokens"))->text();
    }
    static bool isStale(const QWidget& page)
    {
        return page.findChild<QLabel*>(QStringLiteral("staleMark"))->isVisibleTo(&page);
    }
    QToolButton* button(QWidget& page, const char* name) { return find<QToolButton>(page, name); }
};

TEST_F(PromptLineTest, CountsWhileOneTypes)
{
    QWidget page;
    auto* field = new QLineEdit(&page);
    ui::PromptLine line(&session, field, &page);
    page.show();
    EXPECT_EQ(words(page), QString());
    QTest::keyClicks(field, QStringLiteral("abc"));
    EXPECT_TRUE(await([&] { return words(page) == QStringLiteral("4 of 8 tokens"); }));
    EXPECT_FALSE(session.isBusy()); // nobody waits for a count
    // While one question is on its way the newest text waits for it: no queue of letters.
    engine->hold();
    const std::size_t before = calls<core::TokenizeRequest>().size();
    QTest::keyClicks(field, QStringLiteral("d"));
    ASSERT_TRUE(await([&] { return engine->waiting() == 1; }));
    QTest::keyClicks(field, QStringLiteral("efg"));
    engine->releaseAll();
    EXPECT_TRUE(await([&] { return words(page) == QStringLiteral("8 of 8 tokens"); }));
    EXPECT_EQ(calls<core::TokenizeRequest>().size(), before + 2);
    field->clear();
    EXPECT_EQ(words(page), QString());
}

TEST_F(PromptLineTest, CutsToWhatFitsAndIsUndone)
{
    QWidget page;
    auto* field = new QPlainTextEdit(&page);
    ui::PromptLine line(&session, field, &page);
    page.show();
    field->setPlainText(QStringLiteral("abcdefghij"));
    ASSERT_TRUE(await([&] { return words(page) == QStringLiteral("11 of 8 tokens: 3 too many"); }));
    ASSERT_TRUE(button(page, "useLast")->isVisible());
    EXPECT_EQ(button(page, "useLast")->text(), QStringLiteral("Use the last 8"));
    button(page, "useLast")->click();
    ASSERT_TRUE(await([&] { return field->toPlainText() == QStringLiteral("defghij"); }));
    EXPECT_TRUE(await([&] { return words(page) == QStringLiteral("8 of 8 tokens"); }));
    EXPECT_FALSE(button(page, "useLast")->isVisible());
    field->undo();
    EXPECT_EQ(field->toPlainText(), QStringLiteral("abcdefghij"));
    ASSERT_TRUE(await([&] { return button(page, "useFirst")->isVisible(); }));
    button(page, "useFirst")->click();
    EXPECT_TRUE(await([&] { return field->toPlainText() == QStringLiteral("abcdefg"); }));
    // Letters of two bytes are never cut in the middle.
    field->setPlainText(QStringLiteral("ééééé"));
    ASSERT_TRUE(await([&] { return button(page, "useLast")->isVisible(); }));
    button(page, "useLast")->click();
    EXPECT_TRUE(await([&] { return field->toPlainText() == QStringLiteral("ééé"); }));
}

TEST_F(PromptLineTest, SaysBeforehandWhereWritingStops)
{
    QWidget page;
    auto* field = new QLineEdit(QStringLiteral("abcd"), &page); // five tokens with the first
    ui::PromptLine line(&session, field, &page);
    page.show();
    line.setToWrite(4); // the last token written is not read
    ASSERT_TRUE(await([&] { return words(page) == QStringLiteral("5 of 8 tokens"); }));
    line.setToWrite(5);
    EXPECT_EQ(words(page),
        QStringLiteral("5 of 8 tokens: writing stops after 4, where the context ends"));
    EXPECT_EQ(button(page, "useLast")->text(), QStringLiteral("Use the last 4"));
    button(page, "useLast")->click();
    EXPECT_TRUE(await([&] { return field->text() == QStringLiteral("bcd"); }));
    field->undo();
    EXPECT_EQ(field->text(), QStringLiteral("abcd"));
}

TEST_F(PromptLineTest, EveryPromptHasOne)
{
    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::PromptPage prompt(&session, &selection);
    ui::SteerPage steer(&session, &selection, &settings);
    ui::CircuitPage circuit(&session, &selection, &settings);
    prompt.setPrompt(QStringLiteral("abc"));
    EXPECT_TRUE(await([&] { return words(prompt) == QStringLiteral("4 of 8 tokens"); }));
    steer.setPrompt(QStringLiteral("ab"));
    const QString early
        = QStringLiteral("3 of 8 tokens: writing stops after 6, where the context ends");
    EXPECT_TRUE(await([&] { return words(steer) == early; })) << words(steer).toStdString();
    EXPECT_EQ(circuit.findChildren<ui::PromptLine*>().size(), 3); // and two of patching
    const auto asked = calls<core::TokenizeRequest>();
    EXPECT_TRUE(std::any_of(asked.begin(), asked.end(),
        [](const core::TokenizeRequest& one) { return one.form == core::PromptForm::Traced; }));
}

TEST_F(PromptLineTest, AnAnalysisOfAnEarlierPromptIsMarked)
{
    ui::PromptPage page(&session, &selection);
    page.setPrompt(QStringLiteral("abc"));
    ASSERT_TRUE(await([&] { return page.analysis() != nullptr; }));
    EXPECT_FALSE(isStale(page));
    engine->script<core::AnalyzeRequest>().failWith("The prompt has 20 tokens. Shorten it.");
    page.setPrompt(QStringLiteral("abcdefghijklmnopqrs"));
    EXPECT_TRUE(isStale(page));
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_TRUE(isStale(page)); // it failed: what is shown is still the earlier one's
    page.setPrompt(QStringLiteral("abc"));
    EXPECT_FALSE(isStale(page));
}

TEST_F(PromptLineTest, TextsOfAnEarlierPromptAreMarked)
{
    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::SteerPage page(&session, &selection, &settings);
    EXPECT_FALSE(isStale(page)); // nothing is shown yet
    page.setPrompt(QStringLiteral("ab"));
    page.generate();
    ASSERT_TRUE(await([&] { return page.generation() && !session.isBusy(); }));
    EXPECT_FALSE(isStale(page));
    page.setPrompt(QStringLiteral("abc"));
    EXPECT_TRUE(isStale(page));
    page.generate();
    EXPECT_FALSE(isStale(page));
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
}

} // namespace
