#pragma once

#include "core/files/safetensors.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace core {

/// Types of values in GGUF's metadata, by its numbers.
enum class GgufType : std::uint32_t {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    Text,
    List,
    U64,
    I64,
    F64
};
inline constexpr std::uint32_t kGgufTypes = 13;

std::size_t ggufTypeBytes(GgufType type); ///< 0 for texts and lists.

/// Types of tensors, by GGUF's numbers: read here or not, their sizes are known.
struct GgufTensorType {
    std::uint32_t id;
    std::string_view name;
    DType dtype; ///< Other for blocks.
    std::uint64_t numbers, bytes; ///< Of a block; 1 number where there are no blocks.
};

const GgufTensorType* findGgufTensorType(std::uint32_t id); ///< Null for a number not known here.

} // namespace core
