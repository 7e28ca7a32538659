#pragma once

#include "core/files/safetensors.h"

#include <span>
#include <string>

namespace core {

/// What stands before the data of a `.npy` file (docs/formats.md section 1.3).
struct NpyHeader {
    DType dtype = DType::Other;
    std::size_t itemBytes = 0;
    std::size_t swapUnit = 0; ///< Bytes to reverse at a time; 0 for little-endian data.
    bool isColumnMajor = false;
    std::vector<std::int64_t> shape;
    std::size_t dataOffset = 0;
    std::uint64_t dataBytes = 0; ///< As the shape needs; what follows the header has as many.
};

bool looksLikeNpy(std::span<const std::byte> bytes);
/// `where` opens the error messages: the file, and the member of an npz.
Result<NpyHeader> readNpyHeader(std::span<const std::byte> bytes, const std::string& where);

} // namespace core
