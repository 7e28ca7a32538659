#include "core/training/massive_rows.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

at::Tensor rowLengths(const at::Tensor& rows)
{
    return rows.flatten(1).to(at::kFloat).norm(2, 1);
}

double massiveLimit(const at::Tensor& lengths)
{
    return kMassive * lengths.median().item<double>();
}

std::string massiveNote(std::int64_t massive, std::int64_t others)
{
    return massive == 0 ? std::string()
                        : fmt::format("{} of {} tokens are left out: their activations are more "
                                      "than {} times as long as the median.",
                            massive, massive + others, kMassive);
}

} // namespace core
