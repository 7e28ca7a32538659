#include "core/training/massive_rows.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

namespace {
at::Tensor lengths(const at::Tensor& rows)
{
    return rows.flatten(1).to(at::kFloat).norm(2, 1);
}
} // namespace

at::Tensor rowsUpTo(const at::Tensor& rows, double limit)
{
    return lengths(rows).le(limit);
}

double massiveLimit(const at::Tensor& rows)
{
    return kMassive * lengths(rows).median().item<double>();
}

std::string massiveNote(std::int64_t massive, std::int64_t others)
{
    return massive == 0 ? std::string()
                        : fmt::format("{} of {} tokens are left out: their activations are more "
                                      "than {} times as long as the median.",
                            massive, massive + others, kMassive);
}

} // namespace core
