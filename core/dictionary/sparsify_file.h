#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// EleutherAI's sparsify: a folder named after a module of the model, with cfg.json and
/// sae.safetensors (docs/formats.md section 4.6).
bool isSparsifyFolder(const std::filesystem::path& folder);
Result<Dictionaries> openSparsify(const std::filesystem::path& folder);

} // namespace core
