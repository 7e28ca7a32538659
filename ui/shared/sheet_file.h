#pragma once

#include "core/base/result.h"

#include <functional>

#include <QSize>
#include <QString>

class QPainter;

namespace ui {

/// A picture that can be read without the program.
struct Sheet {
    QSize size;
    QString title, note; ///< Said of itself by an SVG file.
    std::function<void(QPainter&)> paint; ///< From (0, 0), in units of `size`.
};

/// Writes the sheet as .png (two pixels per unit) or .svg, or `csv` as .csv, by the ending of
/// `path`. Written beside it and renamed.
core::Result<void> saveSheet(const Sheet& sheet, const QString& csv, const QString& path);

QString csvField(const QString& text); ///< RFC 4180.

} // namespace ui
