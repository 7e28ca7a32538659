#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace core {

/// What reading one file found out: the first problem, and the fields nobody asked for.
struct ReadState {
    std::string file;
    std::optional<Error> error;
    std::vector<std::string> unknown;

    Result<void> check() const;
    /// "field `steer.mood` is not known ..."; empty when there is none.
    std::string unknownFields() const;
};

/// Reads the fields of one object of a saved file, which may lie deep in others: every error names
/// the file and the whole way to the field ("steer.interventions[2].mode"). What is absent or null
/// keeps the value it has, so that defaults stand in one place, the struct. When it goes, fields
/// that nobody read are noted.
class SavedFields {
public:
    SavedFields(const nlohmann::json& object, ReadState& state, std::string where = {});
    ~SavedFields();
    SavedFields(const SavedFields&) = delete;
    SavedFields& operator=(const SavedFields&) = delete;

    bool has(const char* name) const;
    void read(const char* name, bool& value);
    void read(const char* name, int& value);
    void read(const char* name, std::int64_t& value);
    void read(const char* name, std::uint64_t& value);
    void read(const char* name, double& value);
    void read(const char* name, std::string& value);
    void read(const char* name, std::vector<std::string>& values);
    template <typename Tag> void read(const char* name, Id<Tag>& value)
    {
        int number = value.value;
        read(name, number);
        value = Id<Tag>(number);
    }
    template <typename Tag> void read(const char* name, std::vector<Id<Tag>>& values)
    {
        std::vector<std::int64_t> numbers;
        readNumbers(name, numbers);
        values.clear();
        for (const std::int64_t number : numbers)
            values.push_back(Id<Tag>(number));
    }
    /// An enumerator by its name; older files wrote its number.
    template <typename Enum>
    void read(const char* name, Enum& value, std::span<const std::string_view> names)
    {
        std::size_t chosen = static_cast<std::size_t>(value);
        readChoice(name, chosen, names);
        value = static_cast<Enum>(chosen);
    }
    template <typename Enum>
    void read(const char* name, std::vector<Enum>& values, std::span<const std::string_view> names)
    {
        std::vector<std::string> texts;
        read(name, texts);
        values.clear();
        for (const std::string& text : texts)
            values.push_back(static_cast<Enum>(indexOf(name, text, names)));
    }
    /// An object in this one.
    void object(const char* name, const std::function<void(SavedFields&)>& readIt);
    /// A list of objects in this one.
    void list(const char* name, const std::function<void(SavedFields&)>& readOne);
    /// Whatever it is, for a reader of its own; null when it is absent.
    const nlohmann::json* take(const char* name);

    /// "must be a string." of the field `name`.
    void complain(const std::string& name, const std::string& problem);

private:
    void readNumbers(const char* name, std::vector<std::int64_t>& values);
    void readChoice(const char* name, std::size_t& chosen, std::span<const std::string_view> names);
    std::size_t indexOf(
        const char* name, const std::string& text, std::span<const std::string_view> names);
    std::string way(const std::string& name) const;

    const nlohmann::json& m_object;
    ReadState& m_state;
    std::string m_where;
    std::vector<std::string> m_known;
};

} // namespace core
