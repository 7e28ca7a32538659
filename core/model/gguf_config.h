#pragma once

#include "core/base/result.h"
#include "core/files/gguf_file.h"

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

struct ModelConfig;

/// What the metadata and tensors of a GGUF model say, as the config.json of the same model says it
/// (docs/formats.md section 2.11), so that one reader checks both. `model` has the files of
/// openGgufModel. Errors name the file and GGUF's own key. Architectures that are not run here are
/// refused by name.
Result<nlohmann::json> ggufConfigJson(const std::vector<std::shared_ptr<const GgufFile>>& model);

/// The config of a GGUF model.
Result<ModelConfig> readGgufConfig(const std::filesystem::path& path);

} // namespace core
