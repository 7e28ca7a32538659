#pragma once

#include <QString>

namespace ui {

/// "4 s", "12 min", "3 h 20 min", "5 days".
QString durationText(double seconds);

} // namespace ui
