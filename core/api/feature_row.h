#pragma once

#include "core/api/label.h"
#include "core/base/ids.h"

#include <optional>
#include <string>
#include <vector>

namespace core {

/// The output score from which on a feature is said to write.
inline constexpr double kWritesFrom = 0.01;

/// One row of the feature table.
struct FeatureRow {
    FeatureRef feature;
    Layer layer;
    Label label;
    double density = 0.0; ///< Share of harvested tokens where it fires.
    float maxActivation = 0.0f;
    std::vector<std::string> promoted; ///< The strongest few promoted tokens.
    /// How much it moves what the model says next, 0 to 1 (docs/definitions.md section 4.1);
    /// nothing where it is unknown.
    std::optional<double> outputScore = {};

    /// Whether it steers or only recognises; false for both where the score is unknown.
    bool writes() const { return outputScore && *outputScore >= kWritesFrom; }
    bool onlyReads() const { return outputScore && *outputScore < kWritesFrom; }
};

} // namespace core
