#pragma once

#include "core/store/feature_record.h"

#include <optional>
#include <string>
#include <vector>

namespace core {

/// The promoted tokens that stand out from the rest, strongest first, at most three; none where the
/// effects fall off evenly, as those of a random direction do, or where the output score says that
/// the feature moves nothing. `outputScore` is nothing where it is unknown.
std::vector<std::string> tokensThatStandOut(const StoredEffects& effects,
    const std::vector<std::string>& vocabulary, std::optional<double> outputScore);

/// `says Austin, Texas`; empty for no tokens.
std::string describeSays(const std::vector<std::string>& tokens);

} // namespace core
