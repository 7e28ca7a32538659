#include "core/model/int8_groups.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace core {

namespace {

std::int64_t groupsOf(std::int64_t columns)
{
    return (columns + kInt8Group - 1) / kInt8Group;
}

/// [rows, groups, kInt8Group] with zeros behind the last number.
at::Tensor inGroups(const at::Tensor& rows)
{
    const std::int64_t columns = rows.size(1), groups = groupsOf(columns);
    const std::int64_t missing = groups * kInt8Group - columns;
    return (missing > 0 ? at::constant_pad_nd(rows, {0, missing}) : rows)
        .reshape({rows.size(0), groups, kInt8Group});
}

} // namespace

Int8Matrix toInt8(const at::Tensor& matrix)
{
    const std::int64_t rows = matrix.size(0), columns = matrix.size(1);
    const auto options = at::TensorOptions(at::kCPU);
    Int8Matrix made{at::empty({rows, columns}, options.dtype(at::kChar)),
        at::empty({rows, groupsOf(columns)}, options.dtype(at::kFloat))};
    constexpr std::int64_t kNumbersAtOnce = 1 << 18;
    const std::int64_t step
        = std::max<std::int64_t>(kNumbersAtOnce / std::max<std::int64_t>(columns, 1), 1);
    for (std::int64_t row = 0; row < rows; row += step) {
        const std::int64_t count = std::min(step, rows - row);
        const at::Tensor numbers = inGroups(matrix.narrow(0, row, count).to(at::kFloat));
        const at::Tensor scales = numbers.abs().amax(-1) / 127.0;
        // A group of zeros has scale 0: its numbers are 0 / 1.
        const at::Tensor divisor = scales.masked_fill(scales.eq(0.0), 1.0).unsqueeze(-1);
        const at::Tensor q = (numbers / divisor).round_().clamp_(-127.0, 127.0);
        made.scales.narrow(0, row, count).copy_(scales);
        made.q.narrow(0, row, count).copy_(q.view({count, -1}).narrow(1, 0, columns));
    }
    return made;
}

at::Tensor fromInt8(const at::Tensor& q, const at::Tensor& scales)
{
    const at::Tensor numbers = inGroups(q.to(at::kFloat)).mul_(scales.unsqueeze(-1));
    return numbers.view({q.size(0), -1}).narrow(1, 0, q.size(1)).contiguous();
}

} // namespace core
