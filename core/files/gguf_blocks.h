#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace core {

/// A format of GGUF that keeps some numbers of a row together as one block of bytes: small whole
/// numbers and the float16 scales that they share (docs/formats.md section 1.5).
struct BlockFormat {
    std::string_view name; ///< "Q4_1", as TensorView::typeName() has it.
    std::size_t numbers = 0, bytes = 0; ///< Of one block.
    std::array<int, 2> scales{}; ///< Where its float16 scales lie; -1 = there is no second.
    void (*decode)(const std::byte* block, float* numbers) = nullptr;
};

/// What four bits stand for in IQ4_NL and IQ4_XS: denser around zero.
inline constexpr std::array<float, 16> kUneven{
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

/// Null for a type that is no block format, or one that is not read.
const BlockFormat* findBlockFormat(std::string_view name);

/// Whole blocks to float32, as they lie. `numbers` has room for all of them.
void decodeBlocks(const BlockFormat& format, std::span<const std::byte> blocks, float* numbers);

/// Whether no scale of whole blocks is NaN or infinite. Nothing else in a block can be.
bool areScalesFinite(const BlockFormat& format, std::span<const std::byte> blocks);

/// A float16 by its bits.
float halfToFloat(std::uint16_t half);

} // namespace core
