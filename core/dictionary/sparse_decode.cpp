#include "core/dictionary/sparse_decode.h"

#include "core/dictionary/weight_product.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

namespace core {

namespace {

// A dense product runs at the speed of arithmetic when there are many rows, at the speed of memory
// when there are few; adding single rows always runs at the speed of memory. Hence two limits on
// the share of active features.
constexpr std::int64_t kFewRows = 8;
constexpr std::int64_t kInverseShareFewRows = 2;
constexpr std::int64_t kInverseShareManyRows = 16;

bool canReadRows(const at::Tensor& acts, const at::Tensor& W_dec)
{
    if (at::GradMode::is_enabled() && (acts.requires_grad() || W_dec.requires_grad()))
        return false;
    const at::ScalarType type = W_dec.scalar_type();
    return acts.device().is_cpu() && acts.scalar_type() == at::kFloat && W_dec.stride(1) == 1
        && (type == at::kFloat || type == at::kBFloat16 || type == at::kHalf);
}

template <class Stored>
void addRows(const float* acts, std::int64_t d_sae, const Stored* rows, std::int64_t rowStride,
    float* out, std::int64_t d_out)
{
    constexpr std::int64_t kBlock = 64;
    for (std::int64_t block = 0; block < d_sae; block += kBlock) {
        const std::int64_t end = std::min(block + kBlock, d_sae);
        float any = 0.0f; // most blocks are all zero: one vectorised sweep passes over them
        for (std::int64_t i = block; i < end; ++i)
            any += acts[i] != 0.0f ? 1.0f : 0.0f;
        if (any == 0.0f)
            continue;
        for (std::int64_t i = block; i < end; ++i) {
            const float act = acts[i];
            if (act == 0.0f)
                continue;
            const Stored* row = rows + i * rowStride;
            for (std::int64_t d = 0; d < d_out; ++d)
                out[d] += act * static_cast<float>(row[d]);
        }
    }
}

template <class Stored> at::Tensor addActiveRows(const at::Tensor& acts, const at::Tensor& W_dec)
{
    const std::int64_t rows = acts.size(0), d_sae = W_dec.size(0), d_out = W_dec.size(1);
    at::Tensor out = at::zeros({rows, d_out}, acts.options());
    const float* source = acts.data_ptr<float>();
    const Stored* weights = W_dec.data_ptr<Stored>();
    float* target = out.data_ptr<float>();
    const std::int64_t rowStride = W_dec.stride(0);
    at::parallel_for(0, rows, 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            addRows(source + row * d_sae, d_sae, weights, rowStride, target + row * d_out, d_out);
    });
    return out;
}

} // namespace

at::Tensor decodeActive(const at::Tensor& feature_acts, const at::Tensor& W_dec)
{
    if (!canReadRows(feature_acts, W_dec))
        return decoderProduct(feature_acts, W_dec);

    const at::Tensor acts = feature_acts.reshape({-1, W_dec.size(0)}).contiguous();
    const std::int64_t active = at::count_nonzero(acts).item<std::int64_t>();
    const std::int64_t inverseShare
        = acts.size(0) <= kFewRows ? kInverseShareFewRows : kInverseShareManyRows;
    if (active * inverseShare > acts.numel())
        return decoderProduct(feature_acts, W_dec);

    std::vector<std::int64_t> shape = feature_acts.sizes().vec();
    shape.back() = W_dec.size(1);
    switch (W_dec.scalar_type()) {
    case at::kBFloat16:
        return addActiveRows<at::BFloat16>(acts, W_dec).view(shape);
    case at::kHalf:
        return addActiveRows<at::Half>(acts, W_dec).view(shape);
    default:
        return addActiveRows<float>(acts, W_dec).view(shape);
    }
}

} // namespace core
