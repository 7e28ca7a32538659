#pragma once

#include <cstdint>
#include <string_view>

namespace core {

/// How much of this machine's memory can be taken now, in bytes; 0 when that cannot be told.
struct FreeMemoryRequest {
    using Answer = std::int64_t;
    static constexpr std::string_view kName = "free memory";
};

} // namespace core
