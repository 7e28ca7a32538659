#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct PerturbationCheck;

/// Does what the graph says happen in the model? Features are changed one at a time.
struct CheckRequest {
    using Answer = PerturbationCheck;
    static constexpr std::string_view kName = "check";

    std::uint64_t graph = 0; ///< `AttributionGraph::id`.
    int features = 24; ///< How many of the most influential features are changed.
    double factor = 0.0; ///< Each is set to this multiple of its activation; 0 = ablated.
};

struct PerturbationCheck {
    CheckRequest request;
    /// The change that the graph's direct effects predict for later features' pre-activations
    /// against the one observed, by how many layers later.
    struct Distance {
        int layers = 0;
        int features = 0; ///< Changed features that count here.
        double cosine = 0; ///< Mean over them.
        double normRatio = 0; ///< Mean of ||observed|| / ||predicted||.
    };
    std::vector<Distance> byDistance;
    double meanCosine = 0;
    struct Point {
        FeatureAt at;
        std::string label;
        float influence = 0; ///< On the logits, by the graph.
        float effect = 0; ///< KL(unchanged || ablated) of the next token, nats.
    };
    std::vector<Point> points; ///< One for each changed feature.
    double spearman = 0; ///< Of influence against effect.
    double seconds = 0;
    std::string note;
};

} // namespace core
