#pragma once

#include "core/base/result.h"

#include <filesystem>

namespace core {

/// The user's own copy of a workspace that ships with the program: made in `dataFolder` when first
/// opened.
///
/// A newer shipped one replaces an older copy; labels that a person wrote are carried over to
/// dictionaries of the same name and weights, and the older copy stays beside it as `NAME.before`.
/// Answers the copy's path.
Result<std::filesystem::path> openOrCopy(
    const std::filesystem::path& shipped, const std::filesystem::path& dataFolder);

} // namespace core
