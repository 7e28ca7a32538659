#include "core/files/atomic_write.h"

#include "tests/core/files/temporary_folder.h"

#include <csignal>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using core::writeAtomically;
using testing::HasSubstr;
using tests::readAll;
using tests::TemporaryFolder;

TEST(AtomicWrite, CreatesAndReplaces)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(writeAtomically(folder / "a.txt", "first"));
    EXPECT_EQ(readAll(folder / "a.txt"), "first");
    const std::string large(3'000'000, 'x');
    ASSERT_TRUE(writeAtomically(folder / "a.txt", large));
    EXPECT_TRUE(readAll(folder / "a.txt") == large);
    EXPECT_EQ(folder.entryCount(), 1u);
}

TEST(AtomicWrite, KeepsModeAndLinks)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(writeAtomically(folder / "a.txt", "first"));
    ASSERT_EQ(::chmod((folder / "a.txt").c_str(), 0640), 0);
    std::filesystem::create_symlink("a.txt", folder / "link");
    ASSERT_TRUE(writeAtomically(folder / "link", "second"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(readAll(folder / "a.txt"), "second");
    struct stat status { };
    ASSERT_EQ(::stat((folder / "a.txt").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST(AtomicWrite, KeepsOldContentWhenTheWriterFails)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(writeAtomically(folder / "a.txt", "old"));
    const auto failed
        = writeAtomically(folder / "a.txt", [](std::ostream& stream) -> core::Result<void> {
              stream << "half";
              return core::cancelled();
          });
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, core::Error::Code::Cancelled);
    EXPECT_THROW((void)writeAtomically(folder / "a.txt",
                     [](std::ostream&) -> core::Result<void> { throw std::runtime_error("x"); }),
        std::runtime_error);
    EXPECT_EQ(readAll(folder / "a.txt"), "old");
    EXPECT_EQ(folder.entryCount(), 1u);
}

TEST(AtomicWrite, FullDeviceGivesAnError)
{
    if (!std::filesystem::exists("/dev/full"))
        GTEST_SKIP() << "this system has no /dev/full";
    const auto written = writeAtomically("/dev/full", "text");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, core::Error::Code::Io);
    EXPECT_THAT(written.error().message, HasSubstr("No space left on device. Free some space"));
    EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST(AtomicWrite, LimitInTheMiddleLeavesNothingBehind)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(writeAtomically(folder / "a.txt", "old"));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{100'000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto written = writeAtomically(folder / "a.txt", std::string(500'000, 'x'));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, HasSubstr("File too large"));
    EXPECT_EQ(readAll(folder / "a.txt"), "old");
    EXPECT_EQ(folder.entryCount(), 1u);
}

TEST(AtomicWrite, BadPlacesGiveErrors)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(writeAtomically(folder / "file", "x"));
    EXPECT_THAT(
        writeAtomically(folder / "none/a.txt", "x").error().message, HasSubstr("No such file"));
    EXPECT_THAT(
        writeAtomically(folder / "file/a.txt", "x").error().message, HasSubstr("Not a directory"));
    EXPECT_THAT(writeAtomically(folder.path(), "x").error().message, HasSubstr("Is a directory"));
    // Nobody, not even root, may create files in /proc.
    EXPECT_FALSE(writeAtomically("/proc/featurescope.txt", "x"));
    EXPECT_EQ(folder.entryCount(), 1u);
}

} // namespace
