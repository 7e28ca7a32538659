#include "core/circuits/explain/box_name.h"
#include "core/circuits/explain/likeness.h"
#include "core/circuits/explain/story.h"
#include "tests/core/circuits/explain/toy_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(MeaningWords, LeavesOutWhatLabelsAreBuiltWithAndWhereTheFeatureStands)
{
    EXPECT_THAT(meaningWords("Texan cities → says Austin", " is"),
        ElementsAre("austin", "cities", "texan"));
    EXPECT_TRUE(meaningWords("fires on “is”", " is").empty());
    EXPECT_TRUE(meaningWords("capitalised words after of, New, where", " Dallas").empty());
    EXPECT_TRUE(meaningWords("just before is, lies", " Dallas").empty());
    EXPECT_THAT(meaningWords("\"is\" after capital → says Austin", " is"), ElementsAre("austin"));
    EXPECT_THAT(meaningWords("hereafter, afternoon", ""), ElementsAre("afternoon", "hereafter"));
    EXPECT_TRUE(meaningWords("\"Dallas\"", " Dallas").empty());
    EXPECT_THAT(meaningWords("l'état", ""), ElementsAre("l", "état"));
}

TEST(Likeness, IsTheLargestOfLabelExamplesDirectionsAndEffects)
{
    FeatureMeaning a, b;
    a.words = {"texas", "city"};
    b.words = {"texas", "state", "lone"};
    EXPECT_NEAR(likeness(a, b, 0.0), 1.0 / 4.0, 1e-12);
    a.passages = {1, 2, 3};
    b.passages = {2, 3, 4};
    EXPECT_NEAR(likeness(a, b, 0.0), 2.0 / 4.0, 1e-12);
    a.direction = {3, 4};
    b.direction = {4, 3};
    EXPECT_NEAR(likeness(a, b, 0.0), 24.0 / 25.0, 1e-9);
    EXPECT_NEAR(likeness(a, b, 0.99), 0.99, 1e-12);
    // Labels that say different things speak against what two features do here.
    FeatureMeaning texas, ohio;
    texas.words = {"texas"};
    ohio.words = {"ohio"};
    EXPECT_NEAR(likeness(texas, ohio, 0.9), 0.63, 1e-12);
    EXPECT_NEAR(likeness(texas, FeatureMeaning(), 0.9), 0.9, 1e-12);
    EXPECT_EQ(likeness(texas, ohio, -1.0), 0.0);
}

TEST(Likeness, EffectsCountInOneLayerOnly)
{
    GraphMatrix m = tests::toyMatrix(2, 1, {{0, 0}, {0, 0}, {1, 0}});
    tests::effect(m, 0, 2) = 3;
    tests::effect(m, 0, m.firstLogit()) = 4;
    tests::effect(m, 1, 2) = 4;
    tests::effect(m, 1, m.firstLogit()) = 3;
    tests::effect(m, 2, m.firstLogit()) = 1;
    EXPECT_NEAR(effectsCosine(m, 0, 1), 24.0 / 25.0, 1e-9);
    EXPECT_EQ(effectsCosine(m, 0, 2), 0.0);
    const auto at = [](int layer, int position) {
        return FeatureAt{Layer(layer), Position(position), FeatureId(0)};
    };
    EXPECT_TRUE(areNeighbours(at(2, 5), at(3, 5)));
    EXPECT_FALSE(areNeighbours(at(2, 5), at(4, 5)));
    EXPECT_FALSE(areNeighbours(at(2, 5), at(2, 6)));
}

BoxEvidence evidence()
{
    BoxEvidence made;
    made.token = " is";
    made.isAtAnswer = made.isNextToAnswer = made.raisesAnswer = true;
    made.answer = "Austin";
    return made;
}

