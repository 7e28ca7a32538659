#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// dictionary_learning and SAEBench: a folder with ae.pt and config.json (docs/formats.md
/// section 4.10).
bool isDictionaryLearningFolder(const std::filesystem::path& folder);
Result<Dictionaries> openDictionaryLearning(const std::filesystem::path& folder);

} // namespace core
