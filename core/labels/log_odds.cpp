#include "core/labels/log_odds.h"

#include <cmath>

namespace core {

double logOddsZ(
    double seenA, double sizeA, double seenB, double sizeB, double prior, double priorSize)
{
    const auto logOdds = [&](double seen, double size) {
        return std::log((seen + prior) / (size + priorSize - seen - prior));
    };
    const double variance = 1.0 / (seenA + prior) + 1.0 / (seenB + prior); // Eq. 19
    return (logOdds(seenA, sizeA) - logOdds(seenB, sizeB)) / std::sqrt(variance);
}

} // namespace core
