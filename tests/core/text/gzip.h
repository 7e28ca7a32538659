#pragma once

#include <filesystem>
#include <string>

#include <zlib.h>

namespace tests {

/// The content of a file, inflated where it is gzipped.
inline std::string readMaybeGzip(const std::filesystem::path& path)
{
    std::string text;
    if (gzFile file = gzopen(path.c_str(), "rb")) {
        char buffer[1 << 16];
        for (int count = 0; (count = gzread(file, buffer, sizeof buffer)) > 0;)
            text.append(buffer, static_cast<std::size_t>(count));
        gzclose(file);
    }
    return text;
}

} // namespace tests
