#pragma once

#include "core/dictionary/dictionary.h"
#include "core/dictionary/transcoder_set_config.h"

namespace core {

/// circuit-tracer's transcoder sets: config.yaml and one file per layer, its own, Gemma Scope's npz
/// or Gemma Scope 2's safetensors; and its cross-layer transcoders (docs/formats.md section 5).
bool isTranscoderSetFolder(const std::filesystem::path& folder);
/// The layers that can be read; of a cross-layer set all or none.
Result<OpenedDictionaries> openTranscoderSet(const std::filesystem::path& folder);

/// The cross-layer ones: W_enc_N.safetensors with W_dec_N.safetensors, or Gemma Scope 2's
/// params_layer_N.safetensors. Decoders stay in the map as they are stored.
Result<Dictionaries> openCrossLayerSet(const TranscoderSetConfig& set);

} // namespace core
