#include "core/session/file_hash.h"

#include "core/files/mapped_file.h"
#include "core/files/stable_hash.h"

#include <algorithm>
#include <array>
#include <vector>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEndings[]{
    ".safetensors", ".json", ".bin", ".pt", ".npz", ".npy", ".model", ".txt", ".yaml", ".gguf"};

bool counts(const fs::path& path)
{
    const std::string ending = path.extension().string();
    return std::find(std::begin(kEndings), std::end(kEndings), ending) != std::end(kEndings);
}

Result<std::vector<fs::path>> filesIn(const fs::path& path)
{
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        if (fs::is_regular_file(path, error))
            return std::vector{path};
        return fail(Error::Code::NotFound,
            path.string() + ": there is no such file or folder. Check the path.");
    }
    std::vector<fs::path> files;
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end;
         at.increment(error))
        if (at->is_regular_file(error) && counts(at->path()))
            files.push_back(at->path());
    if (error)
        return fail(Error::Code::Io, path.string() + ": cannot be read (" + error.message() + ").");
    std::sort(files.begin(), files.end());
    return files;
}

void addSample(StableHash& hash, std::string_view bytes)
{
    constexpr std::size_t kWhole = std::size_t{16} << 20, kEnds = 1 << 16, kPiece = 4096,
                          kPieces = 256;
    hash.add(bytes.size());
    if (bytes.size() <= kWhole)
        return hash.add(bytes);
    hash.add(bytes.substr(0, kEnds));
    for (std::size_t i = 1; i < kPieces; ++i)
        hash.add(bytes.substr(bytes.size() / kPieces * i, kPiece));
    hash.add(bytes.substr(bytes.size() - kEnds));
}

} // namespace

Result<std::string> hashOfFiles(const fs::path& path, const std::stop_token& stop)
{
    const auto files = filesIn(path);
    if (!files)
        return fail(files.error());
    StableHash hash;
    for (const fs::path& file : *files) {
        if (stop.stop_requested())
            return cancelled();
        if (*files != std::vector{path}) // a single file may be renamed
            hash.add(file.lexically_relative(path).generic_string());
        std::error_code error;
        if (fs::file_size(file, error) == 0 || error) {
            hash.add(std::uint64_t{0});
            continue;
        }
        const auto mapped = MappedFile::open(file);
        if (!mapped)
            return fail(mapped.error());
        const auto bytes = (*mapped)->bytes();
        addSample(hash, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    return hash.hex();
}

} // namespace core
