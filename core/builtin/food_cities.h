#pragma once

#include "core/builtin/sentence_template.h"
#include "core/builtin/slots.h"

#include <vector>

namespace core {

/// Cities without a landmark of their own, for dialogues about food and weather.
const std::vector<Subject>& foodCities();

const std::vector<SentenceTemplate>& foodQuestions();
const std::vector<SentenceTemplate>& foodSentences();
const std::vector<SentenceTemplate>& weatherQuestions();
const std::vector<SentenceTemplate>& weatherSentences();

} // namespace core