TEST(BoxName, TheSideOfALabelThatFitsItsPlace)
{
    EXPECT_EQ(labelSide("Texan cities → says Austin", false), "Texan cities");
    EXPECT_EQ(labelSide("Texan cities → says Austin", true), "says Austin");
    EXPECT_EQ(labelSide(" Texas ", true), "Texas");
    BoxEvidence made = evidence();
    made.members = {{"Texan cities → says Austin", false, 1.0, {}}};
    EXPECT_EQ(boxName(made), "says Austin");
    made.isNextToAnswer = false;
    EXPECT_EQ(boxName(made), "Texan cities (says Austin)");

    // What says other words cannot be why the answer rises; what it reads may be.
    made = evidence();
    made.members = {{"Texan cities → says Boise, Lansing", false, 1.0, {}}};
    EXPECT_EQ(boxName(made), "Texan cities");
    made.members[0].label = "says Boise, Lansing";
    EXPECT_EQ(boxName(made), "push to Austin");
    made.raisesAnswer = false;
    EXPECT_EQ(boxName(made), "says Boise, Lansing");
}

TEST(BoxName, InTheMiddleBothSidesOfALabelStand)
{
    EXPECT_EQ(middleName("Waco, Laredo, Abilene … → says Texas, Utah, Ohio"),
        "Waco, Laredo, Abilene … (says Texas)");
    EXPECT_EQ(middleName("Waco, Laredo"), "Waco, Laredo");
    EXPECT_EQ(middleName("says Texas, Utah"), "says Texas");
    EXPECT_EQ(middleName(""), "");
}

TEST(BoxName, ALabelStandsForABoxOnlyWhereMostOfItAgrees)
{
    BoxEvidence made = evidence();
    made.isNextToAnswer = false;
    made.members = {{"texas, lies", false, 0.3, {}}, {"ohio, columbus", false, 0.25, {}},
        {"texas, amarillo", false, 0.3, {}}};
    EXPECT_EQ(boxName(made), "texas, lies");
    made.members[2].label = "utah";
    made.promoted = {" Austin"};
    EXPECT_EQ(boxName(made), "hint of Austin");
    made.promoted = {" wood"};
    EXPECT_EQ(boxName(made), "hint of wood");
    made.promoted = {" wood", " Austin"};
    EXPECT_EQ(boxName(made), "hint of Austin");
    made.members[1].isByPerson = true;
    EXPECT_EQ(boxName(made), "ohio, columbus") << "a person's label wins";
    made.isAtAnswer = false;
    made.token = " Dallas";
    made.members = {{"\"dallas\"", false, 1.0, {}}};
    EXPECT_EQ(boxName(made), "about Dallas") << "the label says no more than where it stands";
}

TEST(BoxName, NextToTheAnswerItIsWhatItDoesToTheAnswer)
{
    BoxEvidence made = evidence();
    made.members = {{"quay, opera", false, 1.0, {" Boise", " Austin"}}};
    EXPECT_EQ(boxName(made), "says Austin");
    made.members[0] = {"", false, 1.0, {" Boise"}};
    EXPECT_EQ(boxName(made), "push to Austin");
    made.raisesAnswer = false;
    EXPECT_EQ(boxName(made), "push away from Austin");
}

TEST(BoxName, LongTextsEndAtAWordAndNeverInsideACharacter)
{
    EXPECT_EQ(shortText("  short "), "short");
    EXPECT_EQ(shortText("one two three four", 12), "one two…");
    EXPECT_EQ(shortText("ééééé", 5), "éé…");
}

ExplainedArrow arrow(double effect, double before, double after)
{
    ExplainedArrow made;
    made.effect = effect;
    made.targetBefore = before;
    made.targetAfter = after;
    made.answerBefore = 0.991;
    made.answerAfter = 0.12;
    made.isBorneOut = isBorneOut(made);
    return made;
}

TEST(Sentences, SayWhatTheGraphSaysAndWhatTheModelDid)
{
    const ExplainedArrow texas = arrow(5.0, 6.1, 0.4);
    ASSERT_TRUE(texas.isBorneOut);
    EXPECT_EQ(filledIn(arrowPattern(texas, false, false), "Dallas", "Texas", "Austin"),
        "“Dallas” raises “Texas” by 5.0; without it “Texas” falls from 6.1 to 0.4 and Austin falls "
        "from "
        "99.1 % to 12.0 %.");
    EXPECT_EQ(
        filledIn(arrowPattern(arrow(3.0, 20.0, 15.0), true, false), "Texas", "Austin", "Austin"),
        "“Texas” raises Austin by 3.0 (logit); without it Austin falls from 99.1 % to 12.0 %.");
    const ExplainedArrow lowering = arrow(-2.0, 1.0, 2.5);
    EXPECT_TRUE(lowering.isBorneOut);
    EXPECT_THAT(arrowPattern(lowering, false, false), HasSubstr("“{from}” lowers “{to}” by 2.0"));
}

