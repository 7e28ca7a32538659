#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace core {

/// Joins rankings of different kinds by reciprocal rank (Cormack, Clarke and Buettcher 2009): each
/// gives 1 / (60 + rank) to what it holds, ranks from 1. Best first; equal ones in order of keys.
template <typename Key>
std::vector<std::pair<Key, double>> fuseByReciprocalRank(
    const std::vector<std::vector<Key>>& rankings)
{
    constexpr double kSteady = 60.0; // The authors': the first few do not outshout agreement.
    std::vector<std::pair<Key, double>> shares;
    for (const std::vector<Key>& ranking : rankings)
        for (std::size_t i = 0; i < ranking.size(); ++i)
            shares.emplace_back(ranking[i], 1.0 / (kSteady + static_cast<double>(i + 1)));
    std::stable_sort(shares.begin(), shares.end(),
        [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::pair<Key, double>> fused;
    for (const auto& [key, share] : shares) {
        if (fused.empty() || fused.back().first != key)
            fused.emplace_back(key, 0.0);
        fused.back().second += share;
    }
    std::stable_sort(fused.begin(), fused.end(),
        [](const auto& a, const auto& b) { return a.second > b.second; });
    return fused;
}

} // namespace core
