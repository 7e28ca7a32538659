#pragma once

#include "core/base/result.h"
#include "core/files/mapped_file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace core {

/// What the bytes of a file's arrays live in: its map, and memory for those that could not stay
/// there.
class ArrayMemory {
public:
    using Buffer = std::unique_ptr<std::byte[]>;

    explicit ArrayMemory(std::shared_ptr<const MappedFile> file)
        : m_file(std::move(file))
    {
    }
    const MappedFile& file() const { return *m_file; }

    /// Memory that nothing has touched yet. Refused, naming the file, where the machine has less.
    Result<Buffer> allocate(std::uint64_t size) const;
    /// Keeps a buffer as long as the arrays live.
    void keep(Buffer buffer) { m_buffers.push_back(std::move(buffer)); }

private:
    std::shared_ptr<const MappedFile> m_file;
    std::vector<Buffer> m_buffers;
};

/// How the elements of an array lie in memory; strides count elements, as torch's do.
struct ArrayLayout {
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
    std::size_t itemBytes = 1;
};

/// How many elements a shape has; nothing when a size is negative or 63 bits do not suffice.
std::optional<std::uint64_t> elementCount(const std::vector<std::int64_t>& shape);
std::vector<std::int64_t> rowMajorStrides(const std::vector<std::int64_t>& shape);
std::vector<std::int64_t> columnMajorStrides(const std::vector<std::int64_t>& shape);
bool isRowMajor(const ArrayLayout& layout);
/// One more than the largest element index that the layout reaches (0 without elements); nothing
/// when a stride is negative or 63 bits do not suffice.
std::optional<std::uint64_t> elementsReached(const ArrayLayout& layout);

/// Writes the array row by row to `target`. The caller has checked that `source` is reached by
/// every index and that `target` has room.
void copyRowMajor(std::byte* target, const std::byte* source, const ArrayLayout& layout);
void swapBytes(std::span<std::byte> bytes, std::size_t itemBytes);

} // namespace core
