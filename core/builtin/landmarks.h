#pragma once

#include "core/builtin/sentence_template.h"
#include "core/builtin/slots.h"

#include <vector>

namespace core {

/// The landmarks of the built-in world, each with the words its passages draw on.
///
/// Every landmark fills the same templates, so only the topic of a passage tells which word
/// comes next. That is what makes a model keep the topic, and a dictionary find it.
const std::vector<Subject>& landmarks();

/// Position of the Golden Gate Bridge in `landmarks()`.
int goldenGateIndex();

/// Sentences that never say the landmark's name or city.
const std::vector<SentenceTemplate>& landmarkSentences();

/// Sentences that do.
const std::vector<SentenceTemplate>& landmarkNameSentences();

/// The question "what is there to do", and the first sentence of its answer.
const std::vector<SentenceTemplate>& thingsToDoQuestions();
const std::vector<SentenceTemplate>& thingsToDoOpenings();

} // namespace core
