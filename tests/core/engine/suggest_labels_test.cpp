#include "core/api/suggest_labels.h"
#include "core/api/test_label.h"

#include "core/api/feature_card.h"
#include "core/api/feature_rows.h"
#include "core/api/harvest.h"
#include "core/api/label_history.h"
#include "core/api/list_features.h"
#include "core/api/score_labels.h"
#include "core/api/set_label.h"
#include "tests/core/engine/open_bench.h"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

namespace {

using namespace core;

class SuggestLabels : public ::testing::Test {
protected:
    void SetUp() override
    {
        std::ofstream corpus(open.files.file("corpus.txt"));
        for (int i = 0; i < 60; ++i)
            corpus << "the old bridge number " << i << " is in the fog of bay " << i * 7 % 13
                   << "\n\n";
        corpus.close();
        HarvestRequest harvest;
        harvest.corpusPath = open.files.file("corpus.txt").string();
        const auto harvested = open.run(harvest);
        ASSERT_TRUE(harvested) << harvested.error().message;
    }

    tests::OpenBench open;
};

TEST_F(SuggestLabels, AHarvestNamesFeaturesAndARequestDoesSoAgain)
{
    const auto reports = open.run(LabelReportRequest{});
    ASSERT_TRUE(reports) << reports.error().message;
    ASSERT_EQ(reports->size(), open.model().dictionaries.size());
    std::int64_t tested = 0;
    for (const LabelReport& report : *reports) {
        EXPECT_TRUE(report.isExact);
        EXPECT_LE(report.labelled, report.features);
        tested += report.tested;
    }
    EXPECT_GT(tested, 0);
    const auto again = open.run(SuggestLabelsRequest{});
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(again->dictionaries.size(), reports->size());
    for (std::size_t d = 0; d < reports->size(); ++d) {
        EXPECT_EQ(again->dictionaries[d].labelled, (*reports)[d].labelled);
        EXPECT_EQ(again->dictionaries[d].scores, (*reports)[d].scores);
    }
    EXPECT_EQ(open.run(SuggestLabelsRequest{{"no such"}, {}}).error().code, Error::Code::NotFound);
}

TEST_F(SuggestLabels, RowsAreSortedByTheScoreThatTheyShow)
{
    FeatureQuery query;
    query.sort = FeatureSort::LabelScore;
    const auto list = open.run(query);
    ASSERT_TRUE(list) << list.error().message;
    const auto rows = open.run(FeatureRowsRequest{list->features.toVector()}).value();
    ASSERT_FALSE(rows.empty());
    ASSERT_TRUE(rows.front().label.score);
    for (std::size_t i = 1; i < rows.size(); ++i)
        EXPECT_GE(rows[i - 1].label.score.value_or(-1), rows[i].label.score.value_or(-1));
    // The card knows the rule, and shows a text only above the bar.
    const auto card = open.run(FeatureCardRequest{rows.front().feature}).value();
    ASSERT_TRUE(card.suggestion && card.suggestion->score && card.suggestion->bar);
    EXPECT_NEAR(*card.suggestion->score, *rows.front().label.score, 1e-6);
    EXPECT_EQ(card.suggestion->input.empty(), *card.suggestion->score <= *card.suggestion->bar);
}

TEST_F(SuggestLabels, PersonsLabelsAreScoredAndTheirVersionsRead)
{
    FeatureQuery query;
    query.sort = FeatureSort::Density;
    const FeatureRef feature = open.run(query).value().features.front();
    const auto set = [&](const char* text) {
        ASSERT_TRUE(open.run(LabelEdit{feature, {text, "", LabelSource::Person}}));
    };
    set("bridge");
    const auto scored = open.run(ScoreLabelsRequest{});
    ASSERT_TRUE(scored) << scored.error().message;
    ASSERT_EQ(scored->size(), 1u);
    EXPECT_EQ(scored->front().text, "bridge");
    ASSERT_TRUE(open.run(SuggestLabelsRequest{}));
    const auto card = open.run(FeatureCardRequest{feature}).value();
    ASSERT_TRUE(card.personal);
    EXPECT_EQ(card.personal->score, scored->front().score);
    EXPECT_EQ(card.row.label.text, "bridge");
    // What is shown is no version of itself.
    EXPECT_TRUE(open.run(LabelHistoryRequest{feature}).value().versions.empty());
    set("xyzzy");
    EXPECT_FALSE(open.run(ScoreLabelsRequest{})->front().score);
    EXPECT_FALSE(open.run(FeatureCardRequest{feature})->personal);
}

TEST_F(SuggestLabels, ALabelThatWasSetIsTestedAtOnceAndAsAllAreTestedTogether)
{
    FeatureQuery query;
    query.sort = FeatureSort::LabelScore; // one that fires on enough places for a test
    const FeatureRef feature = open.run(query).value().features.front();
    // A suggestion is no person's label: nothing is tested.
    EXPECT_FALSE(open.run(TestLabelRequest{feature})->test);
    // Its own words and some of the text: which of them the tiny tokenizer's text holds is not ours
    // to say.
    std::vector<std::string> names{open.run(FeatureCardRequest{feature})->row.label.text};
    for (const char* word : {"bridge", "fog", "bay", "the", "number", "\"e\"", "\"o\"", "\"a\""})
        names.emplace_back(word);
    core::Result<TestedLabel> tested = TestedLabel{};
    for (const std::string& name : names) {
        if (name.empty())
            continue;
        ASSERT_TRUE(open.run(LabelEdit{feature, {name, "", LabelSource::Person}}));
        EXPECT_FALSE(open.run(FeatureCardRequest{feature})->personal); // of the name before
        tested = open.run(TestLabelRequest{feature});
        ASSERT_TRUE(tested) << tested.error().message;
        ASSERT_TRUE(tested->test);
        if (tested->test->score)
            break;
    }
    ASSERT_TRUE(tested->test->score);
    const auto scored = open.run(ScoreLabelsRequest{});
    ASSERT_TRUE(scored) << scored.error().message;
    ASSERT_EQ(scored->size(), 1u);
    EXPECT_EQ(tested->test->score, scored->front().score);
    EXPECT_EQ(tested->test->rule, scored->front().rule);
    EXPECT_EQ(tested->row.label.score, tested->test->score);
    // It is kept: rows and cards have it.
    EXPECT_EQ(open.run(FeatureCardRequest{feature})->personal->score, tested->test->score);
    EXPECT_EQ(open.run(FeatureRowsRequest{{feature}})->front().label.score, tested->test->score);
    // Words that the text lacks cannot be tested, which is said too.
    ASSERT_TRUE(open.run(LabelEdit{feature, {"xyzzy", "", LabelSource::Person}}));
    const auto unknown = open.run(TestLabelRequest{feature});
    ASSERT_TRUE(unknown && unknown->test);
    EXPECT_FALSE(unknown->test->score);
    EXPECT_EQ(
        open.run(TestLabelRequest{{"no such", FeatureId(0)}}).error().code, Error::Code::NotFound);
}

} // namespace
