#pragma once

#include "core/dictionary/dictionary.h"
#include "core/model/model_config.h"

#include <vector>

namespace core {

/// What stands before every prompt whose circuit is traced and has no part in it: the norms there
/// are outliers.
struct PromptHead {
    /// What a prompt must begin with; empty = any special token, one position.
    std::vector<TokenId> ids;

    /// Features and errors of so many first positions do not count.
    int zeroedPositions() const { return ids.empty() ? 1 : static_cast<int>(ids.size()); }
};

/// For gemma-3-*-it the header of a user's turn, four tokens, by circuit-tracer's rule: the model's
/// name holds "gemma-3" and ends with "-it". A Gemma 3 whose folder is named otherwise is taken for
/// the model that its dictionaries say they were made for.
PromptHead promptHead(const ModelConfig& model, const Dictionaries& dictionaries);

} // namespace core
