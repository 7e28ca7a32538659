#pragma once

#include "core/labels/corpus_text.h"
#include "core/store/feature_record.h"

#include <optional>
#include <string>
#include <vector>

namespace core {

/// The promoted tokens that stand out from the rest, strongest first, at most three; none where the
/// effects fall off evenly, as those of a random direction do, or where the output score says that
/// the feature moves nothing. `outputScore` is nothing where it is unknown.
std::vector<TokenId> tokensThatStandOut(const StoredEffects& effects,
    const std::vector<std::string>& vocabulary, std::optional<double> outputScore);

/// The same of what a feature raises where it fires (core/features/raised_tokens.h), for one whose
/// direction says nothing by itself: by way of later layers it may. None below a quarter of a
/// logit.
std::vector<TokenId> raisedThatStandOut(
    const StoredEffects& raised, const std::vector<std::string>& vocabulary);

/// A token's text without the space before it, with what goes on from it almost wherever the corpus
/// has it (nine times of ten, of ten and more): the rest of the word, or of a name ("Des" stands
/// for "Des Moines").
std::string wordsFrom(
    TokenId token, const std::vector<std::string>& vocabulary, const CorpusText& corpus);

/// `says Austin, Texas`; empty for no words.
std::string describeSays(const std::vector<std::string>& words);

} // namespace core
