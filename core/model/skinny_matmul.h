#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace core {

/// Rows that share one pass over the weights.
inline constexpr std::int64_t kMaxSkinnyRows = 8;

/// While one lives, this thread's small torch operations stay on it, and skinny products alone use
/// more threads. OpenMP's barriers around operations of a few microseconds cost more than they
/// give, above all on a busy machine.
class DecodeScope {
public:
    explicit DecodeScope(bool isDecoding);
    ~DecodeScope();
    DecodeScope(const DecodeScope&) = delete;
    DecodeScope& operator=(const DecodeScope&) = delete;

private:
    int m_threads = 0; // As before; 0 when nothing was changed.
};

/// Can `skinnyMatmul` do this? CPU, float32, one to eight rows of x [rows, in], weight with
/// contiguous rows, no gradient asked for.
bool isSkinny(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// x W + bias for few rows: reads the weights once, at the speed of memory (PERFORMANCE.md section
/// 2). x [rows, in] contiguous; weight [out, in], or [in, out] when `isInOut`; bias [out] or
/// undefined. Returns [rows, out].
at::Tensor skinnyMatmul(
    const at::Tensor& x, const at::Tensor& weight, bool isInOut, const at::Tensor& bias);

/// The same for a batch of small matrices, such as the kept keys of each head: x [N, rows, in],
/// weight [N, out, in], or [N, in, out] when `isInOut`, with contiguous rows. Returns [N, rows,
/// out].
bool isSkinnyBatch(const at::Tensor& x, const at::Tensor& weight);
at::Tensor skinnyBatch(const at::Tensor& x, const at::Tensor& weight, bool isInOut);

} // namespace core
