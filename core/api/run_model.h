#pragma once

#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct RunModelSummary {
    std::int64_t n_tokens = 0;
    double seconds = 0;
    std::vector<std::string> written; ///< Tensor names.
};

/// One pass of the open model, with what it computed in a file.
struct RunModelRequest {
    using Answer = RunModelSummary;
    static constexpr std::string_view kName = "run-model";

    std::string text;
    std::vector<TokenId> ids; ///< Instead of `text`.
    std::vector<std::string> hooks; ///< Hook point names, * and ? allowed.
    std::string out; ///< Safetensors: input_ids, logits and the hook points asked for.
};

} // namespace core
