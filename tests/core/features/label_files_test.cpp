#include "core/features/label_files.h"
#include "tests/core/store/workspace_fixture.h"
#include "tests/support/fixtures.h"

#include <fstream>
#include <map>

namespace {

using namespace core;

const std::vector<LabelRecord> kLabels{
    {{"saes/a", FeatureId(7)}, Layer(2),
        {"bridge, \"golden\"\nnext line", "note", LabelSource::Person}},
    {{"saes/b", FeatureId(0)}, Layer(3), {"été", "", LabelSource::Suggested}}};

std::vector<StoredDictionary> dictionaries()
{
    StoredDictionary a{1, "saes/a", "", "", "", Layer(2), 10, false, 0, 0};
    StoredDictionary b{2, "saes/b", "", "", "", Layer(3), 10, false, 0, 0};
    StoredDictionary t{3, "transcoders/b", "", "", "", Layer(3), 10, true, 0, 0};
    StoredDictionary c{4, "saes/c", "", "", "", Layer(4), 10, false, 0, 0};
    StoredDictionary d{5, "saes/d", "", "", "", Layer(4), 10, false, 0, 0};
    return {a, b, t, c, d};
}

TEST(LabelFiles, BothFormatsReadBackAsTheyWereWritten)
{
    tests::TemporaryFolder folder;
    for (const char* name : {"labels.jsonl", "labels.csv", "labels.tsv"}) {
        const auto written = writeLabels(kLabels, folder / name);
        ASSERT_TRUE(written) << written.error().message;
        const auto read = readLabels(folder / name, {});
        ASSERT_TRUE(read) << read.error().message;
        ASSERT_EQ(read->size(), 2u);
        for (std::size_t i = 0; i < 2; ++i) {
            EXPECT_EQ((*read)[i].feature, kLabels[i].feature) << name;
            EXPECT_EQ((*read)[i].layer, kLabels[i].layer);
            EXPECT_EQ((*read)[i].label, kLabels[i].label);
        }
    }
}

TEST(LabelFiles, ALayerIsEnoughWhereItIsClear)
{
    tests::TemporaryFolder folder;
    std::ofstream(folder / "l.csv") << "layer,index,label,source\n2,5,five,\n3,6,six,me\r\n\n";
    const auto read = readLabels(folder / "l.csv", dictionaries());
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2u);
    EXPECT_EQ((*read)[0].feature, (FeatureRef{"saes/a", FeatureId(5)}));
    EXPECT_EQ(
        (*read)[1].feature, (FeatureRef{"saes/b", FeatureId(6)})); // The SAE, not the transcoder.
    EXPECT_EQ((*read)[1].label.source, LabelSource::Person);
}

TEST(LabelFiles, WhatASpreadsheetSavesIsTheSame)
{
    tests::TemporaryFolder folder;
    const std::string bom = "\xEF\xBB\xBF";
    const std::vector<std::pair<std::string, std::string>> saved{
        {"plain.csv", "layer,index,label,notes\n2,3,\"a, \"\"b\"\"; c\",\n2,7,\"two\nlines\",n\n"},
        {"excel.csv",
            bom
                + "layer,index,label,notes\r\n2,3,\"a, \"\"b\"\"; "
                  "c\",\r\n2,7,\"two\r\nlines\",n\r\n"},
        {"mac.csv", "layer,index,label,notes\r2,3,\"a, \"\"b\"\"; c\",\r2,7,\"two\rlines\",n"},
        {"german.CSV",
            bom
                + "Index;Layer;Notes;Label\r\n3;2;;\"a, \"\"b\"\"; c\"\r\n7; "
                  "2;n;\"two\r\nlines\"\r\n"},
        {"sep.csv",
            "sep=;\nindex;layer;notes;label\n3;2;;\"a, \"\"b\"\"; c\"\n7;2;n;\"two\nlines\"\n"},
        {"tabs.txt",
            "\"label\"\tmine\tindex\tlayer\tnotes\r\n\"a, \"\"b\"\"; c\"\tx\t3\t2\t\r\n"
            "\"two\nlines\"\ty\t7\t2\tn\r\n"},
        {"empty.csv",
            "layer,index,label,notes,,\n2,3,\"a, \"\"b\"\"; "
            "c\",,,\n,,,,,\n2,7,\"two\nlines\",n,,\n,,,,,\n"}};
    for (const auto& [name, text] : saved) {
        std::ofstream(folder / name, std::ios::binary) << text;
        const auto read = readLabels(folder / name, dictionaries());
        ASSERT_TRUE(read) << read.error().message;
        ASSERT_EQ(read->size(), 2u) << name;
        EXPECT_EQ((*read)[0].feature, (FeatureRef{"saes/a", FeatureId(3)})) << name;
        EXPECT_EQ((*read)[0].label, (Label{"a, \"b\"; c", "", LabelSource::Person})) << name;
        EXPECT_EQ((*read)[1].feature, (FeatureRef{"saes/a", FeatureId(7)})) << name;
        EXPECT_EQ((*read)[1].label, (Label{"two\nlines", "n", LabelSource::Person})) << name;
    }
    std::ofstream(folder / "bom.jsonl")
        << bom << "{\"layer\":2,\"index\":\"1\",\"label\":\"x\"}\r\n";
    const auto read = readLabels(folder / "bom.jsonl", dictionaries());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->front().keepsNotes);
}

