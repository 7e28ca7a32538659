#include "core/training/held_out_text.h"

#include "core/model/activation_cache.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <set>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

namespace core {
namespace {

constexpr int kHeldVocabulary = 64;

std::shared_ptr<const TokenCorpus> documentsOf(int count)
{
    auto corpus = std::make_shared<TokenCorpus>(kHeldVocabulary, std::vector{TokenId(0)});
    for (int i = 0; i < count; ++i) {
        std::vector<TokenId> document{TokenId(0)};
        for (int j = 0; j < 4 + i % 13; ++j)
            document.emplace_back(1 + (i * 7 + j * j * 5) % (kHeldVocabulary - 1));
        EXPECT_TRUE(corpus->add(document));
    }
    return corpus;
}

std::multiset<std::vector<std::int32_t>> documentsIn(const TokenCorpus& corpus)
{
    std::multiset<std::vector<std::int32_t>> all;
    for (std::int64_t i = 0; i < corpus.documents(); ++i)
        all.emplace(corpus.document(i).begin(), corpus.document(i).end());
    return all;
}

TEST(HeldOutText, BothPartsTogetherAreTheWholeAndTheHeldOneIsSpread)
{
    const auto corpus = documentsOf(100);
    const SplitCorpus split = holdOut(corpus, 0.1);
    ASSERT_TRUE(split.heldOut);
    EXPECT_EQ(split.heldOut->documents(), 10);
    EXPECT_EQ(split.learned->documents(), 90);
    auto both = documentsIn(*split.learned);
    both.merge(documentsIn(*split.heldOut));
    EXPECT_EQ(both, documentsIn(*corpus));
    for (std::int64_t i = 0; i < 10; ++i) { // one of each tenth
        const auto held = split.heldOut->document(i), middle = corpus->document(10 * i + 5);
        EXPECT_TRUE(std::equal(held.begin(), held.end(), middle.begin(), middle.end())) << i;
    }
    EXPECT_TRUE(split.heldOut->isSpecial(0));
}

TEST(HeldOutText, OfLittleTextAtLeastOneDocumentAndOfNoneNothing)
{
    EXPECT_EQ(holdOut(documentsOf(12), 0.01).heldOut->documents(), 1);
    EXPECT_EQ(holdOut(documentsOf(4), 0.5).heldOut->documents(), 2);
    const auto three = documentsOf(3);
    EXPECT_FALSE(holdOut(three, 0.5).heldOut);
    EXPECT_EQ(holdOut(three, 0.5).learned, three);
    EXPECT_FALSE(holdOut(documentsOf(50), 0.0).heldOut);
}

TEST(HeldOutText, ASampleIsWholeDocumentsOfAboutSoManyTokens)
{
    const auto corpus = documentsOf(200);
    const auto sample = sampleOf(corpus, 400);
    EXPECT_NEAR(double(sample->tokens()), 400.0, 60.0);
    EXPECT_EQ(sampleOf(corpus, corpus->tokens()), corpus);
}

TEST(HeldOutText, EachRowIsTheActivationOfItsPlace)
{
    const auto model = tests::tinyModel();
    const HookPoint point{HookKind::ResidPost, Layer(0)};
    const auto text = HeldOutText::record(*model, documentsOf(30), {point}, 8);
    ASSERT_TRUE(text) << text.error().message;
    ASSERT_EQ(std::int64_t((*text)->rows().size()), (*text)->activations().tokens());
    const at::NoGradGuard noGrad;
    for (std::size_t row = 0; row < (*text)->rows().size(); row += 5) {
        const HeldOutText::Row at = (*text)->rows()[row];
        const auto& passage = (*text)->passages()[std::size_t(at.passage)];
        std::vector<std::int64_t> ids;
        for (const TokenId id : passage)
            ids.push_back(id.value);
        const auto run = runWithCache(*model, at::tensor(ids, at::kLong).unsqueeze(0), {point});
        ASSERT_TRUE(run);
        const at::Tensor expected = run->cache.at(point)[0][at.position];
        const at::Tensor found
            = (*text)->activations().rows(point, at::tensor({std::int64_t(row)}, at::kLong))[0];
        EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-4)) << row;
        EXPECT_NE(passage[std::size_t(at.position)], TokenId(0));
    }
}

class RecordingOnDisk : public ::testing::Test {
protected:
    Result<std::shared_ptr<const ActivationStore>> record(
        const std::string& key, const ProgressFn& progress = {}, std::stop_token stop = {})
    {
        ActivationStoreOptions options;
        options.context_size = 8;
        options.store_batch_size_prompts = 2;
        options.cacheFolder = key.empty() ? std::filesystem::path() : folder / "activations";
        options.cacheKey = key;
        return ActivationStore::record(*model, corpus, points, options, progress, stop);
    }
    void expectEqual(const ActivationStore& a, const ActivationStore& b)
    {
        ASSERT_EQ(a.tokens(), b.tokens());
        const at::Tensor all = at::arange(a.tokens(), at::kLong);
        for (const HookPoint& point : points)
            EXPECT_TRUE(at::equal(a.rows(point, all), b.rows(point, all)));
    }

    tests::TemporaryFolder folder;
    std::shared_ptr<Transformer> model = tests::tinyModel();
    std::shared_ptr<const TokenCorpus> corpus = documentsOf(60);
    std::vector<HookPoint> points{{HookKind::ResidPost, Layer(0)}, {HookKind::MlpOut, Layer(1)}};
};

TEST_F(RecordingOnDisk, IsTheSameAsInMemoryAlsoWhenItWasStopped)
{
    const auto inMemory = record("");
    ASSERT_TRUE(inMemory);
    std::stop_source stop;
    std::int64_t stoppedAt = 0;
    const auto stopped = record(
        "text 1",
        [&](const Progress& said) {
            stoppedAt = said.done;
            if (said.done > said.total / 2)
                stop.request_stop();
        },
        stop.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Error::Code::Cancelled);
    std::int64_t first = -1;
    const auto onDisk = record("text 1", [&](const Progress& said) {
        if (first < 0)
            first = said.done;
    });
    ASSERT_TRUE(onDisk) << onDisk.error().message;
    EXPECT_GT(first, stoppedAt); // it went on
    expectEqual(**onDisk, **inMemory);
    int passes = 0;
    const auto again = record("text 1", [&](const Progress&) { ++passes; });
    ASSERT_TRUE(again);
    EXPECT_EQ(passes, 0); // all was there
    expectEqual(**again, **inMemory);
}

TEST_F(RecordingOnDisk, WhatIsOfAnotherTextOrDamagedIsRecordedAnew)
{
    const auto inMemory = record("");
    ASSERT_TRUE(inMemory && record("text 1"));
    int passes = 0;
    const auto count = [&](const Progress&) { ++passes; };
    const auto other = record("text 2", count);
    ASSERT_TRUE(other);
    EXPECT_GT(passes, 0);
    expectEqual(**other, **inMemory);

    const auto file = folder / "activations" / (points[0].name() + ".f32");
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 40);
    passes = 0;
    const auto cut = record("text 2", count);
    ASSERT_TRUE(cut);
    EXPECT_GT(passes, 0);
    expectEqual(**cut, **inMemory);

    tests::writeAll(folder / "activations/activations.json", "{\"format\": 3}");
    const auto damaged = record("text 2");
    ASSERT_TRUE(damaged);
    expectEqual(**damaged, **inMemory);
}

} // namespace
} // namespace core
