#include "core/features/label_files.h"
#include "tests/core/store/workspace_fixture.h"

#include <fstream>

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
    for (const char* name : {"labels.jsonl", "labels.csv"}) {
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
    EXPECT_EQ(readLabels(folder / "absent.csv", {}).error().code, Error::Code::NotFound);
}

} // namespace
