#pragma once

#include "core/base/result.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"

#include <functional>
#include <random>
#include <stop_token>
#include <vector>

namespace core {

/// How a model writes texts of its own.
struct Writing {
    int maxTokens = 256; ///< Of each text, beyond its prompt.
    double temperature = 1.0; ///< Of the softmax that tokens are drawn from.
};

/// What the model writes after prompts of one length, each text up to a special token, which is not
/// part of it. `onToken` is called at each step. The same state of `random`, the same texts.
Result<std::vector<std::vector<TokenId>>> writeTogether(const Transformer& model,
    const Tokenizer& tokenizer, const std::vector<std::vector<TokenId>>& prompts,
    const Writing& writing, std::mt19937_64& random, const std::function<void()>& onToken,
    const std::stop_token& stop);

} // namespace core
