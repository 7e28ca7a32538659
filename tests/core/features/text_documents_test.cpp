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

std::string renderedChat(const std::vector<ChatMessage>& messages)
{
    std::string text;
    for (const ChatMessage& message : messages)
        text += "<" + message.role + ">" + message.content;
    return text;
}

ReadDocuments readWith(const std::filesystem::path& path, const DocumentReading& reading)
{
    ReadDocuments out;
    const auto done = documentsAt(path, reading, [&](std::string_view document) -> Result<bool> {
        out.documents.emplace_back(document);
        return out.documents.size() < 100;
    });
    if (!done)
        out.problem = done.error().message;
    return out;
}

TEST(TextDocuments, AConversationIsWrittenByTheTemplate)
{
    const tests::TemporaryFolder folder;
    const auto file = folder / "chats.jsonl";
    tests::writeAll(file,
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": "
        "\"assistant\", \"content\": \"Hello\"}]}\n"
        "{\"messages\": [{\"from\": \"human\", \"value\": \"A\"}, {\"from\": \"gpt\", "
        "\"value\": \"B\"}]}\n");
    DocumentReading reading;
    reading.field = "messages";
    EXPECT_THAT(readWith(file, reading).problem, HasSubstr("line 1: `messages` is a conversation"));
    reading.chat = renderedChat;
    EXPECT_THAT(readWith(file, reading).documents,
        ElementsAre("<user>Hi<assistant>Hello", "<user>A<assistant>B"));
    // Asked for another field, it is among those that can be chosen.
    EXPECT_THAT(read(file).problem, HasSubstr("Choose one of `messages`."));
    reading.chat = [](const std::vector<ChatMessage>&) -> Result<std::string> {
        return fail(Error::Code::InvalidFile, "roles must alternate");
    };
    EXPECT_THAT(
        readWith(file, reading).problem, HasSubstr("chats.jsonl: line 1: roles must alternate"));
}

TEST(TextDocuments, MixedFilesGiveADocumentInTurn)
{
    const tests::TemporaryFolder folder;
    tests::writeAll(folder / "a.txt", "a1\n\na2\n\na3");
    tests::writeAll(folder / "b.jsonl", "\"b1\"\n");
    tests::writeAll(folder / "c.txt", "\n\nc1\nmore\n\nc2\n");
    DocumentReading reading;
    EXPECT_THAT(readWith(folder.path(), reading).documents,
        ElementsAre("a1", "a2", "a3", "b1", "c1\nmore", "c2"));
    reading.mixesFiles = true;
    EXPECT_THAT(readWith(folder.path(), reading).documents,
        ElementsAre("a1", "b1", "c1\nmore", "a2", "c2", "a3"));
}

TEST(TextDocuments, ParquetIsRefusedWithAWayToConvertIt)
{
    const tests::TemporaryFolder folder;
    tests::writeAll(folder / "data.parquet", "PAR1");
    for (const auto& path : {folder / "data.parquet", folder.path()}) {
        EXPECT_THAT(read(path).problem, HasSubstr("Parquet is not read"));
        EXPECT_THAT(read(path).problem, HasSubstr("to_json('data.jsonl'"));
    }
    tests::writeAll(folder / "a.txt", "text");
    EXPECT_THAT(read(folder.path()).documents, ElementsAre("text"));
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
