#pragma once

#include "core/api/label.h"
#include "core/base/ids.h"

#include <string>
#include <vector>

namespace core {

/// One row of the feature table.
struct FeatureRow {
    FeatureRef feature;
    Layer layer;
    Label label;
    double density = 0.0; ///< Share of harvested tokens where it fires.
    float maxActivation = 0.0f;
    std::vector<std::string> promoted; ///< The strongest few promoted tokens.
};

} // namespace core
