#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/builtin/recipe.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>

namespace core {

/// Makes the built-in model from nothing: text, tokenizer, language model, SAEs, transcoders,
/// harvested workspace.
///
/// Works in `out` + ".making", where every finished part stays, so that a stopped or failed make
/// goes on where it was; when all is there the folder is renamed to `out`, which must not exist or
/// be an earlier make's. Wants both cores for its time; progress says which part is being made.
Result<void> makeBuiltin(const std::filesystem::path& out, const BuiltinRecipe& recipe,
    std::uint64_t seed, const ProgressFn& progress = {}, std::stop_token stop = {});

} // namespace core
