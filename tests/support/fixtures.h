#pragma once

#include <filesystem>

#include <gtest/gtest.h>

namespace tests {

/// Files made by other people's code, beside the checkout.
inline std::filesystem::path sharedFixture(const std::filesystem::path& relative)
{
    return std::filesystem::path(FEATURESCOPE_SHARED_FIXTURES) / relative;
}

/// Small files kept in the repository, with their origin in tests/fixtures/README.md.
inline std::filesystem::path testFixture(const std::filesystem::path& relative)
{
    return std::filesystem::path(FEATURESCOPE_TEST_FIXTURES) / relative;
}

} // namespace tests

/// First line of a test that reads shared fixtures.
#define REQUIRE_SHARED_FIXTURE(relative)                                                           \
    if (!std::filesystem::exists(tests::sharedFixture(relative)))                                  \
    GTEST_SKIP() << "shared fixture " << (relative) << " is not here; this check did not run"
