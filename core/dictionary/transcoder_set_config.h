#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// circuit-tracer's config.yaml (docs/formats.md section 5.1).
struct TranscoderSetConfig {
    std::filesystem::path folder; ///< Where config.yaml lies.
    std::string modelName;
    std::string inputHook, outputHook; ///< Within a block: "ln2.hook_normalized".
    bool isCrossLayer = false;
    bool isTopK = false;
    int k = 0;
    std::vector<std::filesystem::path> files; ///< Listed by it, index = layer; empty = by name.
    std::optional<bool> prependBos; ///< As this program's trainer notes it.
    std::vector<std::string> warnings;

    static Result<TranscoderSetConfig> read(const std::filesystem::path& folder);

    /// Where that layer's transcoder reads and writes.
    Result<std::pair<HookPoint, HookPoint>> places(int layer) const;
};

/// Files "<prefix>0<suffix>", "<prefix>1<suffix>" ... without a gap, in `folder` or in the one
/// folder directly below it that has them; index = layer. Empty where there is none.
Result<std::vector<std::filesystem::path>> numberedFiles(
    const std::filesystem::path& folder, const std::string& prefix, const std::string& suffix);

} // namespace core
