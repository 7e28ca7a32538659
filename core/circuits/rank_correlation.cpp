#include "core/circuits/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace core {

namespace {

struct Pairs {
    std::vector<double> a, b;
};

Pairs finitePairs(std::span<const float> a, std::span<const float> b)
{
    Pairs pairs;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        if (std::isfinite(a[i]) && std::isfinite(b[i])) {
            pairs.a.push_back(a[i]);
            pairs.b.push_back(b[i]);
        }
    return pairs;
}

double meanOf(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double correlation(const Pairs& pairs)
{
    if (pairs.a.size() < 2)
        return 0.0;
    const double meanA = meanOf(pairs.a), meanB = meanOf(pairs.b);
    double both = 0.0, squaresA = 0.0, squaresB = 0.0;
    for (std::size_t i = 0; i < pairs.a.size(); ++i) {
        const double x = pairs.a[i] - meanA, y = pairs.b[i] - meanB;
        both += x * y;
        squaresA += x * x;
        squaresB += y * y;
    }
    if (squaresA <= 0.0 || squaresB <= 0.0)
        return 0.0;
    return std::clamp(both / std::sqrt(squaresA) / std::sqrt(squaresB), -1.0, 1.0);
}

std::vector<double> ranksOf(const std::vector<double>& values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
        [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first + 1;
        while (last < order.size() && values[order[last]] == values[order[first]])
            ++last;
        const double shared = static_cast<double>(first + last - 1) / 2.0;
        for (std::size_t i = first; i < last; ++i)
            ranks[order[i]] = shared;
        first = last;
    }
    return ranks;
}

} // namespace

double pearson(std::span<const float> a, std::span<const float> b)
{
    return correlation(finitePairs(a, b));
}

double spearman(std::span<const float> a, std::span<const float> b)
{
    const Pairs pairs = finitePairs(a, b);
    return correlation({ranksOf(pairs.a), ranksOf(pairs.b)});
}

} // namespace core
