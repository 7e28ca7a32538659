#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

namespace core {

/// The constants of the paper's score (docs/definitions.md section 4.1).
struct OutputScoreSettings {
    double amplification = 10; ///< Times the strongest activation of the prompt's last position.
    int tokens = 20; ///< Of the logit lens, whose best one counts.
    std::int64_t rows = 256; ///< Features of one pass; fewer where the vocabulary is large.
};

/// The text that says nothing of any concept, as ids with what stands in front of every text.
Result<std::vector<TokenId>> neutralPrompt(
    const Tokenizer& tokenizer, const Dictionaries& dictionaries);

/// How much each feature of a dictionary moves what the model says next: the output score of Arad,
/// Mueller and Belinkov 2025, 0 to 1 (docs/definitions.md section 4.1).
///
/// The change is made at the last position of `prompt`, so nothing before it can move: its keys and
/// values are kept, and each feature is one row of a pass over one position through the layers
/// behind its hook. Nothing is left out; only rounding sets it apart from a full pass a feature.
/// NaN for every feature where the score is not defined: the dictionary writes no vector of
/// d_model, or no feature of it fires on the prompt's last token. `vocabulary` leaves out rows of
/// W_U that no token uses. `pause` is told how many features are done.
Result<std::vector<float>> outputScores(const Transformer& model, const Dictionary& dictionary,
    const std::vector<TokenId>& prompt, std::int64_t vocabulary,
    const OutputScoreSettings& settings = {}, std::stop_token stop = {},
    const std::function<void(std::int64_t done)>& pause = {});

} // namespace core
