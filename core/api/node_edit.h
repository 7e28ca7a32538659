#pragma once

#include "core/base/ids.h"

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace core {

/// One change of a circuit: a node, or all features of a supernode, ablated, scaled or set.
struct NodeEdit {
    enum class Mode : std::uint8_t { Ablate, Scale, Set };
    struct Feature {
        FeatureAt at;
        float activation = 0.0f; ///< On the prompt.

        auto operator<=>(const Feature&) const = default;
    };

    std::string name;
    std::vector<Feature> features; ///< More than one: a supernode.
    Mode mode = Mode::Ablate;
    double value = 0.0; ///< Scale: multiple of the activation. Set: the new activation.
    bool isEverywhere = false; ///< At all positions where the features stand in the graph.

    bool operator==(const NodeEdit&) const = default;
};

} // namespace core
