#pragma once

#include "core/dictionary/dictionary.h"

namespace core {

/// circuit-tracer's per-layer transcoder sets: config.yaml and one safetensors file per layer
/// (FORMATS.md section 5).
bool isTranscoderSetFolder(const std::filesystem::path& folder);
/// All layers or none.
Result<Dictionaries> openTranscoderSet(const std::filesystem::path& folder);

} // namespace core
