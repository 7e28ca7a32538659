#include "core/model/skinny_matmul.h"

#include "core/files/gguf_blocks.h"
#include "core/model/skinny_job.h"
#include "core/model/thread_choice.h"
#include "core/model/worker_pool.h"

#include <algorithm>

#include <omp.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

thread_local int t_threads = 0; // Of skinny products in a DecodeScope.

SkinnyKernels kernelsFor(at::ScalarType type)
{
    switch (type) {
    case at::kBFloat16:
        return skinnyBFloat16();
    case at::kHalf:
        return skinnyFloat16();
    case at::kChar:
        return skinnyInt8();
    default:
        return skinnyFloat32();
    }
}

/// Stored rows that a thread takes at a time. Pieces are small enough that threads finish together
/// and large enough that beginning one, when nothing has been asked of the memory yet, costs little
/// beside it. They depend on the shape alone, so results do not depend on the number of threads.
std::int64_t rowsPerPiece(const at::Tensor& weight, bool isInOut)
{
    constexpr std::int64_t kTogether = 16;
    constexpr std::int64_t kLeastBytes = 1 << 16, kMostBytes = 1 << 19;
    const std::int64_t rows = std::max<std::int64_t>(weight.size(0), 1);
    if (weight.numel() < kWorthThreads)
        return rows;
    const std::int64_t bytes = weight.numel() * static_cast<std::int64_t>(weight.element_size());
    // Of weights [in, out] every piece has a sum of each output, to be added in the end.
    const std::int64_t wanted
        = isInOut ? bytes / 8 : std::clamp(bytes / 12, kLeastBytes, kMostBytes);
    const std::int64_t least = std::max(wanted, kLeastBytes) * rows / bytes;
    return (least + kTogether - 1) / kTogether * kTogether;
}

bool isPlainFloat(const at::Tensor& t)
{
    return t.device().is_cpu() && t.scalar_type() == at::kFloat;
}

bool isStoredType(at::ScalarType type)
{
    return type == at::kFloat || type == at::kBFloat16 || type == at::kHalf || type == at::kChar
        || type == at::kByte;
}

bool wantsGradient(const at::Tensor& t)
{
    return at::GradMode::is_enabled() && t.defined() && t.requires_grad();
}

void setWeight(SkinnyJob& job, const at::Tensor& weight, const at::Tensor& scales)
{
    job.weight = weight.data_ptr();
    job.weightStride = weight.stride(0);
    if (weight.scalar_type() != at::kChar)
        return;
    TORCH_CHECK(scales.defined() && scales.stride(1) == 1, "int8 weights need their scales.");
    job.scales = scales.data_ptr<float>();
    job.scaleStride = scales.stride(0);
}

} // namespace

int decodeThreads()
{
    return t_threads > 0 ? t_threads : poolThreads();
}

DecodeScope::DecodeScope(bool isDecoding)
{
    if (!isDecoding || t_threads != 0 || omp_in_parallel())
        return;
    m_threads = at::get_num_threads();
    t_threads = poolThreads();
    omp_set_num_threads(1); // This thread's own setting; torch asks for it before each operation.
}

DecodeScope::~DecodeScope()
{
    if (m_threads == 0)
        return;
    omp_set_num_threads(m_threads);
    t_threads = 0;
}

bool isSkinny(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias)
{
    if (x.size(0) > kMaxSkinnyRows || x.size(0) < 1 || !isPlainFloat(x) || !weight.device().is_cpu()
        || !isStoredType(weight.scalar_type()) || weight.stride(1) != 1)
        return false;
    if (bias.defined() && (!isPlainFloat(bias) || !bias.is_contiguous()))
        return false;
    return !wantsGradient(x) && !wantsGradient(weight) && !wantsGradient(bias);
}

at::Tensor skinnyMatmul(const at::Tensor& x, const at::Tensor& weight, bool isInOut,
    const at::Tensor& bias, const at::Tensor& scales)
{
    const at::Tensor rows = x.contiguous();
    SkinnyJob job;
    job.in = rows.size(1);
    job.out = weight.size(isInOut ? 1 : 0);
    TORCH_CHECK(weight.size(isInOut ? 0 : 1) == job.in, "skinnyMatmul: x is ", x.sizes(),
        ", weight ", weight.sizes());
    job.streams = static_cast<int>(rows.size(0));
    at::Tensor out = at::empty({job.streams, job.out}, rows.options());
    job.x = rows.data_ptr<float>();
    setWeight(job, weight, scales);
    job.bias = bias.defined() ? bias.data_ptr<float>() : nullptr;
    job.y = out.data_ptr<float>();

    const SkinnyKernels kernels = kernelsFor(weight.scalar_type());
    const SkinnyKernel kernel = isInOut ? kernels.inOut : kernels.outIn;
    const std::int64_t stored = weight.size(0), perPiece = rowsPerPiece(weight, isInOut);
    const std::int64_t pieces = std::max<std::int64_t>((stored + perPiece - 1) / perPiece, 1);
    const std::int64_t size = job.streams * job.out;
    const bool hasParts = isInOut && pieces > 1;
    const at::Tensor parts
        = hasParts ? at::empty({pieces - 1, size}, rows.options()) : at::Tensor();
    const float* const sums = hasParts ? parts.data_ptr<float>() : nullptr;
    WorkerPool::shared().run(pieces, decodeThreads(), [&](std::int64_t piece) {
        SkinnyJob own = job;
        if (isInOut && piece > 0)
            own.y = parts.data_ptr<float>() + (piece - 1) * size;
        kernel(own, {piece * perPiece, std::min((piece + 1) * perPiece, stored)});
    });
    for (std::int64_t piece = 1; hasParts && piece < pieces; ++piece)
        for (std::int64_t i = 0; i < size; ++i)
            job.y[i] += sums[(piece - 1) * size + i];
    return out;
}

