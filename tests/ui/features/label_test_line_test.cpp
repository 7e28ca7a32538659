#include "ui/features/label_test_line.h"

#include "core/api/feature_card.h"
#include "core/api/suggest_labels.h"
#include "core/api/test_label.h"
#include "tests/ui/support/ui_test.h"
#include "ui/features/feature_card.h"
#include "ui/features/feature_table_model.h"
#include "ui/features/features_page.h"

#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

namespace {

using Line = tests::UiTest;

core::FeatureCard suggested(double score)
{
    core::FeatureCard card;
    card.row.feature = {"saes/layer_2", core::FeatureId(3)};
    card.row.maxActivation = 1.0f;
    card.harvestedTokens = 1000;
    core::LabelTest test;
    test.score = score;
    test.bar = 0.61;
    test.rule = "about fog, bay";
    if (score > 0.61) {
        test.input = "about fog, bay";
        card.row.label = {"about fog, bay", "", core::LabelSource::Suggested, score};
    } else {
        test.evidence = {{"at", "fog", 4.0}, {"next", "ferry", 2.5}};
    }
    card.suggestion = test;
    return card;
}

TEST_F(Line, SaysHowWellALabelPredictsOrWhyThereIsNone)
{
    ui::LabelTestLine line(&session);
    const auto* text = line.findChild<QLabel*>(QStringLiteral("labelTest"));
    line.setCard(suggested(0.84));
    EXPECT_TRUE(text->text().contains(QStringLiteral("0.84"))) << text->text().toStdString();
    EXPECT_TRUE(text->toolTip().contains(QStringLiteral("about fog, bay")));
    line.setCard(suggested(0.56));
    EXPECT_TRUE(text->text().contains(QStringLiteral("No label"))) << text->text().toStdString();
    EXPECT_TRUE(text->text().contains(QStringLiteral("(0.56, bar 0.61)")));
    EXPECT_TRUE(text->text().contains(QStringLiteral("on fog; just before ferry")));
    core::FeatureCard mine = suggested(0.84);
    mine.row.label = {"Fog", "", core::LabelSource::Person, 0.71};
    mine.personal = core::LabelTest{.score = 0.71};
    line.setCard(mine);
    EXPECT_TRUE(text->text().contains(QStringLiteral("Its words predict firing: 0.71")));
    mine.personal->score.reset();
    line.setCard(mine);
    EXPECT_TRUE(text->text().startsWith(QStringLiteral("Cannot be tested")));
    core::FeatureCard old = suggested(0.84);
    old.suggestion.reset();
    line.setCard(old);
    EXPECT_TRUE(text->text().contains(QStringLiteral("never tested")));
}

TEST_F(Line, ALabelThatWasTypedGetsItsScoreOnTheCardAndInTheList)
{
    openSample();
    ui::FeaturesPage page(&session, &selection);
    page.show();
    ASSERT_TRUE(await([&] { return page.model()->rowAt(0) != nullptr; }));
    ui::FeatureCard card(&session, &selection);
    card.show();
    const core::FeatureRef feature = page.model()->featureAt(0);
    selection.setFeature(feature);
    ASSERT_TRUE(await([&] { return card.card() && card.card()->row.feature == feature; }));
    engine->hold();
    auto* text = card.findChild<QLineEdit*>(QStringLiteral("labelText"));
    text->selectAll();
    QTest::keyClicks(text, QStringLiteral("bridge"));
    Q_EMIT text->editingFinished();
    const auto* line = card.findChild<QLabel*>(QStringLiteral("labelTest"));
    ASSERT_TRUE(await([&] { return engine->waiting() > 0; }));
    engine->release(0); // the label is kept; its test is still running
    ASSERT_TRUE(await([&] { return line->text().startsWith(QStringLiteral("Testing")); }))
        << line->text().toStdString();
    EXPECT_EQ(engine->script<core::TestLabelRequest>().calls.back().feature, feature);
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return line->text().contains(QStringLiteral("0.81")); }))
        << line->text().toStdString();
    EXPECT_EQ(page.model()->rowAt(0)->label.score, 0.81);
    EXPECT_EQ(text->text(), QStringLiteral("bridge"));
}

TEST_F(Line, AnAnswerForTheNameBeforeIsNotShown)
{
    openSample();
    std::vector<std::string> tested;
    QObject::connect(&session, &ui::Session::labelTested, &session,
        [&](const core::TestedLabel& of) { tested.push_back(of.row.label.text); });
    const core::FeatureRef feature{"saes/layer_2", core::FeatureId(3)};
    session.setLabel({feature, {"fog", "", core::LabelSource::Person}});
    ASSERT_TRUE(await([&] { return tested.size() == 1; }));
    engine->hold();
    session.testLabel(feature);
    session.setLabel({feature, {"bay", "", core::LabelSource::Person}});
    ASSERT_EQ(engine->waiting(), 2);
    engine->release(0); // while "bay" is on its way
    engine->releaseAll();
    ASSERT_TRUE(await([&] { return !session.isBusy(); }));
    EXPECT_EQ(tested, (std::vector<std::string>{"fog", "bay"}));
}

TEST_F(Line, EarlierLabelsAreReadAndTakenBack)
{
    engine->script<core::LabelHistoryRequest>().answer
        = [](const core::LabelHistoryRequest& request) -> core::Result<core::LabelHistory> {
        return core::LabelHistory{request.feature,
            {{"Golden Gate", core::LabelSource::Person, {}, "2026-01-31 12:00:00"},
                {"architects, dolphins", core::LabelSource::Suggested, 0.51,
                    "2026-01-30 09:00:00"}}};
    };
    ui::LabelTestLine line(&session);
    line.setCard(suggested(0.84));
    line.show();
    auto* menu = line.findChild<QMenu*>(QStringLiteral("labelHistoryMenu"));
    line.findChild<QToolButton*>(QStringLiteral("labelHistory"))->click();
    ASSERT_TRUE(await([&] { return menu->actions().size() == 2; }));
    EXPECT_TRUE(menu->actions()[0]->text().contains(QStringLiteral("Golden Gate")));
    EXPECT_TRUE(menu->actions()[0]->text().contains(QStringLiteral("2026-01-31")));
    EXPECT_TRUE(menu->actions()[1]->text().contains(QStringLiteral("0.51")));
    QSignalSpy chosen(&line, &ui::LabelTestLine::labelChosen);
    menu->actions()[0]->trigger();
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen.at(0).at(0).toString(), QStringLiteral("Golden Gate"));
    menu->close();
}

TEST_F(Line, ThePageSuggestsAnewAndSaysWhatCameOfIt)
{
    openSample();
    engine->script<core::SuggestLabelsRequest>().answer
        = [](const core::SuggestLabelsRequest&) -> core::Result<core::LabelSuggestions> {
        return core::LabelSuggestions{{{"saes/layer_2", 100, 90, 70, true, {}, {}}}, 1.0};
    };
    ui::FeaturesPage page(&session, &selection);
    page.show();
    ASSERT_TRUE(await([&] { return page.model()->rowCount() > 0; }));
    QSignalSpy made(&session, &ui::Session::labelsSuggested);
    page.findChild<QMenu*>(QStringLiteral("labelMenu"))->actions().front()->trigger();
    ASSERT_TRUE(await([&] { return made.count() == 1; }));
    bool isSaid = false;
    for (const QLabel* label : page.findChildren<QLabel*>())
        isSaid = isSaid || label->text().contains(QStringLiteral("70 of 100"));
    EXPECT_TRUE(isSaid);
}

} // namespace
