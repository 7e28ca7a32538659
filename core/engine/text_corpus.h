#pragma once

#include "core/engine/loaded_model.h"
#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <string>

namespace core {

/// The longest stretch of a document that is read at once, `start` included; the same as in a
/// harvest, so that figures agree.
int passageLength(const LoadedModel& model);

/// Text for evaluation and training: documents are separated by blank lines, each begins with
/// `start`. At most `maxTokens` tokens; 0 = all.
Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromText(const LoadedModel& model,
    const std::string& text, const TextStart& start, std::int64_t maxTokens = 0);
Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromFile(const LoadedModel& model,
    const std::string& path, const TextStart& start, std::int64_t maxTokens = 0);

} // namespace core
