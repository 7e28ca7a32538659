#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// Reads and parses a JSON file. Errors name the file, and line and column of a mistake.
Result<nlohmann::json> readJson(const std::filesystem::path& path);
/// The same for text that is already in memory; `name` says in errors where it came from.
Result<nlohmann::json> parseJson(std::string_view text, const std::string& name);
/// A file that must hold an object; an empty one where there is no such file.
Result<nlohmann::json> readObjectIfThere(const std::filesystem::path& path);

/// Reads typed fields of one JSON object and remembers the first problem, so that a reader can be
/// written straight down and checked once: every error names the file and the field.
class JsonFields {
public:
    JsonFields(const nlohmann::json& object, std::string file);

    bool has(const char* field) const; ///< Present and not null.
    std::string string(const char* field); ///< Required.
    std::string string(const char* field, const std::string& fallback);
    std::int64_t integer(const char* field); ///< Required; must fit and not be fractional.
    std::int64_t integer(const char* field, std::int64_t fallback);
    double number(const char* field, double fallback);
    bool boolean(const char* field, bool fallback);

    void complain(
        const std::string& field, const std::string& problem); ///< Adds a problem of the caller's.
    Result<void> check() const; ///< The first problem, if any.

private:
    const nlohmann::json& m_object;
    std::string m_file;
    std::optional<Error> m_error;
};

} // namespace core
