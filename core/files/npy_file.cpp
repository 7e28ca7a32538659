#include "core/files/npy_header.h"
#include "core/files/tensor_file_parts.h"
#include "core/files/zip_archive.h"

namespace core {

namespace {

/// One array whose bytes lie in the map, or in `unpacked`, which then belongs to `memory`.
Result<TensorView> readArray(std::string name, std::span<const std::byte> bytes,
    ArrayMemory::Buffer unpacked, const std::string& where, ArrayMemory& memory)
{
    const auto header = readNpyHeader(bytes, where);
    if (!header)
        return fail(header.error());
    TensorView view{std::move(name), header->dtype, header->shape,
        bytes.subspan(header->dataOffset, header->dataBytes)};
    const ArrayLayout layout{header->shape, columnMajorStrides(header->shape), header->itemBytes};
    const bool mustReorder = header->isColumnMajor && !isRowMajor(layout);
    if (!mustReorder && header->swapUnit == 0) {
        if (unpacked)
            memory.keep(std::move(unpacked));
        return view;
    }
    auto buffer = memory.allocate(header->dataBytes);
    if (!buffer)
        return fail(buffer.error());
    const std::span<std::byte> copy(buffer->get(), header->dataBytes);
    if (mustReorder)
        copyRowMajor(copy.data(), view.bytes.data(), layout);
    else
        std::copy(view.bytes.begin(), view.bytes.end(), copy.begin());
    if (header->swapUnit > 0)
        swapBytes(copy, header->swapUnit);
    memory.keep(std::move(*buffer));
    view.bytes = copy;
    return view;
}

} // namespace

Result<TensorFileParts> readNpyFile(const std::shared_ptr<const MappedFile>& file)
{
    const auto memory = std::make_shared<ArrayMemory>(file);
    auto view = readArray("array", file->bytes(), nullptr, file->path().string(), *memory);
    if (!view)
        return fail(view.error());
    TensorFileParts parts;
    parts.tensors.push_back(std::move(*view));
    parts.owner = memory;
    return parts;
}

Result<TensorFileParts> readNpzFile(
    const std::shared_ptr<const MappedFile>& file, const ZipArchive& archive)
{
    constexpr std::string_view kEnding = ".npy";
    const auto memory = std::make_shared<ArrayMemory>(file);
    TensorFileParts parts;
    parts.owner = memory;
    for (const ZipMember& member : archive.members()) {
        const std::string where = file->path().string() + ": member `" + member.name + "`";
        if (!member.name.ends_with(kEnding))
            return fail(Error::Code::Unsupported,
                where
                    + " is no numpy array, so this archive is neither an npz nor what torch.save "
                      "writes. Unpack it, and open the file inside that holds the weights.");
        ArrayMemory::Buffer unpacked;
        std::span<const std::byte> bytes;
        if (member.isStored) {
            const auto inMap = archive.inMap(member);
            if (!inMap)
                return fail(inMap.error());
            bytes = *inMap;
            if (Result<void> intact = archive.unpack(member, {}); !intact)
                return fail(intact.error());
        } else {
            auto buffer = memory->allocate(member.size);
            if (!buffer)
                return fail(buffer.error());
            unpacked = std::move(*buffer);
            const std::span<std::byte> target(unpacked.get(), member.size);
            if (Result<void> intact = archive.unpack(member, target); !intact)
                return fail(intact.error());
            bytes = target;
        }
        auto view = readArray(member.name.substr(0, member.name.size() - kEnding.size()), bytes,
            std::move(unpacked), where, *memory);
        if (!view)
            return fail(view.error());
        parts.tensors.push_back(std::move(*view));
    }
    if (parts.tensors.empty())
        return fail(Error::Code::InvalidFile,
            file->path().string() + ": an archive without arrays. Save or fetch it again.");
    return parts;
}

} // namespace core
