#include "core/session/session_fields.h"

#include <algorithm>
#include <limits>

namespace core {

namespace {

const nlohmann::json kNothing = nlohmann::json::object();

std::string listed(std::span<const std::string_view> names)
{
    std::string text;
    for (const std::string_view name : names)
        text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

} // namespace

Result<void> ReadState::check() const
{
    if (error)
        return fail(*error);
    return {};
}

std::string ReadState::unknownFields() const
{
    std::string names;
    for (const std::string& field : unknown)
        names += (names.empty() ? "`" : ", `") + field + "`";
    return names.empty()
        ? names
        : "This version does not know " + names + "; a newer version wrote it, and it is left out.";
}

SavedFields::SavedFields(const nlohmann::json& object, ReadState& state, std::string where)
    : m_object(object.is_object() ? object : kNothing)
    , m_state(state)
    , m_where(std::move(where))
{
    if (!object.is_object() && !m_state.error)
        m_state.error = Error{Error::Code::InvalidFile,
            m_state.file + (m_where.empty() ? "" : ": field `" + m_where + "`")
                + ": a JSON object {...} is expected here."};
}

SavedFields::~SavedFields()
{
    for (const auto& [name, value] : m_object.items())
        if (std::find(m_known.begin(), m_known.end(), name) == m_known.end())
            m_state.unknown.push_back(way(name));
}

std::string SavedFields::way(const std::string& name) const
{
    return m_where.empty() ? name : m_where + "." + name;
}

void SavedFields::complain(const std::string& name, const std::string& problem)
{
    if (!m_state.error)
        m_state.error = Error{
            Error::Code::InvalidFile, m_state.file + ": field `" + way(name) + "` " + problem};
}

const nlohmann::json* SavedFields::take(const char* name)
{
    m_known.emplace_back(name);
    const auto found = m_object.find(name);
    return found == m_object.end() || found->is_null() ? nullptr : &*found;
}

bool SavedFields::has(const char* name) const
{
    const auto found = m_object.find(name);
    return found != m_object.end() && !found->is_null();
}

void SavedFields::read(const char* name, bool& value)
{
    const nlohmann::json* const found = take(name);
    if (found && found->is_boolean())
        value = found->get<bool>();
    else if (found)
        complain(name, "must be true or false.");
}

void SavedFields::read(const char* name, std::int64_t& value)
{
    const nlohmann::json* const found = take(name);
    if (!found)
        return;
    const bool isTooLarge = found->is_number_unsigned()
        && found->get<std::uint64_t>()
            > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (found->is_number_integer() && !isTooLarge)
        value = found->get<std::int64_t>();
    else
        complain(name, "must be a whole number.");
}

void SavedFields::read(const char* name, int& value)
{
    std::int64_t wide = value;
    read(name, wide);
    if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
        complain(name, "must be a whole number that fits 32 bits.");
    else
        value = static_cast<int>(wide);
}

void SavedFields::read(const char* name, std::uint64_t& value)
{
    const nlohmann::json* const found = take(name);
    if (found && found->is_number_unsigned())
        value = found->get<std::uint64_t>();
    else if (found)
        complain(name, "must be a whole number, 0 or more.");
}

void SavedFields::read(const char* name, double& value)
{
    const nlohmann::json* const found = take(name);
    if (found && found->is_number())
        value = found->get<double>();
    else if (found)
        complain(name, "must be a number.");
}

void SavedFields::read(const char* name, std::string& value)
{
    const nlohmann::json* const found = take(name);
    if (found && found->is_string())
        value = found->get<std::string>();
    else if (found)
        complain(name, "must be a string.");
}

void SavedFields::read(const char* name, std::vector<std::string>& values)
{
    const nlohmann::json* const found = take(name);
    if (!found)
        return;
    if (!found->is_array() || !std::all_of(found->begin(), found->end(), [](const auto& one) {
            return one.is_string();
        }))
        return complain(name, "must be a list of strings.");
    values = found->get<std::vector<std::string>>();
}

void SavedFields::readNumbers(const char* name, std::vector<std::int64_t>& values)
{
    const nlohmann::json* const found = take(name);
    if (!found)
        return;
    if (!found->is_array() || !std::all_of(found->begin(), found->end(), [](const auto& one) {
            return one.is_number_integer();
        }))
        return complain(name, "must be a list of whole numbers.");
    values = found->get<std::vector<std::int64_t>>();
}

std::size_t SavedFields::indexOf(
    const char* name, const std::string& text, std::span<const std::string_view> names)
{
    const auto found = std::find(names.begin(), names.end(), text);
    if (found != names.end())
        return static_cast<std::size_t>(found - names.begin());
    complain(name, "says `" + text + "`, which is none of: " + listed(names) + ".");
    return 0;
}

void SavedFields::readChoice(
    const char* name, std::size_t& chosen, std::span<const std::string_view> names)
{
    const nlohmann::json* const found = take(name);
    if (!found)
        return;
    if (found->is_string())
        chosen = indexOf(name, found->get<std::string>(), names);
    else if (found->is_number_unsigned() && found->get<std::uint64_t>() < names.size())
        chosen = found->get<std::size_t>();
    else
        complain(name, "must be one of: " + listed(names) + ".");
}

void SavedFields::object(const char* name, const std::function<void(SavedFields&)>& readIt)
{
    const nlohmann::json* const found = take(name);
    if (!found)
        return;
    SavedFields fields(*found, m_state, way(name));
    readIt(fields);
}

void SavedFields::list(const char* name, const std::function<void(SavedFields&)>& readOne)
{
    const nlohmann::json* const found = take(name);
    if (!found)
        return;
    if (!found->is_array())
        return complain(name, "must be a list.");
    for (std::size_t i = 0; i < found->size(); ++i) {
        SavedFields fields((*found)[i], m_state, way(name) + "[" + std::to_string(i) + "]");
        readOne(fields);
    }
}

} // namespace core
