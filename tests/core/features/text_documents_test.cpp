#include "core/features/text_documents.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct ReadDocuments {
    std::vector<std::string> documents;
    std::string problem;
};

ReadDocuments read(
    const std::filesystem::path& path, const std::string& field = "text", std::size_t most = 100)
{
    ReadDocuments out;
    const auto done = documentsAt(path, field, [&](std::string_view document) -> Result<bool> {
        out.documents.emplace_back(document);
        return out.documents.size() < most;
    });
    if (!done)
        out.problem = done.error().message;
    return out;
}

TEST(TextDocuments, PlainTextIsPartedAtBlankLines)
{
    const tests::TemporaryFolder folder;
    tests::writeAll(folder / "a.txt", "\none\ntwo\n\n \nthree\n");
    EXPECT_THAT(read(folder / "a.txt").documents, ElementsAre("one\ntwo", "three"));
    EXPECT_THAT(read(folder / "a.txt", "text", 1).documents, ElementsAre("one\ntwo"));
}

TEST(TextDocuments, ALineOfJsonlIsADocumentWithItsBlankLines)
{
    const tests::TemporaryFolder folder;
    tests::writeAll(folder / "a.jsonl",
        "{\"text\": \"one\\n\\ntwo\", \"id\": 3}\n\n{\"text\": \"\"}\n\"three\"\n");
    EXPECT_THAT(read(folder / "a.jsonl").documents, ElementsAre("one\n\ntwo", "three"));
}

TEST(TextDocuments, AMissingFieldIsNamedWithFileLineAndChoice)
{
    const tests::TemporaryFolder folder;
    tests::writeAll(folder / "a.jsonl", "{\"text\": \"one\"}\n{\"content\": \"two\", \"id\": 1}\n");
    const std::string problem = read(folder / "a.jsonl").problem;
    EXPECT_THAT(problem, HasSubstr("a.jsonl: line 2: field `text`"));
    EXPECT_THAT(problem, HasSubstr("`content`"));
    EXPECT_THAT(read(folder / "a.jsonl", "content").problem, HasSubstr("line 1"));
    tests::writeAll(folder / "a.jsonl", "not json\n");
    EXPECT_THAT(read(folder / "a.jsonl").problem, HasSubstr("line 1: is not a JSON object"));
}

TEST(TextDocuments, AFolderIsReadInTheOrderOfNamesAtAnyDepth)
{
    const tests::TemporaryFolder folder;
    std::filesystem::create_directories(folder / "b");
    tests::writeAll(folder / "c.txt", "third");
    tests::writeAll(folder / "b/x.jsonl", "{\"text\": \"second\"}\n");
    tests::writeAll(folder / "a.md", "first");
    tests::writeAll(folder / "picture.png", "none");
    tests::writeAll(folder / "empty.txt", "");
    EXPECT_THAT(read(folder.path()).documents, ElementsAre("first", "second", "third"));
}

TEST(TextDocuments, WhatIsNotThereOrHoldsNoTextIsSaid)
{
    const tests::TemporaryFolder folder;
    EXPECT_THAT(read(folder.path()).problem, HasSubstr("holds no text"));
    EXPECT_THAT(read(folder / "none.txt").problem, HasSubstr("no such file"));
    tests::writeAll(folder / "empty.txt", "");
    EXPECT_THAT(read(folder / "empty.txt").problem, HasSubstr("is empty"));
}

} // namespace
} // namespace core
