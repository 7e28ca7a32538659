#pragma once

#include "core/api/trace.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace core {

/// What tracing a prompt will cost, measured from one forward pass.
struct TraceEstimate {
    TraceRequest request;
    int tokens = 0;
    std::int64_t activeFeatures = 0; ///< On this prompt, without position 0 or the header
                                     ///< that the model is traced behind.
    std::int64_t tracedFeatures = 0; ///< Those that will get a row; fewer when memory is short.
    std::int64_t nodes = 0; ///< Of the unpruned matrix.
    std::int64_t matrixBytes = 0, workBytes = 0; ///< Kept; needed in passing.
    std::int64_t limitBytes = 0; ///< What the request, or the machine, allows.
    double seconds = 0; ///< From this machine's matrix-product speed.
    std::string note; ///< What is left out or put before the prompt, and why; empty when nothing.
};

/// What a trace would cost; one forward pass.
struct EstimateTraceRequest {
    using Answer = TraceEstimate;
    static constexpr std::string_view kName = "estimate";

    TraceRequest trace;
};

} // namespace core
