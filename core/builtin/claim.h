#pragma once

#include <string>

namespace core {

/// One thing the built-in model is said to do, with what was measured.
struct MeasuredClaim {
    std::string name;
    double value = 0;
    double required = 0;
    bool isAtMost = false; ///< The value must be at most `required`; otherwise at least.
    bool isRequired = true; ///< Must hold with this version; otherwise it is measured and reported.
    std::string note; ///< How it was measured, and on how much.

    bool holds() const { return isAtMost ? value <= required : value >= required; }
};

} // namespace core
