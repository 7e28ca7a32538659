#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

// Gemma Scope (docs/formats.md sections 4.4, 4.5). Where the files do not say which place of the
// model they belong to, the names of the release's folders do; a warning then says what was told
// from them.

/// The first release: a folder with params.npz.
bool isGemmaScopeFolder(const std::filesystem::path& folder);
Result<Dictionaries> openGemmaScope(const std::filesystem::path& folder);

/// The second: a folder with params.safetensors and perhaps config.json.
bool isGemmaScope2Folder(const std::filesystem::path& folder);
Result<Dictionaries> openGemmaScope2(const std::filesystem::path& folder);

} // namespace core
