#include "core/api/whole_examples.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/example_list.h"
#include "ui/features/shown_examples.h"
#include "ui/session/settings.h"
#include "ui/shared/token_strip.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QToolButton>

namespace {

core::FeatureExample exampleOf(const std::vector<std::string>& tokens, int peak, float value)
{
    core::FeatureExample example;
    example.tokens = tokens;
    example.activations.assign(tokens.size(), 0.0f);
    example.activations[static_cast<std::size_t>(peak)] = value;
    example.peak = peak;
    return example;
}

std::vector<std::string> letters(int count)
{
    std::vector<std::string> tokens;
    for (int i = 0; i < count; ++i)
        tokens.emplace_back(1, static_cast<char>('a' + i));
    return tokens;
}

TEST(ShownExamples, AreCutAroundTheirPeakAndAtTheEdgesOfTheText)
{
    const auto cut = [](int peak, int tokens) {
        return ui::cutToContext(exampleOf(letters(12), peak, 1.0f), tokens);
    };
    EXPECT_EQ(ui::textOf(cut(6, 5)), "defgh"); // three before it, one after
    EXPECT_EQ(cut(6, 5).peak, 3);
    EXPECT_FLOAT_EQ(cut(6, 5).activations[3], 1.0f);
    EXPECT_EQ(cut(6, 5).start, 3);
    EXPECT_EQ(ui::textOf(cut(0, 5)), "abcde");
    EXPECT_EQ(ui::textOf(cut(11, 5)), "hijkl");
    EXPECT_EQ(cut(11, 5).peak, 4);
    EXPECT_EQ(ui::textOf(cut(6, 16)), "abcdefghijkl");
    EXPECT_EQ(ui::textOf(cut(6, 0)), "abcdefghijkl");
}

TEST(ShownExamples, WithTheSameTextAroundThePeakAreOneTheStrongest)
{
    auto other = letters(12);
    other[0] = "X"; // outside of five tokens
    const std::vector<core::FeatureExample> all{exampleOf(letters(12), 6, 1.0f),
        exampleOf(other, 6, 3.0f), exampleOf(letters(12), 7, 2.0f),
        exampleOf(letters(12), 6, 2.0f)};
    const auto five = ui::foldedExamples(all, 5);
    ASSERT_EQ(five.size(), 2u);
    EXPECT_EQ(five[0].count, 3);
    EXPECT_FLOAT_EQ(five[0].example.activations[3], 3.0f);
    EXPECT_EQ(five[1].count, 1);
    const auto whole = ui::foldedExamples(all, 0);
    ASSERT_EQ(whole.size(), 3u);
    EXPECT_EQ(whole[0].count, 2);
}

class ExampleListTest : public tests::UiTest {
protected:
    ExampleListTest()
        : list(&session, &settings, QLatin1String("test-examples"))
    {
        list.resize(500, 600);
        list.show();
    }
    void show(core::FeatureCard card)
    {
        list.setCard(std::make_shared<core::FeatureCard>(std::move(card)));
    }
    core::FeatureCard sample() const
    {
        return tests::sampleCard({"saes/layer_2", core::FeatureId(4)});
    }
    void choose(const char* name, const QString& text)
    {
        auto* box = find<QComboBox>(list, name);
        const int at = box->findText(text, Qt::MatchStartsWith);
        ASSERT_GE(at, 0) << text.toStdString();
        box->setCurrentIndex(at);
        Q_EMIT box->activated(at);
    }
    std::vector<ui::TokenStrip*> strips() const
    {
        const auto found = list.findChildren<ui::TokenStrip*>();
        return {found.begin(), found.end()};
    }

