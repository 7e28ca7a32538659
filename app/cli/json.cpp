#include "app/cli/json.h"

#include <nlohmann/json.hpp>

namespace cli {

Json::Json(std::nullptr_t)
    : m_value(std::make_unique<nlohmann::json>())
{
}

Json::Json(bool value)
    : m_value(std::make_unique<nlohmann::json>(value))
{
}

Json::Json(double value)
    : m_value(std::make_unique<nlohmann::json>(value))
{
}

Json::Json(const char* text)
    : m_value(std::make_unique<nlohmann::json>(text))
{
}

Json::Json(const std::string& text)
    : m_value(std::make_unique<nlohmann::json>(text))
{
}

Json::Json(std::initializer_list<Field> fields)
    : Json(object())
{
    for (const Field& field : fields)
        set(field.name, field.value);
}

Json::Json(long long value, Whole)
    : m_value(std::make_unique<nlohmann::json>(value))
{
}

Json::Json(unsigned long long value, Whole)
    : m_value(std::make_unique<nlohmann::json>(value))
{
}

Json::Json(const Json& other)
    : m_value(std::make_unique<nlohmann::json>(*other.m_value))
{
}

Json::Json(Json&& other) noexcept = default;

Json& Json::operator=(const Json& other)
{
    *this = Json(other);
    return *this;
}

Json& Json::operator=(Json&& other) noexcept = default;

Json::~Json() = default;

Json Json::array()
{
    Json json;
    *json.m_value = nlohmann::json::array();
    return json;
}

Json Json::object()
{
    Json json;
    *json.m_value = nlohmann::json::object();
    return json;
}

Json Json::parse(const std::string& text)
{
    Json json;
    *json.m_value = nlohmann::json::parse(text, nullptr, false);
    if (json.m_value->is_discarded())
        *json.m_value = nullptr;
    return json;
}

void Json::push(Json value)
{
    m_value->push_back(std::move(*value.m_value));
}

void Json::set(std::string_view name, Json value)
{
    (*m_value)[std::string(name)] = std::move(*value.m_value);
}

void Json::add(const Json& object)
{
    m_value->update(*object.m_value);
}

std::string Json::text() const
{
    return m_value->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void addNote(Json& json, std::string& text, const std::string& note)
{
    if (note.empty())
        return;
    json.set("note", note);
    text += "\n(" + note + ")";
}

} // namespace cli
