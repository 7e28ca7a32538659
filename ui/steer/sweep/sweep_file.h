#pragma once

#include "core/api/sweep.h"
#include "core/base/result.h"

#include <QPalette>
#include <QString>

namespace ui {

/// Saves a sweep by the ending of `path`: .csv with every figure and whole texts, .png or .svg as
/// the grid with its legend and how it was made.
core::Result<void> saveSweep(
    const core::Sweep& sweep, const QString& model, const QString& path, const QPalette& palette);

} // namespace ui
