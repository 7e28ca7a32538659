#pragma once

#include "core/interventions/stream_batch.h"

#include <functional>
#include <span>
#include <stop_token>

namespace core {

/// Why decoding came to its end.
enum class DecodeEnd : std::uint8_t { Chosen, MaxTokens, Context };

/// The loop that writes text. At each step `choose` reads the batch's logits, puts the next token
/// of every stream into `next` (an ended stream may repeat its last) and says whether to go on; at
/// most `maxTokens` times. Cancelled when stopped.
Result<DecodeEnd> decode(StreamBatch& batch, int maxTokens,
    const std::function<bool(int step, std::span<TokenId> next)>& choose,
    std::stop_token stop = {});

} // namespace core
