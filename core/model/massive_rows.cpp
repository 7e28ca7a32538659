#include "core/model/massive_rows.h"

#include <limits>

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace core {

at::Tensor rowLengths(const at::Tensor& rows)
{
    return rows.flatten(1).to(at::kFloat).norm(2, 1);
}

double massiveLimit(const at::Tensor& lengths)
{
    const at::Tensor some = lengths.masked_select(lengths > 0);
    return some.numel() == 0 ? std::numeric_limits<double>::infinity()
                             : kMassive * some.median().item<double>();
}

std::string massiveNote(std::int64_t massive, std::int64_t others)
{
    return massive == 0 ? std::string()
                        : fmt::format("{} of {} tokens are left out: their activations are more "
                                      "than {} times as long as the median.",
                            massive, massive + others, kMassive);
}

} // namespace core
