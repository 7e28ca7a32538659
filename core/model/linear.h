#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace core {

struct BlockFormat;

/// y = x W + b. Files store W either way round and in 32 or 16 bits, or in blocks; `weight` is kept
/// as stored, so that it can stay in the map.
struct Linear {
    at::Tensor weight; ///< float32, bfloat16, float16, int8 with `scales`, or bytes of `blocks`.
    at::Tensor bias; ///< Undefined when there is none.
    bool isInOut = false; ///< weight is [in, out] (GPT-2's Conv1D); otherwise [out, in].
    at::Tensor scales; ///< int8 only, float32: one for each group of numbers in a stored row.
    /// Then `weight` is uint8 [out, bytes of a row] (core/files/gguf_blocks.h).
    const BlockFormat* blocks = nullptr;

    bool isDefined() const { return weight.defined(); }
    std::int64_t in() const;
    std::int64_t out() const { return weight.size(isInOut ? 1 : 0); }

    /// The whole weight as it takes part in sums: float32 on the CPU (a view where it is stored so,
    /// else a widened copy), the compute type elsewhere. Stored way round.
    at::Tensor values() const;
    at::Tensor matrix() const; ///< values() as [in, out].
    /// Stored rows `index` (any shape) of a matrix that is not in-out, such as the embeddings of
    /// tokens: [.., in], in the type of `values`.
    at::Tensor rows(const at::Tensor& index) const;
    /// x [.., in] to [.., out]. One to eight rows on the CPU take the decode kernel; for more,
    /// 16-bit and int8 weights are widened a panel at a time. Gradients flow.
    at::Tensor apply(const at::Tensor& x) const;
    /// Outputs start .. start + size - 1 alone, sharing memory where the groups of int8 allow it.
    Linear slice(std::int64_t start, std::int64_t size) const;
};

/// While one lives, this thread's products take libtorch's plain path in float32: what the
/// self-check compares with.
class ReferenceScope {
public:
    ReferenceScope();
    ~ReferenceScope();
    ReferenceScope(const ReferenceScope&) = delete;
    ReferenceScope& operator=(const ReferenceScope&) = delete;
    static bool isActive();

private:
    bool m_before = false;
};

} // namespace core
