#pragma once

#include "core/base/result.h"
#include "core/dictionary/dictionary.h"

#include <memory>
#include <string>

namespace core {

/// The one dictionary among those opened from `path`: where there are several, the one whose file
/// `path` is; else an error that lists them.
Result<std::shared_ptr<const Dictionary>> theOnly(
    const Result<Dictionaries>& opened, const std::string& path);

} // namespace core
