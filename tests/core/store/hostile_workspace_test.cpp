#include "core/store/autosaves.h"
#include "core/store/shipped_workspace.h"
#include "tests/core/store/workspace_fixture.h"

#include <csignal>
#include <fstream>
#include <random>

#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace core;
using tests::TemporaryFolder;

std::filesystem::path packed(const TemporaryFolder& folder, const std::string& name)
{
    auto writer = WorkspaceWriter::open(folder / name).value();
    EXPECT_TRUE(writer->putHarvest(tests::someHarvest(*writer, "d")));
    EXPECT_TRUE(writer->pack());
    return folder / name;
}

void expectClear(const Error& error, Error::Code code, const std::string& file)
{
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_NE(error.message.find(file), std::string::npos) << error.message;
}

TEST(HostileWorkspace, MissingFolderForeignAndNewerFilesAreRefusedByName)
{
    TemporaryFolder folder;
    expectClear(
        WorkspaceReader::open(folder / "absent.db").error(), Error::Code::NotFound, "absent.db");
    EXPECT_FALSE(std::filesystem::exists(folder / "absent.db")); // Reading makes no file.
    expectClear(WorkspaceWriter::open(folder / "no/such/w.db").error(), Error::Code::Io, "w.db");
    EXPECT_EQ(WorkspaceReader::open(folder.path()).error().code, Error::Code::InvalidFile);

    std::ofstream(folder / "text.db") << std::string(5000, 'x');
    expectClear(
        WorkspaceReader::open(folder / "text.db").error(), Error::Code::InvalidFile, "text.db");
    expectClear(
        WorkspaceWriter::open(folder / "text.db").error(), Error::Code::InvalidFile, "text.db");
    std::ofstream(folder / "empty.db").flush();
    expectClear(
        WorkspaceReader::open(folder / "empty.db").error(), Error::Code::InvalidFile, "empty.db");

    SQLite::Database(folder / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
        .exec("CREATE TABLE t(x)");
    expectClear(
        WorkspaceReader::open(folder / "other.db").error(), Error::Code::InvalidFile, "other.db");
    expectClear(
        WorkspaceWriter::open(folder / "other.db").error(), Error::Code::InvalidFile, "other.db");

    const auto newer = packed(folder, "newer.db");
    SQLite::Database(newer, SQLite::OPEN_READWRITE).exec("PRAGMA user_version=7");
    expectClear(WorkspaceReader::open(newer).error(), Error::Code::Unsupported, "newer.db");
}

/// Reads everything there is; the first error, or nothing.
std::optional<Error> readWorkspace(const std::filesystem::path& path)
{
    auto opened = WorkspaceReader::open(path);
    if (!opened)
        return opened.error();
    WorkspaceReader& reader = **opened;
    if (auto whole = reader.check(); !whole)
        return whole.error();
    const auto dictionaries = reader.dictionaries();
    if (!dictionaries)
        return dictionaries.error();
    for (const StoredDictionary& dictionary : *dictionaries) {
        if (auto columns = reader.columns(dictionary); !columns)
            return columns.error();
        for (int i = 0; i < 4; ++i) {
            const auto evidence = reader.evidence({dictionary.id, FeatureId(i)});
            if (!evidence)
                return evidence.error();
        }
    }
    if (auto hits = reader.matchFeatures(fullTextQuery("bridge"), 10); !hits)
        return hits.error();
    return std::nullopt;
}

TEST(HostileWorkspace, CutAndScribbledFilesGiveAnErrorNeverACrash)
{
    TemporaryFolder folder;
    const auto path = packed(folder, "w.db");
    ASSERT_EQ(readWorkspace(path), std::nullopt);
    const auto size = std::filesystem::file_size(path);
    std::mt19937 random(3);
    for (int round = 0; round < 60; ++round) {
        const auto copy = folder / "cut.db";
        std::filesystem::copy_file(path, copy, std::filesystem::copy_options::overwrite_existing);
        if (round % 2 == 0) {
            // A page and more: the end of the last one may be free, and nothing is lost with that.
            constexpr std::uintmax_t kPage = 4096;
            std::filesystem::resize_file(copy, 1 + random() % (size - kPage));
            const auto error = readWorkspace(copy);
            ASSERT_TRUE(error) << "cut file was read";
            EXPECT_EQ(error->code, Error::Code::InvalidFile) << error->message;
            EXPECT_NE(error->message.find("cut.db"), std::string::npos) << error->message;
        } else {
            std::fstream file(copy, std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(static_cast<std::streamoff>(random() % size));
            const std::string noise(512, static_cast<char>(random()));
            file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
            file.close();
            readWorkspace(copy); // May go unnoticed in free space; must not crash.
        }
    }
}

TEST(HostileWorkspace, ADamagedBlobNamesTheFeature)
{
    TemporaryFolder folder;
    const auto path = packed(folder, "w.db");
    SQLite::Database(path, SQLite::OPEN_READWRITE)
        .exec("UPDATE feature_evidence SET evidence=x'4501ff'; UPDATE feature_column SET "
              "data=x'43010100000000' "
              "WHERE statistic='max'; UPDATE dictionary SET path='p'");
    auto reader = WorkspaceReader::open(path).value();
    const auto dictionary = reader->dictionary("d").value().value();
    const auto evidence = reader->evidence({dictionary.id, FeatureId(2)});
    ASSERT_FALSE(evidence);
    expectClear(evidence.error(), Error::Code::InvalidFile, "feature 2");
    const auto columns = reader->columns(dictionary);
    ASSERT_FALSE(columns);
    expectClear(columns.error(), Error::Code::InvalidFile, "`max`");
    EXPECT_TRUE(reader->effects({dictionary.id, FeatureId(2)})); // What is whole can still be read.
}

TEST(HostileWorkspace, AFullDiskChangesNothing)
{
    TemporaryFolder folder;
    auto writer = WorkspaceWriter::open(folder / "w.db").value();
    const auto harvest = tests::someHarvest(*writer, "d");
    ASSERT_TRUE(writer->putHarvest(harvest));

    // The system refuses to let any file grow: what a full disk does, without one.
    struct rlimit before { };
    getrlimit(RLIMIT_FSIZE, &before);
    const auto oldHandler = std::signal(SIGXFSZ, SIG_IGN);
    struct rlimit tight = before;
    tight.rlim_cur = 64 * 1024;
    setrlimit(RLIMIT_FSIZE, &tight);
    const auto saved = writer->saveHarvestState("big", std::string(4'000'000, 'x'));
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, oldHandler);
    ASSERT_FALSE(saved);
    expectClear(saved.error(), Error::Code::Io, "w.db");

    writer->database().connection().exec("PRAGMA max_page_count=60");
    const auto full = writer->saveHarvestState("big", std::string(4'000'000, 'x'));
    ASSERT_FALSE(full);
    expectClear(full.error(), Error::Code::Io, "full");
    writer->database().connection().exec("PRAGMA max_page_count=1000000");

    EXPECT_FALSE(writer->harvestState("big").value());
    ASSERT_TRUE(writer->setLabel({1, FeatureId(0)}, {"still works", "", LabelSource::Person}));
    EXPECT_EQ(readWorkspace(folder / "w.db"), std::nullopt);
}

/// Other people's rights for a while: root may write anywhere.
class AsNobody {
public:
    AsNobody() { m_isDropped = ::geteuid() != 0 || ::seteuid(65534) == 0; }
    ~AsNobody()
    {
        if (::getuid() == 0 && ::seteuid(0) != 0)
            std::abort();
    }
    bool isDropped() const { return m_isDropped; }

private:
    bool m_isDropped = false;
};

TEST(ShippedWorkspace, OpensFromAReadOnlyFolderAndIsCopiedOnce)
{
    TemporaryFolder shipped, data;
    const auto path = packed(shipped, "builtin #1 100%?.db");
    using std::filesystem::perms;
    std::filesystem::permissions(path, perms::owner_read | perms::group_read | perms::others_read);
    std::filesystem::permissions(shipped.path(), perms(0555));
    std::filesystem::permissions(data.path(), perms(0777));
    AsNobody nobody;
    ASSERT_TRUE(nobody.isDropped());
    if (::access(shipped.path().c_str(), W_OK) == 0 && ::geteuid() == 0)
        GTEST_SKIP() << "this user may write anywhere; this check did not run";
    EXPECT_EQ(readWorkspace(path), std::nullopt);
    const auto refused = WorkspaceWriter::open(path);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Error::Code::Io);
    EXPECT_NE(refused.error().message.find("read-only"), std::string::npos);

    const auto own = openOrCopy(path, data / "sub");
    ASSERT_TRUE(own) << own.error().message;
    {
        auto writer = WorkspaceWriter::open(*own);
        ASSERT_TRUE(writer) << writer.error().message;
        ASSERT_TRUE((*writer)->setLabel({1, FeatureId(1)}, {"mine", "", LabelSource::Person}));
    }
    EXPECT_EQ(openOrCopy(path, data / "sub").value(), *own);
    EXPECT_EQ(WorkspaceReader::open(*own).value()->label({1, FeatureId(1)})->text, "mine");
}

