#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

/// Where a program finds what belongs to it: in an installed tree by the way from the program
/// (bin/ beside lib/ and share/), so that the tree may be moved; in a build where the build put it.
namespace app {

inline std::filesystem::path programFolder()
{
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

/// `fromProgram` seen from the program's folder if it is there, otherwise `built`.
inline std::string placeOf(const char* fromProgram, const char* built)
{
    std::error_code error;
    const auto installed = (programFolder() / fromProgram).lexically_normal();
    return std::filesystem::exists(installed, error) ? installed.string() : built;
}

inline constexpr const char* kInstalledResources = "../share/featurescope";
inline constexpr const char* kInstalledCore = "../lib/featurescope/libfeaturescope_core.so";

/// Where the built-in model lies: FEATURESCOPE_RESOURCES in the environment names another place.
inline std::string resourcesFolder(const char* built)
{
    const char* const named = std::getenv("FEATURESCOPE_RESOURCES");
    return named && *named ? named : placeOf(kInstalledResources, built);
}

} // namespace app
