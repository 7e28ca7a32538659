#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/activation_cache.h"
#include "core/model/kv_cache.h"

#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// A text as the model reads it unchanged, kept so that one of its positions can be read again with
/// features of a dictionary added or taken away there: nothing before that position can move, so
/// each change is one row of a pass over one position, through the layers behind the dictionary's
/// hook alone. Nothing is left out; only rounding sets it apart from a full pass for each change.
class UnchangedText {
public:
    /// Reads `tokens`, which are not empty. Keeps all keys and values and, at every position, what
    /// the dictionary reads.
    static Result<UnchangedText> read(const Transformer& model, const Dictionary& dictionary,
        std::span<const TokenId> tokens, const std::stop_token& stop = {});

    /// What the dictionary reads at a position: [1, d_in], or with heads as the hook has them.
    at::Tensor readAt(std::int64_t position) const;

    /// Logits of the next token at `position`, [n, d_vocab]: row i with `units[i]` of feature
    /// `index[i]` added there (both [n]; int64 and float), at the hook that the dictionary writes
    /// (a cross-layer transcoder: at each). `unembedded` takes what the unembedding reads, [n,
    /// d_model], where it is asked for.
    Result<at::Tensor> changedLogits(std::int64_t position, const at::Tensor& index,
        const at::Tensor& units, const std::stop_token& stop = {},
        at::Tensor* unembedded = nullptr) const;

private:
    UnchangedText(
        const Transformer& model, const Dictionary& dictionary, std::span<const TokenId> tokens);

    const Transformer* m_model;
    const Dictionary* m_dictionary;
    std::vector<TokenId> m_tokens;
    KvCache m_cache;
    ActivationCache m_values; ///< [1, T, ..]
};

} // namespace core
