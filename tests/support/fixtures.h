#pragma once

#include <filesystem>

#include <gtest/gtest.h>

namespace tests {

/// Small files kept in the repository, with their origin in tests/fixtures/README.md.
inline std::filesystem::path testFixture(const std::filesystem::path& relative)
{
    return std::filesystem::path(FEATURESCOPE_TEST_FIXTURES) / relative;
}

/// Files made by other people's code: those kept in the repository, else those beside the checkout.
/// A case is in one place whole; a folder of cases (`oracles/models`) may be in both, so a test
/// asks for cases, and one that lists such a folder lists both.
inline std::filesystem::path sharedFixture(const std::filesystem::path& relative)
{
    const std::filesystem::path kept = testFixture(relative);
    return std::filesystem::exists(kept)
        ? kept
        : std::filesystem::path(FEATURESCOPE_SHARED_FIXTURES) / relative;
}

} // namespace tests

/// First line of a test that reads shared fixtures.
#define REQUIRE_SHARED_FIXTURE(relative)                                                           \
    if (!std::filesystem::exists(tests::sharedFixture(relative)))                                  \
    GTEST_SKIP() << "shared fixture " << (relative) << " is not here; this check did not run"
