#pragma once

#include "core/files/safetensors.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace core {

/// One element type that the safetensors format knows, whether this program can use it or not.
struct DTypeEntry {
    std::string_view name;
    DType dtype;
    std::uint64_t bits;
};

extern const std::array<DTypeEntry, 22> kDTypeTable;

const DTypeEntry* findDType(
    std::string_view name); ///< Null for a name that the format does not know.
int dtypeRank(DType dtype); ///< The writer puts higher ranks first.

} // namespace core
