#pragma once

#include "core/files/tensor_file.h"
#include "tests/core/files/memory_file.h"
#include "tests/core/files/temporary_folder.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace tests {

inline constexpr auto kInvalid = core::Error::Code::InvalidFile;
inline constexpr auto kUnsupported = core::Error::Code::Unsupported;

/// A file that breaks one rule, and what the refusal must say.
struct BrokenFile {
    const char* rule;
    std::string bytes;
    core::Error::Code code;
    const char* says;
};

/// Every case must be refused with its code, naming the file, what is wrong and what to do.
inline void expectRefusals(const std::vector<BrokenFile>& cases, const std::string& name)
{
    const TemporaryFolder folder;
    for (const BrokenFile& broken : cases) {
        SCOPED_TRACE(broken.rule);
        writeAll(folder / name, broken.bytes);
        const auto file = core::TensorFile::open(folder / name);
        if (file) {
            ADD_FAILURE() << "was opened";
            continue;
        }
        EXPECT_EQ(file.error().code, broken.code) << file.error().message;
        EXPECT_THAT(file.error().message, testing::StartsWith((folder / name).string() + ": "));
        EXPECT_THAT(file.error().message, testing::HasSubstr(broken.says));
        EXPECT_THAT(file.error().message,
            testing::ContainsRegex("(fetch|save|Save|Unpack|Load|use)[^.]*[.]$"));
    }
}

/// No cut of a good file opens or crashes.
inline void expectEveryCutRefused(const std::string& bytes)
{
    for (std::size_t length = 0; length < bytes.size(); ++length)
        EXPECT_FALSE(
            core::TensorFile::open(MemoryFile(std::string_view(bytes).substr(0, length)).path()))
            << length;
}

/// A good file with any one byte changed either opens or is refused: under the sanitizers nothing
/// else may happen. (The fuzz targets change more.)
inline void expectNoCrashOnAnyChange(const std::string& bytes)
{
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0x81);
        const auto file = core::TensorFile::open(MemoryFile(changed).path());
        std::size_t sum = 0;
        if (file)
            for (const core::TensorView& tensor : (*file)->tensors())
                for (const std::byte b : tensor.bytes)
                    sum += static_cast<std::size_t>(b);
        EXPECT_LT(sum, std::size_t{1} << 40);
    }
}

} // namespace tests
