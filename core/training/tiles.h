#pragma once

#include <cstdint>

namespace core {

/// hidden_pre of a tile stays below 16 MB, so that selecting reads it from the cache and not from
/// memory.
inline constexpr std::int64_t kTileFloats = 1 << 22;
inline constexpr std::int64_t kRowsPerTask = 64; ///< What one thread takes at a time.

} // namespace core
