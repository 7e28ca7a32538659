#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

struct MapFeaturesSummary {
    std::int64_t features = 0; ///< On the map.
    std::int64_t landmarks = 0; ///< Fewer than that: the others stand among their nearest.
    double seconds = 0;
};

/// Makes the map of all open dictionaries that were harvested, in place of the one before. A
/// harvest does it at its end; this is for workspaces that were harvested without.
struct MapFeaturesRequest {
    using Answer = MapFeaturesSummary;
    static constexpr std::string_view kName = "map-features";

    std::string workspace; ///< A file; empty = the open model's.
};

} // namespace core
