#pragma once

#include "core/dictionary/dictionary.h"

#include <nlohmann/json.hpp>

namespace core {

/// What cfg.json says, brought to one form whichever version of SAELens wrote it.
struct SaeLensConfig {
    DictionaryConfig dictionary; ///< All but `dtype`, which the weights tell.
    bool hasSkip = false;
    bool appliesScalingFactor
        = false; ///< Version 5's finetuning_scaling_factor: multiplies activations on decoding.
};

/// `file` is for messages. Names of older versions are translated; what changes numbers and is not
/// known is refused.
Result<SaeLensConfig> readSaeLensConfig(
    const nlohmann::json& json, const std::filesystem::path& file);

} // namespace core
