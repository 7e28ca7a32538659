#include "core/circuits/scores.h"

#include <algorithm>
#include <cmath>

namespace core {

GraphScores graphScores(const GraphMatrix& matrix, const Influence& influence)
{
    const auto firstError = static_cast<std::size_t>(matrix.firstError());
    const auto firstToken = static_cast<std::size_t>(matrix.firstToken());
    const auto firstLogit = static_cast<std::size_t>(matrix.firstLogit());
    double errors = 0.0, tokens = 0.0;
    for (std::size_t i = firstError; i < firstLogit; ++i)
        (i < firstToken ? errors : tokens) += influence.influence[i];

    GraphScores scores;
    for (int layer = 0; layer < matrix.n_layers; ++layer) {
        double ofLayer = 0.0;
        for (std::int64_t p = 0; p < matrix.n_positions(); ++p)
            ofLayer += influence.influence[firstError
                + static_cast<std::size_t>(layer * matrix.n_positions() + p)];
        scores.errorShareByLayer.push_back(
            static_cast<float>(tokens + errors > 0.0 ? ofLayer / (tokens + errors) : 0.0));
    }

    const std::vector<double> weights = matrix.logitWeights();
    double explained = 0.0, all = 0.0;
    for (std::size_t t = 0; t < weights.size(); ++t) {
        const double share = influence.influence[t] + weights[t];
        if (share == 0.0)
            continue;
        const std::span<const float> row = matrix.row(static_cast<std::int64_t>(t));
        double fromErrors = 0.0;
        for (std::size_t s = firstError; s < firstToken; ++s)
            fromErrors += std::fabs(static_cast<double>(row[s]));
        explained += share * (1.0 - fromErrors / std::max(influence.rowSums[t], 1e-10));
        all += share;
    }
    scores.replacement = tokens + errors > 0.0 ? tokens / (tokens + errors) : 0.0;
    scores.errorShare = tokens + errors > 0.0 ? errors / (tokens + errors) : 0.0;
    scores.completeness = all > 0.0 ? explained / all : 0.0;
    return scores;
}

} // namespace core