TEST(ShippedWorkspace, ANewerOneTakesOverWithThePersonsLabels)
{
    TemporaryFolder first, second, data;
    const auto own = openOrCopy(packed(first, "w.db"), data.path()).value();
    ASSERT_TRUE(WorkspaceWriter::open(own).value()->setLabel(
        {1, FeatureId(1)}, {"mine", "", LabelSource::Person}));
    ASSERT_TRUE(putAutosave(WorkspaceWriter::open(own).value()->database(), "run", "my work"));
    {
        auto writer = WorkspaceWriter::open(second / "w.db").value();
        auto harvest = tests::someHarvest(*writer, "d");
        harvest.columns.max[0] = 77;
        ASSERT_TRUE(writer->putHarvest(harvest));
        ASSERT_TRUE(writer->pack());
    }
    ASSERT_EQ(openOrCopy(second / "w.db", data.path()).value(), own);
    auto reader = WorkspaceReader::open(own).value();
    EXPECT_EQ(reader->label({1, FeatureId(1)})->text, "mine");
    EXPECT_EQ(reader->columns(reader->dictionary("d").value().value()).value()->max[0], 77.0f);
    EXPECT_TRUE(std::filesystem::exists(data / "w.db.before"));
    EXPECT_EQ(
        newestAutosave(WorkspaceWriter::open(own).value()->database()).value().value(), "my work");
}

} // namespace
