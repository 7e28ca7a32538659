#include "core/training/token_windows.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace core {
namespace {

constexpr int kBos = 0;

/// Documents that start with BOS and then hold ids nobody else holds, so that every token says
/// where it is from.
std::shared_ptr<TokenCorpus> windowCorpusOf(const std::vector<int>& lengths)
{
    int total = 1;
    for (const int length : lengths)
        total += length;
    auto corpus = std::make_shared<TokenCorpus>(total, std::vector{TokenId(kBos)});
    int next = 1;
    for (const int length : lengths) {
        std::vector<TokenId> document{TokenId(kBos)};
        for (int i = 1; i < length; ++i)
            document.emplace_back(next++);
        EXPECT_TRUE(corpus->add(document));
    }
    return corpus;
}

TEST(TokenCorpus, RefusesAnIdOutsideTheVocabulary)
{
    TokenCorpus corpus(10, {});
    const Result<void> added = corpus.add(std::vector{TokenId(3), TokenId(10)});
    ASSERT_FALSE(added);
    EXPECT_NE(added.error().message.find("10"), std::string::npos);
    EXPECT_EQ(corpus.tokens(), 0);
}

TEST(TrainingWindows, EveryWindowStartsADocumentAndEveryDocumentIsSeenWholeInAnEpoch)
{
    const auto corpus = windowCorpusOf({5, 9, 3, 12, 7, 1, 8});
    TrainingWindows windows(corpus, 12, 7);
    std::set<std::int64_t> seen;
    while (windows.state().epoch == 0) {
        const at::Tensor ids = windows.next(1);
        EXPECT_EQ(ids[0][0].item<std::int64_t>(), kBos);
        for (int i = 0; i < 12; ++i)
            seen.insert(ids[0][i].item<std::int64_t>());
    }
    EXPECT_EQ(seen.size(), 1u + (5 + 9 + 3 + 12 + 7 + 1 + 8) - 7);
}

TEST(TrainingWindows, LongDocumentsArePredictedWhole)
{
    // Every neighbouring pair of a long document must stand side by side in some window.
    const auto corpus = windowCorpusOf({50});
    TrainingWindows windows(corpus, 8, 1);
    std::set<std::int64_t> follows;
    while (windows.state().epoch == 0) {
        const at::Tensor ids = windows.next(1);
        for (int i = 0; i + 1 < 8; ++i)
            if (ids[0][i + 1].item<std::int64_t>() == ids[0][i].item<std::int64_t>() + 1)
                follows.insert(ids[0][i + 1].item<std::int64_t>());
    }
    EXPECT_EQ(follows.size(), 49u);
}

TEST(TrainingWindows, SameSeedSameWindowsAndAnotherSeedOthers)
{
    const auto corpus = windowCorpusOf({5, 9, 3, 12, 7, 4, 8, 6, 6, 5});
    TrainingWindows a(corpus, 12, 7), b(corpus, 12, 7), c(corpus, 12, 8);
    const at::Tensor first = a.next(6);
    EXPECT_TRUE(at::equal(first, b.next(6)));
    EXPECT_FALSE(at::equal(first, c.next(6)));
}

TEST(TrainingWindows, RestoredStateContinuesTheSameStream)
{
    const auto corpus = windowCorpusOf({5, 9, 3, 12, 7, 4, 8, 6, 6, 5});
    TrainingWindows a(corpus, 12, 7), b(corpus, 12, 7);
    a.next(17); // into a later epoch
    EXPECT_GT(a.state().epoch, 0);
    b.restore(a.state());
    EXPECT_TRUE(at::equal(a.next(9), b.next(9)));
}

TEST(CorpusCover, EveryDocumentStandsAloneAndEveryTokenIsKeptOnce)
{
    const auto corpus = windowCorpusOf({5, 9, 3, 30, 7, 1, 8, 12});
    const CorpusCover cover(corpus, 12, 24);
    std::map<std::int64_t, int> kept;
    std::vector<std::int64_t> lengths;
    for (std::int64_t b = 0; b < cover.batches(); ++b) {
        const CorpusCover::Batch batch = cover.batch(b);
        EXPECT_LE(batch.ids.numel(), 24);
        for (std::int64_t w = 0; w < batch.ids.size(0); ++w) {
            EXPECT_EQ(batch.ids[w][0].item<std::int64_t>(), kBos);
            std::int64_t length = 1;
            for (int i = 1; i < batch.ids.size(1) && batch.isKept[w][i].item<bool>(); ++i) {
                const auto id = batch.ids[w][i].item<std::int64_t>();
                EXPECT_FALSE(batch.isSpecial[w][i].item<bool>());
                // Ids count up within a document; another one's would not be the next.
                EXPECT_TRUE(i == 1 || id == batch.ids[w][i - 1].item<std::int64_t>() + 1);
                ++kept[id];
                ++length;
            }
            EXPECT_EQ(batch.isKept[w].sum().item<std::int64_t>(),
                length - (batch.isKept[w][0].item<bool>() ? 0 : 1));
            lengths.push_back(length);
        }
    }
    // The one of 30 as pieces of 12, 12 and 8, each with a BOS in front.
    EXPECT_EQ(lengths, (std::vector<std::int64_t>{1, 3, 5, 7, 8, 8, 9, 12, 12, 12}));
    EXPECT_EQ(kept.size(), static_cast<std::size_t>(75 - 8));
    for (const auto& [id, times] : kept)
        EXPECT_EQ(times, 1) << id;
    EXPECT_EQ(cover.keptTokens(), 75 - 8);
}

TEST(CorpusCover, StopsAtTheDocumentThatReachesTheLimit)
{
    const auto corpus = windowCorpusOf(std::vector<int>(100, 6));
    const CorpusCover cover(corpus, 12, 48, 53);
    EXPECT_EQ(cover.keptTokens(), 55);
    EXPECT_EQ(cover.rows(), 11); // 5 tokens a document without BOS
    EXPECT_EQ(cover.batches(), 2);
}

} // namespace
} // namespace core
