#include "core/files/json_file.h"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

namespace core {

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
