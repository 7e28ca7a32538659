#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace tests {

/// The real model of some tests and benchmarks, where tests/get_real_model.sh puts it: below
/// $FEATURESCOPE_REAL_MODELS, else in the user's data folder. It may not be there.
inline std::filesystem::path realModel()
{
    constexpr const char* kName = "SmolLM2-135M-Instruct.Q4_1.gguf";
    if (const char* folder = std::getenv("FEATURESCOPE_REAL_MODELS"))
        return std::filesystem::path(folder) / kName;
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    const std::filesystem::path root = data && *data
        ? std::filesystem::path(data)
        : std::filesystem::path(home ? home : "/") / ".local/share";
    return root / "featurescope/models" / kName;
}

} // namespace tests

/// First line of a test that needs it.
#define REQUIRE_REAL_MODEL()                                                                       \
    if (!std::filesystem::exists(tests::realModel()))                                              \
    GTEST_SKIP() << tests::realModel() << " is not here (tests/get_real_model.sh fetches it); "    \
                 << "this check did not run"
