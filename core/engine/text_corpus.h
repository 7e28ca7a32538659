#pragma once

#include "core/engine/loaded_model.h"
#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <string>

namespace core {

/// Text for evaluation and training: documents are separated by blank lines, each begins with the
/// tokenizer's special tokens. At most `maxTokens` tokens; 0 = all.
Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromText(
    const LoadedModel& model, const std::string& text, std::int64_t maxTokens = 0);
Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromFile(
    const LoadedModel& model, const std::string& path, std::int64_t maxTokens = 0);

} // namespace core
