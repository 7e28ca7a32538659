#pragma once

#include <spdlog/spdlog.h>

namespace core {

/// Called once by each program, before the first line is logged.
void setUpLog(bool isQuiet);

/// Details for the person who reads logs; what a user must know is an Error instead.
/// `logInfo("opened {} in {:.1f} s", name, seconds)`, to stderr.
template <typename... Args> void logInfo(spdlog::format_string_t<Args...> format, Args&&... args)
{
    spdlog::info(format, std::forward<Args>(args)...);
}

template <typename... Args> void logWarning(spdlog::format_string_t<Args...> format, Args&&... args)
{
    spdlog::warn(format, std::forward<Args>(args)...);
}

} // namespace core
