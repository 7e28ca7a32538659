#pragma once

#include "core/engine/loaded_model.h"
#include "core/model/precision.h"

#include <filesystem>
#include <stop_token>

namespace core {

/// Reads config, tokenizer and tensor headers of a Hugging Face folder or a GGUF file (or of a
/// folder that holds one), no weights. What cannot be
/// run is refused here, before it costs memory; a tokenizer that cannot be used is not: see
/// `ModelInfo::tokenizerProblem`.
Result<ModelInfo> inspectModelFolder(
    const std::filesystem::path& folder, const Precision& precision = {});

/// Opens all of it. What does not fit into memory is refused with the figures.
Result<LoadedModel> loadModelFolder(const std::filesystem::path& folder, const Precision& precision,
    const ProgressFn& progress, std::stop_token stop);

} // namespace core
