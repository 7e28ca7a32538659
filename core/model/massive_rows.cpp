#include "core/model/massive_rows.h"

#include <algorithm>
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
    if (some.numel() == 0)
        return std::numeric_limits<double>::infinity();
    const at::Tensor median = some.median();
    const double spread = (some - median).abs().median().item<double>();
    return std::max(
        kMassive * median.item<double>(), median.item<double>() + kMassiveSpreads * spread);
}

std::string massiveNote(std::int64_t massive, std::int64_t others)
{
    return massive == 0 ? std::string()
                        : fmt::format("{} of {} tokens are left out: their activations are far "
                                      "longer than all others (massive).",
                            massive, massive + others);
}

} // namespace core
