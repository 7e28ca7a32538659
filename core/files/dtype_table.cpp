#include "core/files/dtype_table.h"

#include <algorithm>

namespace core {

// In the order of the reference implementation's enumeration: its writer sorts tensors by it, last
// first.
const std::array<DTypeEntry, 22> kDTypeTable{{
    {"BOOL", DType::Bool, 8},
    {"F4", DType::Other, 4},
    {"F6_E2M3", DType::Other, 6},
    {"F6_E3M2", DType::Other, 6},
    {"U8", DType::U8, 8},
    {"I8", DType::I8, 8},
    {"F8_E5M2", DType::Other, 8},
    {"F8_E4M3", DType::Other, 8},
    {"F8_E8M0", DType::Other, 8},
    {"F8_E4M3FNUZ", DType::Other, 8},
    {"F8_E5M2FNUZ", DType::Other, 8},
    {"I16", DType::I16, 16},
    {"U16", DType::U16, 16},
    {"F16", DType::F16, 16},
    {"BF16", DType::BF16, 16},
    {"I32", DType::I32, 32},
    {"U32", DType::U32, 32},
    {"F32", DType::F32, 32},
    {"C64", DType::Other, 64},
    {"F64", DType::F64, 64},
    {"I64", DType::I64, 64},
    {"U64", DType::U64, 64},
}};

const DTypeEntry* findDType(std::string_view name)
{
    const auto found = std::find_if(kDTypeTable.begin(), kDTypeTable.end(),
        [name](const DTypeEntry& entry) { return entry.name == name; });
    return found == kDTypeTable.end() ? nullptr : &*found;
}

int dtypeRank(DType dtype)
{
    const auto found = std::find_if(kDTypeTable.begin(), kDTypeTable.end(),
        [dtype](const DTypeEntry& entry) { return entry.dtype == dtype; });
    return static_cast<int>(found - kDTypeTable.begin());
}

std::string_view dtypeName(DType dtype)
{
    if (dtype == DType::Other)
        return "a type that this program does not read";
    return kDTypeTable[static_cast<std::size_t>(dtypeRank(dtype))].name;
}

std::size_t dtypeBytes(DType dtype)
{
    if (dtype == DType::Other)
        return 0;
    return kDTypeTable[static_cast<std::size_t>(dtypeRank(dtype))].bits / 8;
}

} // namespace core
