#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/builtin/recipe.h"

#include <filesystem>
#include <stop_token>

namespace core {

/// What every stage of making the built-in model needs.
struct MakeStage {
    std::filesystem::path folder; ///< Finished parts lie here as in the final folder.
    const BuiltinRecipe& recipe;
    std::uint64_t seed;
    ProgressFn progress;
    std::stop_token stop;
};

/// Subfolder for checkpoints of unfinished parts; removed at the end.
inline constexpr const char* kUnfinished = "unfinished";

/// Each does nothing when its part is there already, and leaves nothing half-written when it is
/// stopped.
Result<void> makeTokenizer(const MakeStage& stage);
Result<void> makeLanguageModel(const MakeStage& stage);
Result<void> makeSaes(const MakeStage& stage);
Result<void> makeTranscoders(const MakeStage& stage);
Result<void> makeWorkspace(const MakeStage& stage);

} // namespace core
