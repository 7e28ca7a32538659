#include "tests/core/store/workspace_fixture.h"

#include <algorithm>

namespace {

using namespace core;

class LabelEdits : public ::testing::Test {
protected:
    void SetUp() override
    {
        open();
        ASSERT_TRUE(m_writer->putHarvest(tests::someHarvest(*m_writer, "d")));
        m_key = {m_reader->dictionary("d").value()->id, FeatureId(0)};
    }
    void open()
    {
        m_reader.reset();
        m_writer.reset();
        m_writer = WorkspaceWriter::open(m_folder / "w.db").value();
        m_reader = WorkspaceReader::open(m_folder / "w.db").value();
    }
    std::string shown() { return m_reader->label(m_key)->text; }
    std::size_t found(const char* text)
    {
        return m_reader->matchFeatures(fullTextQuery(text), 10)->size();
    }

    tests::TemporaryFolder m_folder;
    std::unique_ptr<WorkspaceWriter> m_writer;
    std::unique_ptr<WorkspaceReader> m_reader;
    FeatureKey m_key;
};

TEST_F(LabelEdits, APersonsLabelStandsAlsoAfterReopeningAndIsFound)
{
    EXPECT_EQ(shown(), "bridge, fog"); // A suggestion, until a person speaks.
    EXPECT_EQ(m_reader->label(m_key)->source, LabelSource::Suggested);
    ASSERT_TRUE(
        m_writer->setLabel(m_key, {"Golden Gate", "fires on the bridge", LabelSource::Person}));
    EXPECT_EQ(m_reader->label(m_key).value(),
        (Label{"Golden Gate", "fires on the bridge", LabelSource::Person}));
    EXPECT_EQ(found("golden"), 1u);
    ASSERT_TRUE(m_writer->setLabel(m_key, {"Red bridge", "", LabelSource::Person}));
    open();
    EXPECT_EQ(shown(), "Red bridge");
    EXPECT_EQ(m_reader->label(m_key)->notes, "");
    EXPECT_EQ(found("red"), 1u);
    EXPECT_EQ(found("golden"), 0u);
}

TEST_F(LabelEdits, AnEmptyTextShowsTheSuggestionAgain)
{
    ASSERT_TRUE(m_writer->setLabel(m_key, {"mine", "", LabelSource::Person}));
    ASSERT_TRUE(m_writer->setLabel(m_key, {"", "", LabelSource::Person}));
    EXPECT_EQ(shown(), "bridge, fog");
    EXPECT_EQ(m_writer->personLabels()->size(), 0u);
}

TEST_F(LabelEdits, NotesStayWhereThereIsNoLabel)
{
    const Label notesAlone{"bridge, fog", "look at this again", LabelSource::Suggested};
    ASSERT_TRUE(m_writer->setLabel(m_key, {"", "look at this again", LabelSource::None}));
    const FeatureKey unnamed{m_key.dictionary, FeatureId(2)}; // Has no suggestion.
    ASSERT_TRUE(m_writer->setLabel(unnamed, {"", "dead?", LabelSource::Person}));
    const auto check = [&] {
        EXPECT_EQ(m_reader->label(m_key).value(), notesAlone);
        const auto labels = m_reader->labels(m_key.dictionary).value();
        EXPECT_EQ(labels.at(FeatureId(0)), notesAlone);
        EXPECT_EQ(labels.at(FeatureId(2)), (Label{"", "dead?", LabelSource::None}));
        EXPECT_EQ(m_reader->matchFeatures(fullTextQuery("bridge"), 10)->at(0).label, "bridge, fog");
    };
    check();
    ASSERT_TRUE(m_writer->putHarvest(tests::someHarvest(*m_writer, "d")));
    check(); // Search still finds the suggestion.

    const auto records = m_writer->personLabels().value();
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].label, (Label{"", "look at this again", LabelSource::Person}));
    for (const FeatureKey key : {m_key, unnamed})
        ASSERT_TRUE(m_writer->setLabel(key, {}));
    EXPECT_EQ(m_writer->personLabels()->size(), 0u);
    ASSERT_TRUE(m_writer->importLabels(records));
    check();
}

TEST_F(LabelEdits, WhoSaysNothingOfNotesLeavesThem)
{
    ASSERT_TRUE(m_writer->setLabel(m_key, {"mine", "a note", LabelSource::Person}));
    ASSERT_TRUE(m_writer->setLabel(m_key, {"other", "", LabelSource::Person}, true));
    EXPECT_EQ(m_reader->label(m_key).value(), (Label{"other", "a note", LabelSource::Person}));
    ASSERT_TRUE(m_writer->importLabels(
        {{{"d", FeatureId(0)}, Layer(2), {"third", "", LabelSource::Person}, true}}));
    EXPECT_EQ(m_reader->label(m_key).value(), (Label{"third", "a note", LabelSource::Person}));
    ASSERT_TRUE(m_writer->setLabel(m_key, {}, true));
    EXPECT_EQ(
        m_reader->label(m_key).value(), (Label{"bridge, fog", "a note", LabelSource::Suggested}));
    ASSERT_TRUE(m_writer->setLabel(m_key, {}));
    EXPECT_EQ(m_reader->label(m_key)->notes, "");
}

