#pragma once

#include "core/features/word_index.h"
#include "core/store/feature_record.h"

#include <string>
#include <vector>

namespace core {

/// What evidence says a feature may be about. A guess, shown as one until a person writes a label.
struct LabelSuggestion {
    std::string label; ///< Empty when nothing speaks clearly.
    std::string
        words; ///< Words that tell its examples from other text, most telling first; to search in.
};

/// From a feature's strongest examples (passages by corpus index) and the tokens it promotes,
/// strongest first: a quoted word when it fires on one word, the most telling words when it fires
/// on a topic, "says ..." when only what it promotes is clear.
LabelSuggestion suggestLabel(const std::vector<StoredExample>& examples, const WordIndex& words,
    const std::vector<std::string>& promoted);

} // namespace core
