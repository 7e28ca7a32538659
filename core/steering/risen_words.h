#pragma once

#include "core/api/risen_words.h"
#include "core/base/progress.h"
#include "core/steering/write_texts.h"

#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// The words, by stem, that clearly more of the `steered` texts say: z of at least 2.5, at most
/// twelve, the largest first. Texts are counted, not places: a text that repeats one word says it
/// once.
std::vector<RisenWord> risenAmong(
    const std::vector<std::string>& steered, const std::vector<std::string>& normal);

/// Samples the texts of both kinds in one batch, at temperature 1, and compares them.
Result<RisenWords> risenWords(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const RisenWordsRequest& request, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation, bool skipsBos, const ProgressFn& progress = {},
    std::stop_token stop = {});

} // namespace core