TEST(LabelFiles, TheReportedFilesAreRead)
{
    const std::filesystem::path report = "reports/labels-from-spreadsheet";
    REQUIRE_SHARED_FIXTURE(report);
    const StoredDictionary only{1, "saes/one", "", "", "", Layer(1), 32, false, 0, 0};
    const auto labels = [&](const char* name) {
        auto read = readLabels(tests::sharedFixture(report / name), {only});
        EXPECT_TRUE(read) << read.error().message;
        std::map<int, std::string> texts;
        if (read)
            for (const LabelRecord& record : *read)
                texts[record.feature.feature.value] = record.label.text;
        return texts;
    };
    EXPECT_EQ(labels("plain.csv"), labels("excel-utf8.csv"));
    EXPECT_EQ(labels("plain.csv").at(7), "two\nlines");
    EXPECT_EQ(labels("plain.csv").size(), 3u);
    EXPECT_EQ(labels("dictionary-first-bom.csv").at(9), "from a spreadsheet");
    EXPECT_EQ(labels("bom.jsonl").at(12), "twelve");
    EXPECT_EQ(labels("neuronpedia-explanations.jsonl"),
        (std::map<int, std::string>{{20, "words about rivers"}, {21, "closing brackets"}}));
}

TEST(LabelFiles, NeuronpediasExplanationsAreSuggestions)
{
    tests::TemporaryFolder folder;
    std::ofstream(folder / "e.jsonl")
        << "{\"layer\":\"3-res-jb\",\"index\":\"4\",\"description\":\"rivers\","
           "\"explanationModelName\":\"m\"}\n"
           "{\"layer\":\"3-transcoder-hp\",\"index\":\"5\",\"description\":\"brackets\","
           "\"explanationModelName\":null}\n";
    const auto read = readLabels(folder / "e.jsonl", dictionaries());
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 2u);
    EXPECT_EQ((*read)[0].feature, (FeatureRef{"saes/b", FeatureId(4)}));
    EXPECT_EQ((*read)[0].label, (Label{"rivers", "", LabelSource::Suggested}));
    EXPECT_EQ((*read)[1].feature, (FeatureRef{"transcoders/b", FeatureId(5)}));
    EXPECT_EQ((*read)[1].label.source, LabelSource::Person);
}

TEST(LabelFiles, EveryMistakeNamesItsLine)
{
    tests::TemporaryFolder folder;
    const auto messageFor = [&](const char* name, const std::string& text) {
        std::ofstream(folder / name) << text;
        const auto read = readLabels(folder / name, dictionaries());
        return read ? std::string("read without complaint") : read.error().message;
    };
    const auto has = [](const std::string& message, const char* part) {
        EXPECT_NE(message.find(part), std::string::npos) << message;
    };
    has(messageFor("a.jsonl", "{\"layer\":2,\"index\":1,\"label\":\"x\"}\nnot json\n"), "line 2");
    has(messageFor("a.jsonl", "[1,2]\n"), "line 1");
    has(messageFor("a.jsonl", "{\"layer\":2,\"label\":\"x\"}\n"), "`index`");
    has(messageFor("a.jsonl", "{\"layer\":2,\"index\":-4,\"label\":\"x\"}\n"), "`index`");
    has(messageFor("a.jsonl", "{\"layer\":2,\"index\":1.5,\"label\":\"x\"}\n"), "`index`");
    has(messageFor("a.jsonl", "{\"layer\":2,\"index\":1}\n"), "`label`");
    has(messageFor("a.jsonl", "{\"index\":1,\"label\":\"x\"}\n"), "`layer`");
    has(messageFor("a.jsonl", "{\"layer\":9,\"index\":1,\"label\":\"x\"}\n"), "layer 9");
    has(messageFor("a.jsonl", "{\"layer\":4,\"index\":1,\"label\":\"x\"}\n"), "several");
    has(messageFor("a.csv", "what,is,this\n"), "line 1");
    has(messageFor("a.csv", "layer,index,label\n2,1\n"), "line 2");
    has(messageFor("a.csv", "layer,index,label\n2,many,x\n"), "line 2");
    has(messageFor("a.csv", "layer;index;label\n2;1;x;y\n"), "line 2");
    has(messageFor("a.csv", "layer,index,label\n2,1,\xE9t\xE9\n"), "UTF-8"); // Latin-1.
    EXPECT_EQ(readLabels(folder / "absent.csv", {}).error().code, Error::Code::NotFound);
}

} // namespace
