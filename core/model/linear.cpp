#include "core/model/linear.h"

#include "core/files/gguf_blocks.h"
#include "core/model/int8_groups.h"
#include "core/model/skinny_matmul.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

thread_local bool t_isReference = false;

bool isNarrow(const at::Tensor& weight)
{
    const at::ScalarType type = weight.scalar_type();
    return weight.device().is_cpu()
        && (type == at::kBFloat16 || type == at::kHalf || type == at::kChar || type == at::kByte);
}

/// By the plain decoder of the files' room, for the reference.
at::Tensor plainlyDecoded(const at::Tensor& weight, const BlockFormat& format)
{
    const std::int64_t blocks = weight.size(1) / static_cast<std::int64_t>(format.bytes);
    const at::Tensor bytes = weight.contiguous();
    at::Tensor wide = at::empty(
        {weight.size(0), blocks * static_cast<std::int64_t>(format.numbers)}, at::kFloat);
    decodeBlocks(format,
        {static_cast<const std::byte*>(bytes.data_ptr()), static_cast<std::size_t>(bytes.numel())},
        wide.data_ptr<float>());
    return wide;
}

at::Tensor widened(const at::Tensor& weight, const at::Tensor& scales, const BlockFormat* blocks)
{
    if (blocks)
        return t_isReference ? plainlyDecoded(weight, *blocks) : widenBlocks(weight, *blocks);
    if (t_isReference)
        return weight.scalar_type() == at::kChar ? fromInt8(weight, scales) : weight.to(at::kFloat);
    if (weight.stride(1) == 1)
        return widenColumns(weight, scales, 0, weight.size(1));
    return weight.to(at::kFloat);
}

/// Weights widened at a time: small enough for the cache, large enough that the product does not
/// notice the seams.
constexpr std::int64_t kPanelNumbers = 1 << 20;

at::Tensor panelProduct(const Linear& linear, const at::Tensor& rows)
{
    const std::int64_t in = linear.in(), out = linear.out();
    at::Tensor y = at::empty({rows.size(0), out}, rows.options());
    const std::int64_t step
        = std::max<std::int64_t>(kPanelNumbers / std::max<std::int64_t>(in, 1) / kInt8Group, 1)
        * kInt8Group;
    for (std::int64_t first = 0; first < out; first += step) {
        const std::int64_t count = std::min(step, out - first);
        const Linear panel = linear.slice(first, count);
        at::Tensor target = y.narrow(1, first, count);
        if (linear.bias.defined())
            at::addmm_out(target, panel.bias, rows, panel.matrix());
        else
            at::mm_out(target, rows, panel.matrix());
    }
    return y;
}

at::Tensor product(const Linear& linear, const at::Tensor& rows)
{
    if (!t_isReference && isSkinny(rows, linear.weight, linear.bias)) {
        if (linear.blocks)
            return skinnyBlockMatmul(rows, linear.weight, *linear.blocks, linear.bias);
        return skinnyMatmul(rows, linear.weight, linear.isInOut, linear.bias, linear.scales);
    }
    const bool asksGradient = at::GradMode::is_enabled() && rows.requires_grad();
    if (isNarrow(linear.weight) && !asksGradient)
        return panelProduct(linear, rows);
    const at::Tensor matrix = linear.matrix();
    // On a device a 16-bit matrix is multiplied as such, also by wider rows: directions of a
    // dictionary, say.
    if (const at::ScalarType type = rows.scalar_type();
        !rows.is_cpu() && type != matrix.scalar_type())
        return product(linear, rows.to(matrix.scalar_type())).to(type);
    if (!linear.bias.defined())
        return at::mm(rows, matrix);
    return at::addmm(linear.bias.to(rows.scalar_type()), rows, matrix);
}

} // namespace

std::int64_t Linear::in() const
{
    if (blocks)
        return weight.size(1) / static_cast<std::int64_t>(blocks->bytes)
            * static_cast<std::int64_t>(blocks->numbers);
    return weight.size(isInOut ? 0 : 1);
}

at::Tensor Linear::values() const
{
    return isNarrow(weight) ? widened(weight, scales, blocks) : weight;
}

at::Tensor Linear::matrix() const
{
    return isInOut ? values() : values().t();
}

at::Tensor Linear::rows(const at::Tensor& index) const
{
    TORCH_CHECK(!isInOut, "Linear::rows: the matrix is stored [in, out].");
    const at::Tensor here = index.to(weight.device());
    if (!isNarrow(weight))
        return at::embedding(weight, here);
    const at::Tensor flat = here.reshape(-1);
    const at::Tensor picked = widened(weight.index_select(0, flat),
        scales.defined() ? scales.index_select(0, flat) : at::Tensor(), blocks);
    auto shape = index.sizes().vec();
    shape.push_back(in());
    return picked.view(shape);
}

at::Tensor Linear::apply(const at::Tensor& x) const
{
    const at::Tensor out = product(*this, x.reshape({-1, x.size(-1)}));
    auto shape = x.sizes().vec();
    shape.back() = out.size(1);
    return out.view(shape);
}

Linear Linear::slice(std::int64_t start, std::int64_t size) const
{
    Linear part;
    part.isInOut = isInOut;
    part.blocks = blocks;
    const std::int64_t side = isInOut ? 1 : 0;
    if (!scales.defined()) {
        part.weight = weight.narrow(side, start, size);
    } else if (!isInOut) {
        part.weight = weight.narrow(0, start, size);
        part.scales = scales.narrow(0, start, size);
    } else if (start % kInt8Group == 0) {
        part.weight = weight.narrow(1, start, size);
        part.scales = scales.narrow(1, start / kInt8Group, (size + kInt8Group - 1) / kInt8Group);
    } else { // The groups would begin elsewhere.
        part.weight = values().narrow(1, start, size).contiguous();
    }
    if (bias.defined())
        part.bias = bias.narrow(0, start, size);
    return part;
}

ReferenceScope::ReferenceScope()
    : m_before(t_isReference)
{
    t_isReference = true;
}

ReferenceScope::~ReferenceScope()
{
    t_isReference = m_before;
}

bool ReferenceScope::isActive()
{
    return t_isReference;
}

} // namespace core
