#include "core/files/array_memory.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <unistd.h>

namespace core {

namespace {

std::uint64_t machineMemory()
{
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long pageSize = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && pageSize > 0
        ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(pageSize)
        : UINT64_MAX;
}

/// A matrix in tiles, so that a transposition uses each cache line it touches.
template <std::size_t Item>
void copyMatrix(std::byte* target, const std::byte* source, std::int64_t rows, std::int64_t columns,
    std::int64_t rowStride, std::int64_t columnStride)
{
    constexpr std::int64_t kTile = 32;
    constexpr auto kItem = static_cast<std::int64_t>(Item);
    for (std::int64_t row = 0; row < rows; row += kTile) {
        const std::int64_t rowEnd = std::min(rows, row + kTile);
        for (std::int64_t column = 0; column < columns; column += kTile) {
            const std::int64_t columnEnd = std::min(columns, column + kTile);
            for (std::int64_t i = row; i < rowEnd; ++i)
                for (std::int64_t j = column; j < columnEnd; ++j)
                    std::memcpy(target + (i * columns + j) * kItem,
                        source + (i * rowStride + j * columnStride) * kItem, Item);
        }
    }
}

template <std::size_t Item>
void copyItems(std::byte* target, const std::byte* source, const ArrayLayout& layout)
{
    // At least two dimensions, so that the last two are a matrix.
    std::vector<std::int64_t> shape(2, 1);
    std::vector<std::int64_t> strides(2, 0);
    shape.insert(shape.end(), layout.shape.begin(), layout.shape.end());
    strides.insert(strides.end(), layout.strides.begin(), layout.strides.end());
    const std::size_t outer = shape.size() - 2;
    const std::int64_t rows = shape[outer];
    const std::int64_t columns = shape[outer + 1];
    std::vector<std::int64_t> index(outer, 0);
    std::int64_t offset = 0;
    for (;;) {
        copyMatrix<Item>(target, source + offset * static_cast<std::int64_t>(Item), rows, columns,
            strides[outer], strides[outer + 1]);
        target += rows * columns * static_cast<std::int64_t>(Item);
        std::size_t d = outer;
        while (d > 0 && index[d - 1] + 1 == shape[d - 1]) {
            offset -= index[d - 1] * strides[d - 1];
            index[--d] = 0;
        }
        if (d == 0)
            return;
        ++index[d - 1];
        offset += strides[d - 1];
    }
}

} // namespace

Result<ArrayMemory::Buffer> ArrayMemory::allocate(std::uint64_t size) const
{
    const auto tooLarge = [&] {
        return fail(Error::Code::OutOfMemory,
            m_file->path().string() + ": an array that must be unpacked takes "
                + std::to_string(size)
                + " bytes, more than this machine can give. Save the file uncompressed and in row "
                  "order, or use a machine with more memory.");
    };
    if (size > machineMemory())
        return tooLarge();
    Buffer buffer(new (std::nothrow) std::byte[std::max<std::uint64_t>(size, 1)]);
    if (!buffer)
        return tooLarge();
    return buffer;
}

std::optional<std::uint64_t> elementCount(const std::vector<std::int64_t>& shape)
{
    std::int64_t count = 1;
    bool isEmpty = false;
    for (const std::int64_t size : shape) {
        if (size < 0)
            return std::nullopt;
        isEmpty = isEmpty || size == 0;
        if (__builtin_mul_overflow(count, std::max<std::int64_t>(size, 1), &count))
            return std::nullopt;
    }
    return isEmpty ? 0 : static_cast<std::uint64_t>(count);
}

std::vector<std::int64_t> rowMajorStrides(const std::vector<std::int64_t>& shape)
{
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;)
        strides[i - 1] = strides[i] * std::max<std::int64_t>(shape[i], 1);
    return strides;
}

std::vector<std::int64_t> columnMajorStrides(const std::vector<std::int64_t>& shape)
{
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t i = 1; i < shape.size(); ++i)
        strides[i] = strides[i - 1] * std::max<std::int64_t>(shape[i - 1], 1);
    return strides;
}

bool isRowMajor(const ArrayLayout& layout)
{
    std::int64_t expected = 1;
    for (std::size_t i = layout.shape.size(); i-- > 0;) {
        if (layout.shape[i] == 0)
            return true; // no elements
        if (layout.shape[i] != 1 && layout.strides[i] != expected)
            return false;
        expected *= layout.shape[i];
    }
    return true;
}

std::optional<std::uint64_t> elementsReached(const ArrayLayout& layout)
{
    std::int64_t last = 0;
    bool isEmpty = false;
    for (std::size_t i = 0; i < layout.shape.size(); ++i) {
        std::int64_t step = 0;
        if (layout.shape[i] < 0 || layout.strides[i] < 0)
            return std::nullopt;
        if (layout.shape[i] == 0) {
            isEmpty = true;
            continue;
        }
        if (__builtin_mul_overflow(layout.shape[i] - 1, layout.strides[i], &step)
            || __builtin_add_overflow(last, step, &last))
            return std::nullopt;
    }
    return isEmpty ? 0 : static_cast<std::uint64_t>(last) + 1;
}

void copyRowMajor(std::byte* target, const std::byte* source, const ArrayLayout& layout)
{
    if (std::find(layout.shape.begin(), layout.shape.end(), 0) != layout.shape.end())
        return;
    switch (layout.itemBytes) {
    case 1:
        return copyItems<1>(target, source, layout);
    case 2:
        return copyItems<2>(target, source, layout);
    case 4:
        return copyItems<4>(target, source, layout);
    case 8:
        return copyItems<8>(target, source, layout);
    default:
        return copyItems<16>(target, source, layout);
    }
}

void swapBytes(std::span<std::byte> bytes, std::size_t itemBytes)
{
    for (std::size_t i = 0; i + itemBytes <= bytes.size(); i += itemBytes)
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
            bytes.begin() + static_cast<std::ptrdiff_t>(i + itemBytes));
}

} // namespace core
