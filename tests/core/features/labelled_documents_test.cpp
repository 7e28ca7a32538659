#include "core/features/labelled_documents.h"

#include "tests/core/files/temporary_folder.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace core {
namespace {

class LabelledText : public testing::Test {
protected:
    Result<LabelledDocuments> read(const std::string& lines)
    {
        const auto path = m_folder / "texts.jsonl";
        std::ofstream(path) << lines;
        return labelledDocumentsAt(path, "text", "mood");
    }

private:
    tests::TemporaryFolder m_folder;
};

TEST_F(LabelledText, IsReadWithItsLabels)
{
    const auto read = this->read(R"({"text": "fine", "mood": "good"}
{"text": "bad", "mood": 3}

{"text": "", "mood": "good"}
{"text": "none", "mood": null}
{"text": "also fine", "mood": "good"}
{"text": "true", "mood": true})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_THAT(read->texts, testing::ElementsAre("fine", "bad", "also fine", "true"));
    EXPECT_THAT(read->names, testing::ElementsAre("good", "3", "true"));
    EXPECT_THAT(read->labels, testing::ElementsAre(0, 1, 0, 2));
}

TEST_F(LabelledText, WhatIsMissingIsNamedWithItsLine)
{
    const auto field
        = read("{\"text\": \"a\", \"mood\": \"x\"}\n{\"text\": \"b\", \"tone\": \"x\"}");
    ASSERT_FALSE(field);
    EXPECT_THAT(field.error().message, testing::HasSubstr("texts.jsonl: line 2"));
    EXPECT_THAT(field.error().message, testing::HasSubstr("`mood`"));
    EXPECT_THAT(field.error().message, testing::HasSubstr("`tone`"));
    const auto list = read("{\"text\": \"a\", \"mood\": [1]}");
    ASSERT_FALSE(list);
    EXPECT_THAT(list.error().message, testing::HasSubstr("no label"));
    EXPECT_FALSE(read("[1, 2]"));
    EXPECT_FALSE(read("\n\n"));
}

} // namespace
} // namespace core
