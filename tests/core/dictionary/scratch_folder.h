#pragma once

#include "tests/core/files/temporary_folder.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tests {

using ScratchFolder = TemporaryFolder;

inline void writeText(const std::filesystem::path& path, const std::string& text)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string readText(const std::filesystem::path& path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline void replaceInFile(
    const std::filesystem::path& path, const std::string& from, const std::string& to)
{
    std::string text = readText(path);
    const std::size_t at = text.find(from);
    if (at != std::string::npos)
        text.replace(at, from.size(), to);
    writeText(path, text);
}

} // namespace tests
