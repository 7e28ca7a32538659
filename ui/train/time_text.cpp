#include "ui/train/time_text.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>

namespace ui {

QString durationText(double seconds)
{
    const auto trTime
        = [](const char* text) { return QCoreApplication::translate("ui::durationText", text); };
    constexpr double kMinute = 60.0, kHour = 3600.0, kDay = 86400.0;
    if (seconds < 1.5 * kMinute)
        return trTime("%1 s").arg(std::max(1L, std::lround(seconds)));
    if (seconds < kHour)
        return trTime("%1 min").arg(std::lround(seconds / kMinute));
    if (seconds < kDay) {
        const long minutes = std::lround(seconds / kMinute);
        return trTime("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
    }
    return trTime("%1 days").arg(std::lround(seconds / kDay));
}

} // namespace ui
