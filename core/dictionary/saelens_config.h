#pragma once

#include "core/dictionary/dictionary.h"
#include "core/files/json_file.h"

#include <nlohmann/json_fwd.hpp>

namespace core {

/// What cfg.json says, brought to one form whichever version of SAELens wrote it.
struct SaeLensConfig {
    DictionaryConfig dictionary; ///< All but `dtype`, which the weights tell.
    bool hasSkip = false;
    bool appliesScalingFactor
        = false; ///< Version 5's finetuning_scaling_factor: multiplies activations on decoding.
    bool isTrainingCheckpoint = false; ///< Its threshold is one number or a logarithm.
};

/// `file` is for messages. Names of older versions are translated; what changes numbers and is not
/// known is refused.
Result<SaeLensConfig> readSaeLensConfig(
    const nlohmann::json& json, const std::filesystem::path& file);

/// The part of it about where in which model, and trained how. `flat` has the fields of every
/// version at one level.
Result<void> readSaeLensPlace(const nlohmann::json& flat, JsonFields& fields,
    const std::filesystem::path& file, DictionaryConfig& config);

} // namespace core
