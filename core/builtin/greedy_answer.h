#pragma once

#include "core/builtin/check_context.h"

#include <string>

namespace core {

/// What the model says greedily after a prompt, up to its end mark; without the prompt.
Result<std::string> greedyAnswer(
    const CheckContext& context, std::string_view prompt, int maxTokens = 80);

} // namespace core