    QTemporaryDir folder;
    ui::Settings settings{folder.path()};
    ui::ExampleList list;
};

TEST_F(ExampleListTest, ContextIsChosenAndRemembered)
{
    show(sample());
    choose("exampleContext", QStringLiteral("5"));
    ASSERT_FALSE(strips().empty());
    for (const ui::TokenStrip* strip : strips())
        EXPECT_EQ(strip->tokens().size(), 5u);
    EXPECT_EQ(settings.value(ui::SettingKey::ExampleContext).toString(), QStringLiteral("5"));
    ui::ExampleList another(&session, &settings, QLatin1String("another"));
    EXPECT_EQ(
        find<QComboBox>(another, "exampleContext")->currentText(), QStringLiteral("5 tokens"));
    EXPECT_TRUE(calls<core::WholeExamplesRequest>().empty());
}

TEST_F(ExampleListTest, EqualOnesAreFoldedAndSayHowMany)
{
    show(sample()); // both examples of each interval are one text
    EXPECT_EQ(list.exampleCount(), 4);
    const auto times = list.findChildren<QLabel*>(QStringLiteral("exampleTimes"));
    ASSERT_EQ(times.size(), 4);
    EXPECT_EQ(times.front()->text(), QStringLiteral("× 2"));
}

TEST_F(ExampleListTest, OneIntervalIsShownAtATime)
{
    show(sample());
    auto* box = find<QComboBox>(list, "exampleInterval");
    ASSERT_EQ(box->count(), 5); // all, and four
    choose("exampleInterval", box->itemText(2));
    EXPECT_EQ(list.exampleCount(), 1);
    // Chosen for the next feature as well; where nothing is in it that is said.
    core::FeatureCard other = tests::sampleCard({"saes/layer_2", core::FeatureId(6)});
    other.intervals[1].examples.clear();
    show(other);
    EXPECT_EQ(list.exampleCount(), 0);
    bool isSaid = false;
    for (const QLabel* label : list.findChildren<QLabel*>())
        isSaid = isSaid || label->text().contains(QStringLiteral("No example"));
    EXPECT_TRUE(isSaid);
}

TEST_F(ExampleListTest, WholePassagesAreReadOnceForThoseShown)
{
    show(sample());
    auto* box = find<QComboBox>(list, "exampleInterval");
    choose("exampleInterval", box->itemText(1));
    choose("exampleContext", QStringLiteral("Whole"));
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    ASSERT_EQ(calls<core::WholeExamplesRequest>().size(), 1u);
    EXPECT_EQ(calls<core::WholeExamplesRequest>()[0].passages, (std::vector<std::int64_t>{6, 7}));
    ASSERT_EQ(strips().size(), 2u); // their whole texts differ
    EXPECT_EQ(strips()[0]->tokens().size(), 46u);
    EXPECT_FALSE(find<QLabel>(list, "exampleNote")->isVisible());
    choose("exampleContext", QStringLiteral("16"));
    choose("exampleContext", QStringLiteral("Whole"));
    EXPECT_EQ(calls<core::WholeExamplesRequest>().size(), 1u); // known already
}

TEST_F(ExampleListTest, WhatCannotBeReadIsSaidAndTheStoredPartStays)
{
    engine->script<core::WholeExamplesRequest>().failWith("no such dictionary is open");
    show(sample());
    choose("exampleContext", QStringLiteral("Whole"));
    auto* note = find<QLabel>(list, "exampleNote");
    ASSERT_TRUE(await([&] { return note->text().contains(QStringLiteral("no such")); }));
    EXPECT_TRUE(note->isVisible());
    EXPECT_GT(list.exampleCount(), 0);
}

TEST_F(ExampleListTest, LinesBreakOnlyWhereAsked)
{
    core::FeatureCard card = sample();
    card.intervals.resize(1);
    card.intervals[0].examples = {exampleOf({"one", "\n", " two", "\n", " three"}, 2, 2.0f)};
    show(card);
    ASSERT_EQ(strips().size(), 1u);
    ui::TokenStrip* strip = strips()[0];
    const int broken = strip->heightForWidth(400);
    find<QToolButton>(list, "exampleLineBreaks")->click();
    const int flowing = strip->heightForWidth(400);
    EXPECT_GT(broken, 2 * flowing);
    EXPECT_FALSE(settings.value(ui::SettingKey::ExampleLineBreaks).toBool());
}

TEST_F(ExampleListTest, AnExampleIsTriedOrCopied)
{
    show(sample());
    QSignalSpy chosen(&list, &ui::ExampleList::exampleChosen);
    QToolButton *tries = nullptr, *copies = nullptr;
    for (QToolButton* button : list.findChildren<QToolButton*>()) {
        if (button->accessibleName() == QStringLiteral("Try this example") && !tries)
            tries = button;
        if (button->accessibleName() == QStringLiteral("Copy this example") && !copies)
            copies = button;
    }
    ASSERT_TRUE(tries && copies);
    tries->click();
    ASSERT_EQ(chosen.count(), 1);
    const QString text = chosen[0][0].toString();
    EXPECT_TRUE(text.contains(QStringLiteral("Golden Gate Bridge")));
    copies->click();
    EXPECT_EQ(QGuiApplication::clipboard()->text(), text);
}

} // namespace
