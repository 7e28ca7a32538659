#pragma once

#include "core/base/result.h"
#include "core/files/gguf_file.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace core {

/// The files of one GGUF model, the first, which holds the metadata, in front. Split models lie
/// in one folder as NAME-00001-of-0000N.gguf; any of them may be given. All are opened and agree
/// about how many they are (docs/formats.md section 1.5).
Result<std::vector<std::shared_ptr<const GgufFile>>> openGgufModel(
    const std::filesystem::path& path);

/// The first of a split model's files, by its name; `path` itself where it is not split.
std::filesystem::path firstGgufFile(const std::filesystem::path& path);

/// The one GGUF model of a folder that holds no Hugging Face model (config.json): its first file.
/// `path` itself where it is a file, has a config.json, or holds no GGUF. Several are refused,
/// with their names.
Result<std::filesystem::path> ggufModelIn(const std::filesystem::path& path);

} // namespace core
