#include "core/files/gguf_blocks.h"

#include "core/files/safetensors.h"
#include "tests/support/fixtures.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace {

using core::BlockFormat;
using core::findBlockFormat;

class BlockFormats : public testing::TestWithParam<const char*> { };

TEST_P(BlockFormats, DecodeAsTheGgufPackageDoes)
{
    const std::string name = GetParam();
    const auto file = core::SafetensorsFile::open(tests::testFixture("gguf/blocks.safetensors"));
    ASSERT_TRUE(file) << file.error().message;
    const BlockFormat* format = findBlockFormat(name);
    ASSERT_TRUE(format);
    const core::TensorView* bytes = (*file)->find(name + ".bytes");
    const core::TensorView* expected = (*file)->find(name + ".numbers");
    ASSERT_TRUE(bytes && expected);
    ASSERT_EQ(bytes->bytes.size() / format->bytes * format->numbers * sizeof(float),
        expected->bytes.size());
    std::vector<float> numbers(expected->bytes.size() / sizeof(float)), wanted(numbers.size());
    std::memcpy(wanted.data(), expected->bytes.data(), expected->bytes.size());
    core::decodeBlocks(*format, bytes->bytes, numbers.data());
    for (std::size_t i = 0; i < numbers.size(); ++i)
        ASSERT_EQ(numbers[i], wanted[i]) << "number " << i;
    EXPECT_TRUE(core::areScalesFinite(*format, bytes->bytes));
}

TEST_P(BlockFormats, ScalesThatAreNoNumbersAreSeen)
{
    const BlockFormat* format = findBlockFormat(GetParam());
    ASSERT_TRUE(format);
    for (const int scale : format->scales) {
        for (const std::uint16_t half : {0x7C00, 0xFC00, 0x7E01}) { // infinities and NaN
            std::vector<std::byte> blocks(3 * format->bytes);
            EXPECT_TRUE(core::areScalesFinite(*format, blocks));
            if (scale < 0)
                continue;
            std::memcpy(blocks.data() + 2 * format->bytes + scale, &half, sizeof half);
            EXPECT_FALSE(core::areScalesFinite(*format, blocks)) << scale;
            std::vector<float> numbers(format->numbers);
            format->decode(blocks.data() + 2 * format->bytes, numbers.data());
            bool isFinite = true;
            for (const float number : numbers)
                isFinite &= std::isfinite(number);
            EXPECT_FALSE(isFinite);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, BlockFormats,
    testing::Values("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
        "IQ4_NL", "IQ4_XS"));

TEST(BlockFormat, OthersAreNotKnown)
{
    for (const char* name : {"F32", "IQ2_XXS", "Q8_K", ""})
        EXPECT_EQ(findBlockFormat(name), nullptr) << name;
}

TEST(HalfToFloat, AgreesWithTheCompilersConversionEverywhere)
{
    for (std::uint32_t bits = 0; bits <= 0xFFFF; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const auto wanted = static_cast<float>(std::bit_cast<_Float16>(half));
        const float got = core::halfToFloat(half);
        if (std::isnan(wanted))
            ASSERT_TRUE(std::isnan(got)) << bits;
        else
            ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(wanted))
                << bits;
    }
}

} // namespace
