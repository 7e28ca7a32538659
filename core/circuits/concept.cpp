#include "core/circuits/concept.h"

#include <algorithm>
#include <numeric>

#include <ATen/ATen.h>

namespace core {

namespace {

/// The largest (share of `with` at or above a threshold) - (share of `without` there), at least 0.
/// Counted in whole numbers, so that equally good features tie exactly.
at::Tensor bestGap(const at::Tensor& with, const at::Tensor& without)
{
    const std::int64_t W = with.size(0), O = without.size(0);
    const auto [values, order] = at::cat({with, without}).sort(0, true);
    const at::Tensor weights = at::cat({at::full({W}, O, at::kLong), at::full({O}, -W, at::kLong)});
    const at::Tensor above = weights.index_select(0, order.flatten()).view(order.sizes()).cumsum(0);
    // A threshold lies between different values only.
    const at::Tensor isTie = at::zeros_like(values, at::kBool);
    isTie.slice(0, 0, W + O - 1).copy_(values.slice(0, 0, W + O - 1) == values.slice(0, 1));
    const at::Tensor best = std::get<0>(above.masked_fill(isTie, 0).max(0)).clamp_min(0);
    return best.to(at::kDouble) / static_cast<double>(W * O);
}

} // namespace

ConceptScores scoreConcept(const at::Tensor& with, const at::Tensor& without)
{
    ConceptScores scores;
    scores.score = (bestGap(with, without) + 1.0) / 2.0;
    scores.meanWith = with.mean(0);
    scores.meanWithout = without.mean(0);
    scores.shareWith = with.ne(0).to(at::kFloat).mean(0);
    scores.shareWithout = without.ne(0).to(at::kFloat).mean(0);
    return scores;
}

std::vector<std::int64_t> bestColumns(const ConceptScores& scores, std::int64_t limit, double above)
{
    const at::Tensor score = scores.score.contiguous(),
                     gap = (scores.meanWith - scores.meanWithout).contiguous();
    const auto* s = score.data_ptr<double>();
    const auto* g = gap.data_ptr<float>();
    std::vector<std::int64_t> columns(static_cast<std::size_t>(score.numel()));
    std::iota(columns.begin(), columns.end(), std::int64_t{0});
    std::erase_if(columns, [&](std::int64_t column) { return !(s[column] > above); });
    std::stable_sort(columns.begin(), columns.end(),
        [&](std::int64_t a, std::int64_t b) { return s[a] != s[b] ? s[a] > s[b] : g[a] > g[b]; });
    if (std::ssize(columns) > limit)
        columns.resize(static_cast<std::size_t>(std::max<std::int64_t>(limit, 0)));
    return columns;
}

} // namespace core