TEST(Sentences, WhereTheModelDisagreesTheySayIt)
{
    for (const auto& [effect, before, after, told] : {std::tuple(5.0, 6.1, 6.1, "stays at 6.1"),
             std::tuple(5.0, 6.1, 7.0, "rises from 6.1 to 7.0"),
             std::tuple(-5.0, 6.1, 4.0, "falls from 6.1 to 4.0")}) {
        const ExplainedArrow made = arrow(effect, before, after);
        EXPECT_FALSE(made.isBorneOut);
        const std::string text = arrowPattern(made, false, false);
        EXPECT_THAT(text, HasSubstr(told));
        EXPECT_THAT(text, HasSubstr("the model does not bear this arrow out"));
    }
    EXPECT_TRUE(arrow(5.0, 6.1, 5.6).isBorneOut) << "a tenth is enough";
    EXPECT_FALSE(arrow(5.0, 6.1, 5.65).isBorneOut);
}

TEST(Sentences, ASmallChangeOfAProbabilityIsNone)
{
    ExplainedArrow made = arrow(3.0, 20.0, 15.0);
    made.answerBefore = 0.998;
    made.answerAfter = 0.991;
    EXPECT_THAT(arrowPattern(made, true, false), HasSubstr("without it {to} stays at 99.8 %."));
    made.answerAfter = 0.94;
    EXPECT_THAT(arrowPattern(made, true, false), HasSubstr("falls from 99.8 % to 94.0 %"));
    EXPECT_THAT(arrowPattern(made, true, true), HasSubstr("falls from 1.0 to 0.9"));
}

TEST(Sentences, NumbersKeepTheDigitsThatMatter)
{
    EXPECT_EQ(probabilityText(0.0), "< 1 %");
    EXPECT_EQ(probabilityText(1.0), "> 99.9 %");
    EXPECT_EQ(probabilityText(0.125), "12.5 %");
    EXPECT_EQ(probabilityText(0.061), "6 %");
    EXPECT_EQ(amountText(12.34), "12");
    EXPECT_EQ(amountText(-6.06), "-6.1");
    EXPECT_EQ(amountText(0.034), "0.03");
    EXPECT_EQ(amountText(0.0), "0");
    EXPECT_EQ(filledIn("{a} {from} {", "x", "y", "z"), "{a} x {");
}

TEST(Story, SaysWhatItCarriesAndWhatItLeavesOut)
{
    Explanation made;
    made.boxes.resize(3);
    made.boxes[0] = {"Dallas", {NodeKey()}, NodeKind::Token, 0.4, 0};
    made.boxes[1] = {"Texas", {NodeKey(), NodeKey()}, NodeKind::Feature, 0.4, 6};
    made.boxes[2] = {"Austin", {NodeKey()}, NodeKind::Logit, 1, 20};
    made.arrows = {arrow(5.0, 6.1, 6.1)};
    made.arrows[0].to = 1;
    made.probability = 0.9;
    made.carried = 0.42;
    made.throughErrors = 0.13;
    made.leftOut = 0.45;
    made.features = 70;
    made.wordsLeftOut = {{"capital", 0.091}, {"state", 0.04}};
    const Story story = storyOf(made, false);
    EXPECT_EQ(story.title, "Why Austin? (90.0 %)");
    for (const char* text :
        {"1 word and 1 box (2 of the graph's 70 features) carry 42 % of the influence on Austin",
            "45 % comes through other", "13 % from what", "(errors)", "“capital” 9 %, “state” 4 %.",
            "does not bear out 1 of 1 arrows"})
        EXPECT_THAT(story.summary, HasSubstr(text));
    ASSERT_EQ(story.lines.size(), 1u);
    EXPECT_EQ(story.lines[0].fromName, "Dallas");
    EXPECT_EQ(story.lines[0].toName, "Texas");
    EXPECT_FALSE(story.lines[0].isBorneOut);
}

} // namespace
