#include "ui/models/hub/transfer_rate.h"

#include <cmath>

namespace ui {

namespace {
constexpr std::chrono::seconds kWindow{5};
constexpr double kLongest = 1e7; // Seconds; beyond some months the figure says nothing.
} // namespace

void TransferRate::add(Time now, qint64 bytesInAll)
{
    m_recent.emplace_back(now, bytesInAll);
    while (m_recent.size() > 2 && now - m_recent.front().first > kWindow)
        m_recent.pop_front();
}

double TransferRate::perSecond() const
{
    if (m_recent.size() < 2)
        return 0.0;
    const auto elapsed = m_recent.back().first - m_recent.front().first;
    const auto bytes = m_recent.back().second - m_recent.front().second;
    return elapsed.count() > 0 && bytes > 0
        ? static_cast<double>(bytes) * 1000.0 / static_cast<double>(elapsed.count())
        : 0.0;
}

std::optional<std::chrono::seconds> TransferRate::remaining(qint64 bytesLeft) const
{
    const double speed = perSecond();
    const double seconds
        = speed > 0.0 ? std::ceil(static_cast<double>(bytesLeft) / speed) : kLongest;
    if (seconds >= kLongest)
        return {};
    return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

} // namespace ui
