#pragma once

#include "core/base/result.h"
#include "core/features/labelled_documents.h"

#include <cstdint>
#include <string>

namespace core {

/// What the built-in world knows of its documents: `kind` of document, `language` of its first
/// sentence, `topic` (the landmark of landmark texts, the animal of animal texts). Those without
/// such a label are left out. An error names the labels there are.
Result<LabelledDocuments> labelledWorld(
    const std::string& label, std::int64_t documents, std::uint64_t seed);

/// Words of the world, each with what it is: an animal in English or in French, a state, a capital,
/// another city, an adjective in English or in French.
LabelledDocuments worldWords();

} // namespace core
