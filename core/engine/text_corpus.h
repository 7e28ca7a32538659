#pragma once

#include "core/api/training_settings.h"
#include "core/base/progress.h"
#include "core/engine/loaded_model.h"
#include "core/features/text_documents.h"
#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace core {

/// The longest stretch of a document that is read at once, `start` included; the same as in a
/// harvest, so that figures agree.
int passageLength(const LoadedModel& model);

/// Text for evaluation and training: documents are separated by blank lines, each begins with
/// `start`. At most `maxTokens` tokens; 0 = all.
Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromText(const LoadedModel& model,
    const std::string& text, const TextStart& start, std::int64_t maxTokens = 0);
/// A file whose documents are separated by blank lines, or .jsonl with the text in `field`.
Result<std::shared_ptr<const TokenCorpus>> tokenCorpusFromFile(const LoadedModel& model,
    const std::string& path, const TextStart& start, std::int64_t maxTokens = 0,
    const std::string& field = "text");

/// How the files of a corpus are read for a model: conversations by its chat template, where it has
/// one.
DocumentReading documentReading(const LoadedModel& model, const std::string& field);

/// A training's text and the hash of its tokens. A text that the model writes itself is the same
/// each time.
struct TrainingCorpus {
    std::shared_ptr<const TokenCorpus> corpus;
    std::string hash;
};
Result<TrainingCorpus> trainingCorpus(const LoadedModel& model, const TrainingText& text,
    const TextStart& start, const ProgressFn& progress, const std::stop_token& stop);

} // namespace core
