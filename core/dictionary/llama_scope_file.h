#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// Llama Scope and what OpenMOSS wrote after it: hyperparams.json with
/// checkpoints/final.safetensors, or config.json with sae_weights.safetensors (docs/formats.md
/// section 4.8).
bool isLlamaScopeFolder(const std::filesystem::path& folder);
Result<Dictionaries> openLlamaScope(const std::filesystem::path& folder);

} // namespace core
