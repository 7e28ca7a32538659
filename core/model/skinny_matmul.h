#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace core {

struct BlockFormat;

/// Rows that share one pass over the weights.
inline constexpr std::int64_t kMaxSkinnyRows = 8;

/// Fewer numbers than this are done before another thread is awake.
inline constexpr std::int64_t kWorthThreads = 1 << 16;

/// Threads for products of a decoding step on this thread.
int decodeThreads();

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

/// Can `skinnyMatmul` do this? CPU, one to eight float32 rows of x [rows, in], weight float32,
/// bfloat16, float16, int8 or bytes of blocks with contiguous rows, no gradient asked for.
bool isSkinny(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// x W + bias for few rows: reads the weights once, as they are stored, at the speed of memory
/// (docs/performance.md section 2). x [rows, in] contiguous; weight [out, in], or [in, out] when
/// `isInOut`; bias [out] or undefined; `scales` of int8 weights as in `Int8Matrix`. Returns [rows,
/// out] float32.
at::Tensor skinnyMatmul(const at::Tensor& x, const at::Tensor& weight, bool isInOut,
    const at::Tensor& bias, const at::Tensor& scales = {});

/// Stored numbers [rows, from .. from + count) of every row of a 16-bit or int8 matrix, in float32;
/// `from` is where a group of int8 numbers begins. Threads share the work.
at::Tensor widenColumns(
    const at::Tensor& weight, const at::Tensor& scales, std::int64_t from, std::int64_t count);

/// x W + bias for few rows as above, weight uint8 [out, bytes of a row] in blocks.
at::Tensor skinnyBlockMatmul(const at::Tensor& x, const at::Tensor& weight,
    const BlockFormat& format, const at::Tensor& bias);
/// Such a weight in float32, [out, in]. Threads share the work.
at::Tensor widenBlocks(const at::Tensor& weight, const BlockFormat& format);

/// Products of few rows with a batch of small float32 matrices, such as the kept keys of each head:
/// x [N, rows, in], weight [N, out, in], or [N, in, out] when `isInOut`, with contiguous rows.
/// Returns [N, rows, out].
bool isSkinnyBatch(const at::Tensor& x, const at::Tensor& weight);
at::Tensor skinnyBatch(const at::Tensor& x, const at::Tensor& weight, bool isInOut);

} // namespace core
