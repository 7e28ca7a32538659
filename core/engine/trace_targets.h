#pragma once

#include "core/circuits/graph_matrix.h"
#include "core/engine/loaded_model.h"

#include <string>
#include <vector>

namespace core {

/// What a person writes of what a graph should explain (`TraceRequest::targets`): "Austin",
/// "Austin - Sacramento", "#123", each also with "@7" for a position of the prompt. A word must be
/// one token of the model, as written (" in" is another token than "in"); where it is none and no
/// space stands before it, with a space before it.
Result<std::vector<TraceTarget>> traceTargets(
    const LoadedModel& model, const std::vector<std::string>& texts, std::int64_t promptTokens);

/// One token by its text or by "#123".
Result<TokenId> tokenNamed(const LoadedModel& model, const std::string& text);

} // namespace core
