// What opening a model will cost, against sums made by hand.
#include "core/model/resources.h"

#include "core/model/weight_files.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

using namespace core;

namespace {

namespace fs = std::filesystem;

class MemoryNeeds : public testing::Test {
protected:
    MemoryNeed need(const std::string& stored, const std::string& opened)
    {
        EXPECT_TRUE(tests::tinyModel()->save(m_folder, stored));
        const auto made = memoryNeed(
            m_folder, *ModelConfig::read(m_folder), *Precision::parse("cpu", opened), 2, 10);
        EXPECT_TRUE(made) << made.error().message;
        return made.value_or(MemoryNeed());
    }

    const tests::TemporaryFolder m_temporary;
    const fs::path m_folder = m_temporary.path();
    // tests::tinyConfig("llama"), numbers: two embeddings of 64 x 16; per layer q and o of 16 x 16,
    // k and v of 8 x 16, gate, up and down of 40 x 16; five gains of 16.
    static constexpr std::int64_t kMatrices
        = 2 * 64 * 16 + 2 * (2 * 16 * 16 + 2 * 8 * 16 + 3 * 40 * 16);
    static constexpr std::int64_t kGains = 5 * 16;
};

TEST_F(MemoryNeeds, WeightsStayInTheMapAsStored)
{
    const MemoryNeed wide = need("float32", "float32");
    EXPECT_EQ(wide.mapped, 4 * (kMatrices + kGains));
    EXPECT_EQ(wide.converted, 0);
    const MemoryNeed narrow = need("bfloat16", "float32");
    EXPECT_EQ(narrow.mapped, 2 * kMatrices);
    EXPECT_EQ(narrow.converted, 4 * kGains) << "gains are always float32";
    EXPECT_EQ(need("bfloat16", "bfloat16").mapped, 2 * kMatrices);
}

TEST_F(MemoryNeeds, ConvertedWeightsAreMemoryOfTheirOwn)
{
    const MemoryNeed half = need("float32", "float16");
    EXPECT_EQ(half.mapped, 4 * kGains);
    EXPECT_EQ(half.converted, 2 * kMatrices);
    const MemoryNeed eighth = need("bfloat16", "int8");
    EXPECT_EQ(eighth.mapped, 0);
    // Rows have 16 numbers and one scale, those of `down` 40 and one.
    const std::int64_t rows = 2 * 64 + 2 * (2 * 16 + 2 * 8 + 2 * 40 + 16);
    EXPECT_EQ(eighth.converted, kMatrices + 4 * rows + 4 * kGains);
}

TEST_F(MemoryNeeds, RunningCountsStreamsAndPositions)
{
    const MemoryNeed one = need("float32", "float32");
    EXPECT_EQ(one.kvCache, 2 * 2 * 2 * 10 * 2 * 4 * 4)
        << "k and v, layers, streams, positions, heads, d_head, bytes";
    EXPECT_GE(one.activations, 10 * 64 * 4) << "at least the logits of one text";
    EXPECT_EQ(one.total(), one.mapped + one.converted + one.kvCache + one.activations);
    EXPECT_GT(one.free, 0);
    EXPECT_TRUE(one.fits());
}

TEST_F(MemoryNeeds, EveryWayOfOpeningIsListed)
{
    ASSERT_TRUE(tests::tinyModel()->save(m_folder));
    ModelConfig config = *ModelConfig::read(m_folder);
    TransformerWeights weights;
    const auto stored = findWeights(m_folder, config, weights);
    ASSERT_TRUE(stored);
    const auto needs = memoryNeeds(*stored, config);
    ASSERT_GE(needs.size(), 4u);
    EXPECT_EQ(needs.front().precision.dtypeName(), "float32");
    EXPECT_EQ(needs[3].precision.dtypeName(), "int8");
    EXPECT_EQ(needs.front().precision.deviceName(), "cpu");
}

TEST_F(MemoryNeeds, WhatDoesNotFitIsRefusedWithFiguresAndAMend)
{
    MemoryNeed large = need("float32", "float32");
    large.mapped = std::int64_t{9} << 30;
    large.converted = 0;
    large.kvCache = large.activations = 0;
    large.free = std::int64_t{8} << 30;
    EXPECT_FALSE(large.fits());
    ModelConfig config = *ModelConfig::read(m_folder);
    TransformerWeights weights;
    const auto stored = findWeights(m_folder, config, weights);
    ASSERT_TRUE(stored);
    const auto refused = checkFits(large, *stored, m_folder, config);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Error::Code::OutOfMemory);
    for (const std::string& part :
        {m_folder.string(), std::string("float32 on cpu"), std::string("9216 MiB"),
            std::string("8192 MiB are free"), std::string("Open it as int8 on cpu: about 1 MiB.")})
        EXPECT_NE(refused.error().message.find(part), std::string::npos)
            << part << " not in: " << refused.error().message;
    large.free = 0; // Not known.
    EXPECT_TRUE(checkFits(large, *stored, m_folder, config));
}

} // namespace
