#include "core/files/tensor_file.h"

#include "core/files/gguf_file.h"
#include "core/files/npy_header.h"
#include "core/files/tensor_file_parts.h"
#include "core/files/zip_archive.h"

#include <cstring>

#include <nlohmann/json.hpp>

namespace core {

namespace {

bool beginsWith(std::span<const std::byte> bytes, std::string_view mark, std::size_t offset = 0)
{
    return bytes.size() >= offset + mark.size()
        && std::memcmp(bytes.data() + offset, mark.data(), mark.size()) == 0;
}

/// A pickle begins with its protocol. So could the header length of a safetensors file, but not
/// with a sensible one.
bool looksLikePickle(std::span<const std::byte> bytes)
{
    constexpr std::uint64_t kLargestHeader = 100'000'000;
    if (!beginsWith(bytes, "\x80") || bytes.size() < 2 || bytes[1] > std::byte{5})
        return false;
    std::uint64_t headerSize = 0;
    std::memcpy(&headerSize, bytes.data(), std::min(bytes.size(), sizeof headerSize));
    return bytes.size() < sizeof headerSize || headerSize > kLargestHeader;
}

/// Kinds of files that people mistake for weights, each with what to do about it.
std::optional<Error> commonMistake(const std::string& path, std::span<const std::byte> bytes)
{
    if (beginsWith(bytes, "version https://git-lfs"))
        return Error{Error::Code::InvalidFile,
            path + ": only a Git LFS pointer to the weights. Run `git lfs pull` in that folder."};
    if (beginsWith(bytes, "\x1f\x8b"))
        return Error{Error::Code::Unsupported,
            path + ": packed with gzip. Unpack it with `gunzip` and open the result."};
    if (beginsWith(bytes, "ustar", 257))
        return Error{Error::Code::Unsupported,
            path
                + ": a tar archive, such as the first versions of torch wrote. Load it with torch "
                  "and save it as safetensors, or unpack it."};
    if (beginsWith(bytes, "<!DOCTYPE") || beginsWith(bytes, "<!doctype")
        || beginsWith(bytes, "<html"))
        return Error{Error::Code::InvalidFile,
            path + ": a web page, not weights. Download the file itself."};
    return std::nullopt;
}

Result<TensorFileParts> readSafetensors(const std::filesystem::path& path)
{
    const auto file = SafetensorsFile::open(path);
    if (!file && file.error().code == Error::Code::InvalidFile
        && path.extension() != ".safetensors")
        return fail(Error::Code::InvalidFile,
            path.string()
                + ": none of the kinds of weights that are read (safetensors, GGUF, npz, npy, "
                  "torch.save). "
                  "The file may be cut short or damaged; fetch it again.");
    if (!file)
        return fail(file.error());
    TensorFileParts parts;
    parts.tensors = (*file)->tensors();
    for (const auto& [key, value] : (*file)->metadata())
        parts.values[key] = value;
    parts.owner = (*file)->file();
    return parts;
}

Result<TensorFileParts> readGguf(const std::filesystem::path& path)
{
    const auto file = GgufFile::open(path);
    if (!file)
        return fail(file.error());
    TensorFileParts parts;
    parts.tensors = (*file)->tensors();
    parts.owner = (*file)->file();
    return parts;
}

} // namespace

Result<std::shared_ptr<const TensorFile>> TensorFile::open(const std::filesystem::path& path)
{
    const auto mapped = MappedFile::open(path);
    if (!mapped)
        return fail(mapped.error());
    const std::span<const std::byte> bytes = (*mapped)->bytes();
    if (auto mistake = commonMistake(path.string(), bytes))
        return fail(std::move(*mistake));
    auto file = std::make_shared<TensorFile>();
    Result<TensorFileParts> parts;
    if (looksLikeZip(bytes)) {
        const auto archive = ZipArchive::open(*mapped);
        if (!archive)
            return fail(archive.error());
        const bool isTorch = isTorchArchive(**archive);
        file->m_container = isTorch ? "torch" : "npz";
        parts = isTorch ? readTorchArchive(*mapped, **archive) : readNpzFile(*mapped, **archive);
    } else if (looksLikeNpy(bytes)) {
        file->m_container = "npy";
        parts = readNpyFile(*mapped);
    } else if (GgufFile::isGguf(path)) {
        file->m_container = "gguf";
        parts = readGguf(path);
    } else if (looksLikePickle(bytes)) {
        file->m_container = "torch";
        parts = readTorchStream(*mapped);
    } else {
        file->m_container = "safetensors";
        parts = readSafetensors(path);
    }
    if (!parts)
        return fail(parts.error());
    file->m_path = path;
    file->m_tensors = std::move(parts->tensors);
    file->m_owner = std::move(parts->owner);
    file->m_values = std::make_shared<const nlohmann::json>(std::move(parts->values));
    for (const TensorView& tensor : file->m_tensors)
        if (!file->m_index.emplace(tensor.name, file->m_index.size()).second)
            return fail(Error::Code::InvalidFile,
                path.string() + ": two tensors are called `" + tensor.name
                    + "`. Save the file again with names that differ.");
    return file;
}

const TensorView* TensorFile::find(std::string_view name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

} // namespace core
