#include "core/interventions/decode.h"

namespace core {

Result<DecodeEnd> decode(StreamBatch& batch, int maxTokens,
    const std::function<bool(int step, std::span<TokenId> next)>& choose, std::stop_token stop)
{
    std::vector<TokenId> next(batch.size());
    for (int step = 0; step < maxTokens; ++step) {
        if (!choose(step, next))
            return DecodeEnd::Chosen;
        if (step + 1 == maxTokens)
            break;
        if (batch.isAtContextEnd())
            return DecodeEnd::Context;
        if (auto advanced = batch.advance(next, stop); !advanced)
            return fail(advanced.error());
    }
    return DecodeEnd::MaxTokens;
}

} // namespace core
