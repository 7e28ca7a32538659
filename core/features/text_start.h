#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/text/tokenizer.h"

#include <optional>
#include <string>
#include <vector>

namespace core {

/// What stands in front of every text before a model reads it: the special tokens that its
/// tokenizer puts there, else BOS where dictionaries were trained with it. The one place that
/// decides this; prompts, corpora and training all ask here.
struct TextStart {
    std::vector<TokenId> tokens; ///< Special ones: left out of every statistic.
    bool isAdded = false; ///< The tokenizer puts none there; the dictionaries ask for them.
    std::string note; ///< What was done that the tokenizer or a dictionary does not say; a
                      ///< sentence, empty where all agree.

    /// Puts added tokens in front, unless the text begins with a special token of its own.
    void putBefore(std::vector<TokenId>& ids, const Tokenizer& tokenizer) const;
};

/// BOS; where a tokenizer names none, EOS, as TransformerLens and SAELens do; none where it has
/// neither.
std::optional<TokenId> startToken(const Tokenizer& tokenizer);

/// Where dictionaries disagree, BOS goes in front for all: it shields the first word from being
/// the first position, whose activations are of another size.
Result<TextStart> textStart(const Tokenizer& tokenizer, const Dictionaries& dictionaries);
/// As a training's configuration says, or with no dictionary at hand.
Result<TextStart> textStart(const Tokenizer& tokenizer, bool prependsBos);

} // namespace core
