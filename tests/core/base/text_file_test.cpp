#include "core/base/text_file.h"

#include "tests/core/files/temporary_folder.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace core;
using testing::HasSubstr;

namespace {

TEST(TextFile, IsReadWhole)
{
    const tests::TemporaryFolder folder;
    const std::string text = std::string(200'000, 'x') + "\r\n\0end";
    tests::writeAll(folder / "t.txt", text);
    EXPECT_EQ(*readTextFile(folder / "t.txt"), text);
}

TEST(TextFile, FourThingsThatCanBeWrongAreFourSentences)
{
    const tests::TemporaryFolder folder;
    tests::writeAll(folder / "empty.txt", "");
    const auto missing = readTextFile(folder / "none.txt").error();
    EXPECT_EQ(missing.code, Error::Code::NotFound);
    EXPECT_THAT(missing.message, HasSubstr("none.txt: there is no such file"));
    const auto empty = readTextFile(folder / "empty.txt").error();
    EXPECT_EQ(empty.code, Error::Code::InvalidFile);
    EXPECT_THAT(empty.message, HasSubstr("empty.txt: the file is empty"));
    const auto isFolder = readTextFile(folder.path()).error();
    EXPECT_EQ(isFolder.code, Error::Code::InvalidFile);
    EXPECT_THAT(isFolder.message, HasSubstr("this is a folder"));
    // The tests may run as root, who may read everything.
    const Error forbidden = fileProblem(folder / "t.txt", EACCES);
    EXPECT_EQ(forbidden.code, Error::Code::Io);
    EXPECT_THAT(forbidden.message, HasSubstr("t.txt: cannot be read: Permission denied"));
    EXPECT_EQ(fileProblem(folder.path(), EISDIR).message, isFolder.message);
}

} // namespace