TEST_F(LabelEdits, SuggestionsNeverTouchAPersonsLabel)
{
    ASSERT_TRUE(m_writer->setLabel(m_key, {"mine", "", LabelSource::Person}));
    ASSERT_TRUE(m_writer->suggestLabels(
        {{m_key, "machine"}, {{m_key.dictionary, FeatureId(2)}, "machine two"}}));
    EXPECT_EQ(shown(), "mine");
    const auto labels = m_reader->labels(m_key.dictionary).value();
    EXPECT_EQ(labels.at(FeatureId(0)).source, LabelSource::Person);
    EXPECT_EQ(labels.at(FeatureId(2)), (Label{"machine two", "", LabelSource::Suggested}));
}

TEST_F(LabelEdits, ImportKnowsDictionariesByName)
{
    const auto count = m_writer->importLabels(
        {{{"d", FeatureId(3)}, Layer(2), {"ones", "", LabelSource::Person}},
            {{"unknown", FeatureId(3)}, Layer(2), {"x", "", LabelSource::Person}},
            {{"d", FeatureId(4)}, Layer(2), {"beyond d_sae", "", LabelSource::Person}}});
    EXPECT_EQ(count.value(), 1);
    const auto labels = m_writer->personLabels().value();
    ASSERT_EQ(labels.size(), 1u);
    EXPECT_EQ(labels[0].feature, (FeatureRef{"d", FeatureId(3)}));
    EXPECT_EQ(labels[0].label.text, "ones");
}

TEST_F(LabelEdits, WhatAPersonWroteIsKept)
{
    const auto age = [&] { // what was set an hour ago is no longer being typed
        ASSERT_TRUE(m_writer->database().run([](SQLite::Database& db) -> Result<void> {
            db.exec("UPDATE label_version SET at=datetime(at, '-1 hour')");
            return {};
        }));
    };
    ASSERT_TRUE(m_writer->setLabel(m_key, {"Gol", "", LabelSource::Person}));
    ASSERT_TRUE(m_writer->setLabel(m_key, {"Golden Gate", "", LabelSource::Person}));
    age();
    ASSERT_TRUE(m_writer->setLabel(m_key, {"Red bridge", "", LabelSource::Person}));
    const auto texts = [&] {
        std::vector<std::string> all;
        const auto versions = m_reader->labelVersions(m_key).value();
        for (const LabelVersion& version : versions)
            all.push_back(version.text);
        return all;
    };
    EXPECT_EQ(texts(), (std::vector<std::string>{"Red bridge", "Golden Gate"}));
    EXPECT_EQ(m_reader->labelVersions(m_key)->front().source, LabelSource::Person);
    // A new harvest: the label stays, and what had been suggested is kept.
    ASSERT_TRUE(m_writer->putHarvest(tests::someHarvest(*m_writer, "d")));
    EXPECT_EQ(shown(), "Red bridge");
    const auto kept = texts();
    EXPECT_NE(std::find(kept.begin(), kept.end(), "bridge, fog"), kept.end());
}

TEST_F(LabelEdits, AWorkspaceOfAnOlderProgramOpens)
{
    ASSERT_TRUE(m_writer->database().run([](SQLite::Database& db) -> Result<void> {
        for (const char* table : {"label_test", "label_version", "label_shuffle", "contrast"})
            db.exec(std::string("DROP TABLE ") + table);
        return {};
    }));
    m_writer.reset();
    m_reader = WorkspaceReader::open(m_folder / "w.db").value();
    EXPECT_EQ(shown(), "bridge, fog");
    EXPECT_FALSE(m_reader->labelTest(m_key, LabelSource::Suggested).value());
    EXPECT_TRUE(m_reader->labelVersions(m_key)->empty());
    EXPECT_TRUE(m_reader->shuffledScores(m_key.dictionary)->empty());
    EXPECT_TRUE(m_reader->personScores(m_key.dictionary)->empty());
    EXPECT_TRUE(m_reader->contrast(m_key.dictionary)->empty());
    const auto columns = m_reader->columns(m_reader->dictionary("d").value().value()).value();
    EXPECT_TRUE(columns->labelScore.empty());
    // Opened for writing it becomes one of today.
    open();
    ASSERT_TRUE(m_writer->setLabel(m_key, {"mine", "", LabelSource::Person}));
    EXPECT_EQ(m_reader->labelVersions(m_key)->size(), 1u);
}

} // namespace
