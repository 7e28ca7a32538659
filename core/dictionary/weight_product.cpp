#include "core/dictionary/weight_product.h"

#include "core/model/linear.h"
#include "core/model/skinny_matmul.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

constexpr std::int64_t kBlockNumbers = 1 << 22; // widened at a time: 16 MB

/// Calls `work(first feature, number of features)` so that each block of `width` numbers a feature
/// stays small.
template <class Work> void inBlocks(std::int64_t features, std::int64_t width, const Work& work)
{
    const std::int64_t step
        = std::max<std::int64_t>(kBlockNumbers / std::max<std::int64_t>(width, 1), 1);
    for (std::int64_t from = 0; from < features; from += step)
        work(from, std::min(step, features - from));
}

at::Tensor flatRows(const at::Tensor& x)
{
    return x.reshape({-1, x.size(-1)});
}

at::Tensor shapedLike(const at::Tensor& rows, const at::Tensor& x)
{
    std::vector<std::int64_t> shape = x.sizes().vec();
    shape.back() = rows.size(-1);
    return rows.view(shape);
}

} // namespace

at::Tensor encoderProduct(const at::Tensor& x, const at::Tensor& W_enc, const at::Tensor& b)
{
    const bool isInOut = W_enc.stride(1) != 1;
    const bool isFew = x.device().is_cpu() && x.numel() / x.size(-1) <= kMaxSkinnyRows;
    const bool isHere = W_enc.device() == x.device();
    if (at::GradMode::is_enabled() && x.requires_grad())
        return at::linear(x, W_enc.to(x.options()), b);
    if ((isHere && W_enc.scalar_type() == x.scalar_type()) || isFew) {
        Linear linear;
        linear.weight = isInOut ? W_enc.t() : W_enc;
        linear.bias = b;
        linear.isInOut = isInOut;
        return linear.apply(x);
    }
    const at::Tensor flat = flatRows(x);
    const std::int64_t d_sae = W_enc.size(0);
    at::Tensor out = at::empty({flat.size(0), d_sae}, flat.options());
    inBlocks(d_sae, W_enc.size(1), [&](std::int64_t from, std::int64_t n) {
        const at::Tensor block = W_enc.narrow(0, from, n).to(flat.options()).t();
        at::Tensor target = out.narrow(1, from, n);
        if (b.defined())
            at::addmm_out(target, b.narrow(0, from, n), flat, block);
        else
            at::mm_out(target, flat, block);
    });
    return shapedLike(out, x);
}

at::Tensor decoderProduct(const at::Tensor& acts, const at::Tensor& W_dec)
{
    if (W_dec.scalar_type() == acts.scalar_type() && W_dec.device() == acts.device())
        return at::matmul(acts, W_dec);
    const at::Tensor flat = flatRows(acts);
    at::Tensor out = at::zeros({flat.size(0), W_dec.size(1)}, flat.options());
    inBlocks(W_dec.size(0), W_dec.size(1), [&](std::int64_t from, std::int64_t n) {
        out.addmm_(flat.narrow(1, from, n), W_dec.narrow(0, from, n).to(flat.options()));
    });
    return shapedLike(out, acts);
}

at::Tensor rowNorms(const at::Tensor& W_dec)
{
    if (W_dec.scalar_type() == at::kFloat)
        return at::norm(W_dec, 2, -1);
    at::Tensor norms = at::empty({W_dec.size(0)}, W_dec.options().dtype(at::kFloat));
    inBlocks(W_dec.size(0), W_dec.size(1), [&](std::int64_t from, std::int64_t n) {
        norms.narrow(0, from, n).copy_(at::norm(W_dec.narrow(0, from, n).to(at::kFloat), 2, -1));
    });
    return norms;
}

at::Tensor widenedRows(const at::Tensor& W, const at::Tensor& index)
{
    return W.index_select(0, index.to(W.device())).to(at::kFloat);
}

} // namespace core
