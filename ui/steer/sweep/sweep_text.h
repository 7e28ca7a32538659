#pragma once

#include "core/api/sweep.h"

#include <QString>

namespace ui {

/// What is said of a sweep, in words and as tables.

QString cellTitle(const core::Sweep& sweep, int row, int column); ///< "Clamp · guard on, 5 ×"
/// Every figure of a text with its unit, and the same of normal text where it is another.
QString cellFigures(const core::SweepCell& cell, const core::SweepCell* normal, int samples);
bool isSweetSpot(const core::Sweep& sweep, int row, int column);
bool isIsoKl(const core::Sweep& sweep, int row, int column);
QString sweetSpotSentence(const core::Sweep& sweep); ///< Also when there is none.
QString isoKlSentence(const core::Sweep& sweep, int row);
QString marksMeaning(); ///< What a sweet spot and an iso-KL strength are.
QString shareText(double share); ///< "84 %": of a few dozen tokens more digits say nothing.
QString sweepConditions(const core::Sweep& sweep); ///< How the texts were written.
QString inOneLine(const std::string& text); ///< Line breaks as ⏎.

/// One line for normal text and for every cell; RFC 4180, or parted by tabs for the clipboard.
QString sweepCsv(const core::Sweep& sweep);
QString sweepTable(const core::Sweep& sweep);

} // namespace ui
