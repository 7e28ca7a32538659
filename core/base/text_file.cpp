#include "core/base/text_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace core {

Error fileProblem(const std::filesystem::path& path, int number)
{
    if (number == EISDIR)
        return folderProblem(path);
    if (number == ENOENT || number == ENOTDIR)
        return {Error::Code::NotFound, path.string() + ": there is no such file. Check the path."};
    return {Error::Code::Io,
        path.string() + ": cannot be read: " + std::strerror(number)
            + ". Check the file and its permissions."};
}

Error folderProblem(const std::filesystem::path& path)
{
    return {Error::Code::InvalidFile, path.string() + ": this is a folder; a file is needed here."};
}

Error emptyFileProblem(const std::filesystem::path& path)
{
    return {Error::Code::InvalidFile,
        path.string() + ": the file is empty. Choose one that holds something, or save it again."};
}

Result<std::string> readTextFile(const std::filesystem::path& path)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
        std::fopen(path.c_str(), "rbe"), std::fclose);
    if (!file)
        return fail(fileProblem(path, errno));
    std::string text;
    std::array<char, 1 << 16> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file.get()))
        text.append(buffer.data(), count);
    if (std::ferror(file.get()) != 0) // a folder opens, and then cannot be read
        return fail(fileProblem(path, errno));
    if (text.empty())
        return fail(emptyFileProblem(path));
    return text;
}

} // namespace core
