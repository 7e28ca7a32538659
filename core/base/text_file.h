#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <string>

namespace core {

/// What is wrong with a file that somebody named, in the sentences that every reader says: there is
/// no such file (NotFound), it is a folder, it is empty (both InvalidFile), it cannot be read (Io,
/// with the system's reason). `number` is the errno of the call that failed.
Error fileProblem(const std::filesystem::path& path, int number);
Error folderProblem(const std::filesystem::path& path);
Error emptyFileProblem(const std::filesystem::path& path);

/// The whole of a file, which must hold something.
Result<std::string> readTextFile(const std::filesystem::path& path);

} // namespace core
