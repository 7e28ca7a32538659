#pragma once

#include "core/api/attribution_graph.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// An attribution graph for one prompt.
struct TraceRequest {
    using Answer = AttributionGraph;
    static constexpr std::string_view kName = "trace";

    std::string prompt;
    std::vector<TokenId> ids;
    /// What to explain: "Austin", a token; "Austin - Sacramento", a logit difference; "#123", a
    /// vocabulary entry; each also as "...@7" at a position other than the last. Empty = the most
    /// probable next tokens by `settings`.
    std::vector<std::string> targets;
    TraceSettings settings;
    std::vector<std::string> dictionaries; ///< Empty = the open transcoders, one per layer, or
                                           ///< residual SAEs where no transcoder is open.
    /// Memory that tracing may take, bytes; 0 = four fifths of what is free. Where the whole matrix
    /// does not fit, the features with the most influence are traced and the result says so.
    std::int64_t memoryBytes = 0;

    bool operator==(const TraceRequest&) const = default;
};

} // namespace core
