#pragma once

#include "core/engine/context.h"
#include "core/engine/loaded_model.h"
#include "core/features/labelled_documents.h"
#include "core/training/sparse_probing.h"

namespace core {

/// Which tokens of a text stand for it.
enum class TextReading { MeanOfTokens, LastToken };

/// What the model has at a dictionary's input for each text, and what the dictionary makes of it:
/// the mean over a text's own tokens (at most 128 of them, special ones left out), or its last
/// token. At most `most` texts, drawn evenly, of which every fourth of each label is kept for the
/// test; fewer where the features of all would take more than half a gigabyte (`note` says so).
struct ReadTexts {
    LabelledVectors vectors;
    std::string note;
};
Result<ReadTexts> labelledVectors(const LoadedModel& model, const Dictionary& dictionary,
    const LabelledDocuments& documents, TextReading reading, std::int64_t most,
    const Context& context);

} // namespace core
