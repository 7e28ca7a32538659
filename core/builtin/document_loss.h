#pragma once

#include "core/base/result.h"
#include "core/model/hooks.h"
#include "core/model/transformer.h"

#include <cstdint>
#include <span>

namespace core {

/// -ln p of a document from after its BOS to the end mark that closes it (the next BOS).
struct DocumentLoss {
    double nats = 0;
    std::int64_t tokens
        = 0; ///< Predicted: its tokens without BOS, and the end mark when it fits the context.
};

Result<DocumentLoss> documentLoss(
    const Transformer& model, std::span<const std::int32_t> document, const Hooks& hooks = {});

} // namespace core
