#pragma once

#include <cstdint>

namespace core {

struct BlockFormat;

/// Numbers in a cache line's worth of weights, and in a group of int8 weights: kernels go through a
/// row in such steps.
template <typename Stored>
inline constexpr std::int64_t kSkinnyStep = 64 / static_cast<std::int64_t>(sizeof(Stored));

/// One product of few rows, in plain pointers.
struct SkinnyJob {
    const float* x = nullptr; // [streams, in]
    const void* weight = nullptr; // float, bfloat16, float16, int8 or blocks
    std::int64_t weightStride = 0; // Between stored rows, in numbers; of blocks in bytes.
    const float* scales = nullptr; // int8 only: one for each 64 numbers of a stored row.
    std::int64_t scaleStride = 0;
    const float* bias = nullptr; // [out] or null.
    float* y = nullptr; // [streams, out]
    std::int64_t in = 0, out = 0;
    int streams = 1;
};

/// A part of the product: stored rows [begin, end). Of weights [out, in] they give as many outputs;
/// of weights [in, out] they give a part of the sum of every output, and row 0 brings the bias.
struct SkinnyPart {
    std::int64_t begin = 0, end = 0;
};

using SkinnyKernel = void (*)(const SkinnyJob& job, const SkinnyPart& part);

/// The kernels for one stored type.
struct SkinnyKernels {
    SkinnyKernel outIn = nullptr, inOut = nullptr;
    /// Stored row `row` of `count` numbers in float32.
    void (*widen)(
        const SkinnyJob& job, std::int64_t row, std::int64_t from, std::int64_t count, float* wide)
        = nullptr;
};

SkinnyKernels skinnyFloat32();
SkinnyKernels skinnyBFloat16();
SkinnyKernels skinnyFloat16();
SkinnyKernels skinnyInt8();

/// The kernels for weights [out, in] in blocks.
struct BlockKernels {
    SkinnyKernel dot = nullptr;
    /// `count` blocks in a row to float32.
    void (*widen)(const std::uint8_t* blocks, std::int64_t count, float* wide) = nullptr;
};

BlockKernels skinnyBlocks(const BlockFormat& format);

} // namespace core
