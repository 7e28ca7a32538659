#pragma once

#include "core/base/result.h"
#include "core/model/weight_files.h"

#include <filesystem>
#include <string>

namespace core {

/// GGUF's name for a weight of one of the families: "blk.3.attn_q.weight" for
/// "layers.3.self_attn.q_proj.weight". Empty for a name that it has none for.
std::string ggufName(const ModelConfig& config, const std::string& slotName);

/// findWeights for a GGUF model: under its own names, and with what has to be undone to have each
/// weight as a Hugging Face folder gives it (docs/formats.md section 2.11).
Result<StoredWeights> findGgufWeights(
    const std::filesystem::path& path, ModelConfig& config, TransformerWeights& weights);

} // namespace core