at::Tensor widenColumns(
    const at::Tensor& weight, const at::Tensor& scales, std::int64_t from, std::int64_t count)
{
    const std::int64_t rows = weight.size(0);
    at::Tensor wide = at::empty({rows, count}, weight.options().dtype(at::kFloat));
    SkinnyJob job;
    setWeight(job, weight, scales);
    const auto widen = kernelsFor(weight.scalar_type()).widen;
    float* const numbers = wide.data_ptr<float>();
    const std::int64_t grain
        = std::max<std::int64_t>(kWorthThreads / std::max<std::int64_t>(count, 1), 1);
    at::parallel_for(0, rows, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            widen(job, row, from, count, numbers + row * count);
    });
    return wide;
}

at::Tensor skinnyBlockMatmul(const at::Tensor& x, const at::Tensor& weight,
    const BlockFormat& format, const at::Tensor& bias)
{
    const at::Tensor rows = x.contiguous();
    SkinnyJob job;
    job.in = rows.size(1);
    job.out = weight.size(0);
    TORCH_CHECK(static_cast<std::int64_t>(format.bytes) * job.in
            == static_cast<std::int64_t>(format.numbers) * weight.size(1),
        "skinnyBlockMatmul: x is ", x.sizes(), ", weight ", weight.sizes(), " of blocks");
    job.streams = static_cast<int>(rows.size(0));
    at::Tensor out = at::empty({job.streams, job.out}, rows.options());
    job.x = rows.data_ptr<float>();
    job.weight = weight.data_ptr();
    job.weightStride = weight.stride(0);
    job.bias = bias.defined() ? bias.data_ptr<float>() : nullptr;
    job.y = out.data_ptr<float>();
    const SkinnyKernel kernel = skinnyBlocks(format).dot;
    const std::int64_t perPiece = rowsPerPiece(weight, false);
    const std::int64_t pieces = std::max<std::int64_t>((job.out + perPiece - 1) / perPiece, 1);
    WorkerPool::shared().run(pieces, decodeThreads(), [&](std::int64_t piece) {
        kernel(job, {piece * perPiece, std::min((piece + 1) * perPiece, job.out)});
    });
    return out;
}

at::Tensor widenBlocks(const at::Tensor& weight, const BlockFormat& format)
{
    const std::int64_t rows = weight.size(0);
    const std::int64_t blocks = weight.size(1) / static_cast<std::int64_t>(format.bytes);
    const std::int64_t width = blocks * static_cast<std::int64_t>(format.numbers);
    at::Tensor wide = at::empty({rows, width}, weight.options().dtype(at::kFloat));
    const auto widen = skinnyBlocks(format).widen;
    const auto* from = weight.data_ptr<std::uint8_t>();
    auto* const to = wide.data_ptr<float>();
    const std::int64_t stride = weight.stride(0);
    const std::int64_t grain
        = std::max<std::int64_t>(kWorthThreads / std::max<std::int64_t>(width, 1), 1);
    at::parallel_for(0, rows, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            widen(from + row * stride, blocks, to + row * width);
    });
    return wide;
}

bool isSkinnyBatch(const at::Tensor& x, const at::Tensor& weight)
{
    return x.size(1) <= kMaxSkinnyRows && x.size(1) > 0 && isPlainFloat(x) && isPlainFloat(weight)
        && weight.stride(2) == 1 && !wantsGradient(x) && !wantsGradient(weight);
}

at::Tensor skinnyBatch(const at::Tensor& x, const at::Tensor& weight, bool isInOut)
{
    const at::Tensor rows = x.contiguous();
    const std::int64_t count = rows.size(0);
    SkinnyJob shape;
    shape.in = rows.size(2);
    shape.out = weight.size(isInOut ? 2 : 1);
    TORCH_CHECK(weight.size(0) == count && weight.size(isInOut ? 1 : 2) == shape.in,
        "skinnyBatch: x is ", x.sizes(), ", weight ", weight.sizes());
    shape.streams = static_cast<int>(rows.size(1));
    shape.weightStride = weight.stride(1);
    at::Tensor out = at::empty({count, shape.streams, shape.out}, rows.options());
    const float* from = rows.data_ptr<float>();
    const float* matrices = weight.data_ptr<float>();
    float* to = out.data_ptr<float>();
    const std::int64_t matrixStride = weight.stride(0);
    const SkinnyKernels kernels = skinnyFloat32();
    const SkinnyKernel kernel = isInOut ? kernels.inOut : kernels.outIn;
    const SkinnyPart all{0, weight.size(1)};
    const auto one = [&](std::int64_t index) {
        SkinnyJob job = shape;
        job.x = from + index * job.streams * job.in;
        job.weight = matrices + index * matrixStride;
        job.y = to + index * job.streams * job.out;
        kernel(job, all);
    };
    const bool isTiny = count * shape.in * shape.out < kWorthThreads;
    WorkerPool::shared().run(count, isTiny ? 1 : decodeThreads(), one);
    return out;
}

} // namespace core
