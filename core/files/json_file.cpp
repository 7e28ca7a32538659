#include "core/files/json_file.h"

#include "core/files/mapped_file.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include <nlohmann/json.hpp>

namespace core {

namespace {

/// Copying and printing a JSON value is recursive, so depth must be bounded before anything is
/// built.
constexpr int kMaxJsonDepth = 200;

bool isTooDeep(std::string_view text)
{
    int depth = 0;
    bool isInString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (isInString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                isInString = false;
        } else if (c == '"') {
            isInString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxJsonDepth)
                return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

std::string place(std::string_view text, std::size_t byte)
{
    const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t lineStart = before.rfind('\n') + 1; // npos + 1 is 0
    return "line " + std::to_string(line) + ", column "
        + std::to_string(before.size() - lineStart + 1);
}

/// nlohmann's text without its "[json.exception...] parse error at line 1, column 2: " head.
std::string reason(const std::string& what)
{
    for (const std::string_view mark :
        {"syntax error", "invalid", "number overflow", "unexpected"}) {
        if (const std::size_t at = what.find(mark); at != std::string::npos)
            return what.substr(at, 200);
    }
    return what.substr(0, 200);
}

} // namespace

Result<nlohmann::json> parseJson(std::string_view text, const std::string& name)
{
    if (isTooDeep(text))
        return fail(Error::Code::InvalidFile,
            name + ": brackets are nested more than " + std::to_string(kMaxJsonDepth)
                + " deep. This is not a file of the expected kind.");
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        return fail(Error::Code::InvalidFile,
            name + ": not valid JSON at " + place(text, error.byte) + ": " + reason(error.what())
                + ". The file may be cut short or damaged.");
    } catch (const nlohmann::json::exception& error) {
        return fail(
            Error::Code::InvalidFile, name + ": not valid JSON: " + reason(error.what()) + ".");
    } catch (const std::bad_alloc&) {
        return fail(Error::Code::OutOfMemory, name + ": too large to read into memory.");
    }
}

Result<nlohmann::json> readJson(const std::filesystem::path& path)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return fail(file.error());
    const auto bytes = (*file)->bytes();
    return parseJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

Result<nlohmann::json> readObjectIfThere(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return nlohmann::json::object();
    auto json = readJson(path);
    if (json && !json->is_object())
        return fail(
            Error::Code::InvalidFile, path.string() + ": a JSON object {...} is expected here.");
    return json;
}

JsonFields::JsonFields(const nlohmann::json& object, std::string file)
    : m_object(object)
    , m_file(std::move(file))
{
    if (!object.is_object())
        m_error
            = Error{Error::Code::InvalidFile, m_file + ": a JSON object {...} is expected here."};
}

bool JsonFields::has(const char* field) const
{
    const auto found = m_object.find(field);
    return found != m_object.end() && !found->is_null();
}

void JsonFields::complain(const std::string& field, const std::string& problem)
{
    if (!m_error)
        m_error = Error{Error::Code::InvalidFile, m_file + ": field `" + field + "` " + problem};
}

std::string JsonFields::string(const char* field)
{
    if (!has(field))
        complain(field, "is missing. The file may be incomplete or of another kind.");
    return string(field, std::string());
}

std::string JsonFields::string(const char* field, const std::string& fallback)
{
    if (!has(field))
        return fallback;
    const nlohmann::json& value = m_object.at(field);
    if (value.is_string())
        return value.get<std::string>();
    complain(field, "must be a string.");
    return fallback;
}

std::int64_t JsonFields::integer(const char* field)
{
    if (!has(field))
        complain(field, "is missing. The file may be incomplete or of another kind.");
    return integer(field, 0);
}

std::int64_t JsonFields::integer(const char* field, std::int64_t fallback)
{
    if (!has(field))
        return fallback;
    const nlohmann::json& value = m_object.at(field);
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    if (value.is_number_unsigned()
        && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(kMax))
        return value.get<std::int64_t>();
    if (value.is_number_integer() && !value.is_number_unsigned())
        return value.get<std::int64_t>();
    // Some writers put 4096.0; up to 2^53 a double holds every integer exactly.
    if (value.is_number_float()) {
        const double number = value.get<double>();
        if (std::abs(number) <= 9007199254740992.0 && number == std::floor(number))
            return static_cast<std::int64_t>(number);
    }
    complain(field, "must be a whole number that fits 64 bits.");
    return fallback;
}

double JsonFields::number(const char* field, double fallback)
{
    if (!has(field))
        return fallback;
    const nlohmann::json& value = m_object.at(field);
    if (value.is_number())
        return value.get<double>();
    complain(field, "must be a number.");
    return fallback;
}

bool JsonFields::boolean(const char* field, bool fallback)
{
    if (!has(field))
        return fallback;
    const nlohmann::json& value = m_object.at(field);
    if (value.is_boolean())
        return value.get<bool>();
    complain(field, "must be true or false.");
    return fallback;
}

Result<void> JsonFields::check() const
{
    if (m_error)
        return fail(*m_error);
    return {};
}

} // namespace core
