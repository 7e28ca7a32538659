#include "core/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>

namespace core {

void setUpLog(bool isQuiet)
{
    // stdout belongs to results, so the log always goes to stderr.
    spdlog::set_default_logger(spdlog::stderr_logger_mt("featurescope"));
    spdlog::set_level(isQuiet ? spdlog::level::warn : spdlog::level::info);
    spdlog::set_pattern("%l: %v");
}

} // namespace core
