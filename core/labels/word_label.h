#pragma once

#include "core/labels/firing_test.h"
#include "core/labels/label_rule.h"

#include <string>

namespace core {

/// A label that a person or another program wrote, as far as its words make a rule: the feature
/// fires on one of them, or where one of them was said. Which of the two is read off `places`,
/// those that rules are learnt on. Function words do not count, nor what stands behind an arrow
/// (what the feature says). Empty where no word of the label is one of the corpus.
LabelRule ruleOfWords(
    const std::string& label, const CorpusText& corpus, const FiringPlaces& places);

} // namespace core
