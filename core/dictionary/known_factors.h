#pragma once

#include <optional>
#include <string_view>

namespace core {

/// The scale of the input that a public release was trained with but does not hold in its files, by
/// the name of its folder. From the list of public releases in SAELens (MIT licence).
std::optional<double> knownNormFactor(std::string_view folderName);

} // namespace core
