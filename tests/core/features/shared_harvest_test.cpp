// Several workers that harvest together, as threads with a process group each.
#include "core/store/workspace_writer.h"
#include "tests/core/features/tiny_harvest.h"
#include "tests/core/store/workspace_contents.h"
#include "tests/support/two_workers.h"

#include <stop_token>

#include <gtest/gtest.h>

namespace {

using namespace core;
using tests::TinyHarvest;

HarvestSettings smallBatches()
{
    HarvestSettings settings;
    settings.batchTokens = 64; // some thirty batches
    return settings;
}

struct SharedHarvest : testing::Test {
    TinyHarvest tiny;
    tests::TemporaryFolder folder;
    HarvestSettings settings = smallBatches();

    Result<HarvestOutcome> first(const std::filesystem::path& path,
        const std::shared_ptr<Workers>& workers = {}, const ProgressFn& progress = {},
        const std::stop_token& stop = {})
    {
        auto writer = WorkspaceWriter::open(path).value();
        return harvest(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, *writer,
            settings, progress, stop, workers);
    }

    Result<HarvestOutcome> second(const std::shared_ptr<Workers>& workers,
        const std::stop_token& stop = {}, const ProgressFn& progress = {})
    {
        return helpHarvest(tiny.model, tiny.dictionaries, tiny.tokenizer, tiny.corpus, settings,
            workers, progress, stop);
    }

    std::string alone()
    {
        EXPECT_TRUE(first(folder / "alone.db"));
        return tests::workspaceContents(folder / "alone.db");
    }
};

TEST_F(SharedHarvest, IsThatOfOneToTheLastBit)
{
    for (const std::size_t cacheBytes : {std::size_t(1) << 20, std::size_t(3000)}) {
        settings.cacheBytes = cacheBytes;
        const std::filesystem::path path = folder / (std::to_string(cacheBytes) + ".db");
        std::int64_t helped = 0;
        tests::asTwo([&](const std::shared_ptr<Workers>& workers) {
            const auto outcome = workers->isFirst() ? first(path, workers) : second(workers);
            ASSERT_TRUE(outcome) << outcome.error().message;
            if (!workers->isFirst())
                helped = outcome->tokens;
        });
        EXPECT_EQ(tests::workspaceContents(path), alone());
        // Both passes' odd batches: about half of twice the text, with its special tokens.
        EXPECT_NEAR(static_cast<double>(helped), static_cast<double>(tiny.corpus.tokens),
            0.1 * static_cast<double>(tiny.corpus.tokens));
    }
}

TEST_F(SharedHarvest, StoppedAnywhereGoesOnWithAnotherNumberOfWorkers)
{
    // The second is told to stop, then the first; between them one goes on alone by an odd number.
    const auto until = [](std::int64_t batch, std::stop_source& source) {
        return [batch, &source](const Progress& progress) {
            if (progress.unit == "batches" && progress.done >= batch)
                source.request_stop();
        };
    };
    const std::filesystem::path path = folder / "w.db";
    const auto stoppedBy = [&](int rank, std::int64_t batch) {
        tests::asTwo([&](const std::shared_ptr<Workers>& workers) {
            std::stop_source source;
            const bool stops = workers->rank() == rank;
            const ProgressFn progress = stops ? ProgressFn(until(batch, source)) : ProgressFn();
            const auto outcome = workers->isFirst()
                ? first(path, workers, progress, source.get_token())
                : second(workers, source.get_token(), progress);
            ASSERT_FALSE(outcome);
            EXPECT_EQ(outcome.error().code, Error::Code::Cancelled) << outcome.error().message;
        });
    };
    stoppedBy(1, 6);
    std::stop_source source;
    std::int64_t from = -1;
    const auto onTheWay = first(
        path, {},
        [&](const Progress& progress) {
            from = from < 0 ? progress.done : from;
            until(from + 3, source)(progress);
        },
        source.get_token());
    ASSERT_FALSE(onTheWay);
    EXPECT_GE(from, 4);
    EXPECT_LE(from, 8);
    stoppedBy(0, from + 12);
    tests::asTwo([&](const std::shared_ptr<Workers>& workers) {
        const auto outcome = workers->isFirst() ? first(path, workers) : second(workers);
        ASSERT_TRUE(outcome) << outcome.error().message;
    });
    EXPECT_EQ(tests::workspaceContents(path), alone());
}

TEST_F(SharedHarvest, OneThatIsLostIsAnErrorAndTheRestIsDoneAlone)
{
    const std::filesystem::path path = folder / "w.db";
    tests::asTwo([&](const std::shared_ptr<Workers>& workers) {
        if (workers->isFirst()) {
            const auto outcome = first(path, workers);
            ASSERT_FALSE(outcome);
            EXPECT_NE(
                outcome.error().message.find("Worker 0 of 2 lost another one"), std::string::npos)
                << outcome.error().message;
            EXPECT_NE(outcome.error().message.find("is kept in the workspace"), std::string::npos);
            return;
        }
        struct Gone { };
        const auto leave = [](const Progress& progress) {
            if (progress.done >= 10)
                throw Gone();
        };
        EXPECT_THROW((void)second(workers, {}, leave), Gone);
    });
    std::int64_t from = -1;
    const auto outcome = first(
        path, {}, [&](const Progress& progress) { from = from < 0 ? progress.done : from; });
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_GE(from, 8);
    EXPECT_EQ(tests::workspaceContents(path), alone());
}

TEST_F(SharedHarvest, AnotherTextIsRefusedByAll)
{
    tests::asTwo([&](const std::shared_ptr<Workers>& workers) {
        TinyHarvest other;
        other.corpus = tests::randomCorpus(*other.tokenizer, 60, 4);
        const auto outcome = workers->isFirst()
            ? first(folder / "w.db", workers)
            : helpHarvest(
                other.model, other.dictionaries, other.tokenizer, other.corpus, settings, workers);
        ASSERT_FALSE(outcome);
        EXPECT_NE(
            outcome.error().message.find("Worker 1 of 2 reads another text"), std::string::npos)
            << outcome.error().message;
    });
}

} // namespace
