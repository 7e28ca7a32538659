#include "core/training/decoder_rows.h"

#include "core/training/tiles.h"
#include "core/training/vector_kernels.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace core {

void projectOut(const at::Tensor& W_dec, at::Tensor& gradient)
{
    const auto d = static_cast<std::size_t>(W_dec.size(1));
    const float* rows = W_dec.data_ptr<float>();
    float* g = gradient.data_ptr<float>();
    at::parallel_for(0, W_dec.size(0), kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto f = static_cast<std::size_t>(first); f < static_cast<std::size_t>(last); ++f)
            addScaled(g + f * d, -dot(g + f * d, rows + f * d, d), rows + f * d, d);
    });
}

void normalizeRows(at::Tensor& W_dec)
{
    const auto d = static_cast<std::size_t>(W_dec.size(1));
    float* rows = W_dec.data_ptr<float>();
    at::parallel_for(0, W_dec.size(0), kRowsPerTask, [&](std::int64_t first, std::int64_t last) {
        for (auto f = static_cast<std::size_t>(first); f < static_cast<std::size_t>(last); ++f)
            scaleRow(rows + f * d,
                1.0f / std::sqrt(std::max(dot(rows + f * d, rows + f * d, d), 1e-24f)), d);
    });
}

} // namespace core
