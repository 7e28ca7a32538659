#pragma once

#include "core/builtin/sentence_template.h"
#include "core/builtin/slots.h"

#include <utility>
#include <vector>

namespace core {

enum class Language { English, French };

/// The animals of the world, each described by the same facts in English and in French.
///
/// `slots` of one subject hold both languages: names ending in `_fr` are the French ones.
const std::vector<Subject>& animals();

/// Sentences about an animal. Half of them never name it.
const std::vector<SentenceTemplate>& animalSentences(Language language);

/// "Tell me about the cat."
const SentenceTemplate& animalQuestion(Language language);

/// Pairs of opposites: slots `a` and `b`, `a_fr` and `b_fr`.
const std::vector<Subject>& opposites();
const std::vector<SentenceTemplate>& oppositeSentences(Language language);

/// "The French word for cat is chat." and the other way round: slots `en`, `fr`.
const std::vector<Subject>& translations();
const std::vector<SentenceTemplate>& translationSentences(Language language);

} // namespace core
