#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The features of one dictionary that are on the map; vectors have one entry for each.
struct MappedDictionary {
    std::string name;
    Layer layer;
    std::vector<std::int32_t> features; ///< Ascending; dead ones are left out.
    std::vector<float> x, y; ///< Its place; units mean nothing.
    std::vector<float> density; ///< Share of harvested tokens where it fires.
};

/// Where the decoder directions of the open dictionaries stand in the plane: alike ones together
/// (docs/definitions.md section 4.5).
struct FeatureMap {
    std::vector<MappedDictionary> dictionaries;
    std::vector<std::string> missing; ///< Open, but not on the map: harvested later, or never.
    std::string method; ///< How it was made, a sentence; empty without a map.

    bool isEmpty() const { return dictionaries.empty(); }
};

struct FeatureMapRequest {
    using Answer = FeatureMap;
    static constexpr std::string_view kName = "feature-map";

    std::vector<std::string> dictionaries; ///< Names; empty = all open ones.
};

} // namespace core
