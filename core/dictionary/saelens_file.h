#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// SAELens folders: cfg.json and sae_weights.safetensors, as versions 6, 5 and older write them
/// (docs/formats.md section 4.1).
bool isSaeLensFolder(const std::filesystem::path& folder);
Result<Dictionaries> openSaeLens(const std::filesystem::path& folder);

} // namespace core
