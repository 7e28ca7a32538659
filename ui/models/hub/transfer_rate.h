#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include <QtGlobal>

namespace ui {

/// Bytes a second over the last few seconds, and how long the rest will take at that speed.
class TransferRate {
public:
    using Time = std::chrono::milliseconds;

    void add(Time now, qint64 bytesInAll); ///< Times do not go back.
    double perSecond() const; ///< 0 until there are two times.
    std::optional<std::chrono::seconds> remaining(qint64 bytesLeft) const;

private:
    std::deque<std::pair<Time, qint64>> m_recent;
};

} // namespace ui
