#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct Claim {
    std::string name;
    double value = 0, required = 0;
    bool isAtMost = false; ///< The value must be at most `required`; otherwise at least.
    bool isRequired = true; ///< Must hold with this version; otherwise measured and reported.
    bool holds = false;
    std::string note; ///< How it was measured, and on how much.
};

/// Makes the built-in model anew; answers the folder.
struct MakeBuiltinRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "make-builtin";

    std::string out;
    std::uint64_t seed = 0;
};

/// Holds a built-in model against what is claimed of it.
struct CheckBuiltinRequest {
    using Answer = std::vector<Claim>;
    static constexpr std::string_view kName = "check-builtin";

    std::string folder; ///< Empty = the shipped one.
};

} // namespace core
