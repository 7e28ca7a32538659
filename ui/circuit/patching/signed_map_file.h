#pragma once

#include "core/base/result.h"
#include "ui/circuit/patching/signed_map.h"

#include <QPalette>

namespace ui {

/// Writes a map by the ending of `path`: .png and .svg (text stays text) as a picture with title,
/// colour scale and note that can be read without the program, .csv as numbers. Written beside
/// `path` and renamed.
core::Result<void> saveSignedMap(
    const SignedMap& map, const QString& path, const QPalette& palette);

} // namespace ui
