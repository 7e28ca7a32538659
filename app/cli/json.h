#pragma once

#include <concepts>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace cli {

/// A JSON value as verbs build it: `Json{{"tokens", 12}, {"words", words}}`. The library behind it
/// is compiled once, in json.cpp.
class Json {
public:
    struct Field;

    Json(std::nullptr_t = nullptr);
    Json(bool value);
    Json(double value);
    Json(const char* text);
    Json(const std::string& text);
    Json(std::initializer_list<Field> fields); ///< An object.
    template <std::signed_integral T>
    Json(T value)
        : Json(static_cast<long long>(value), Whole{})
    {
    }
    template <std::unsigned_integral T>
    Json(T value)
        : Json(static_cast<unsigned long long>(value), Whole{})
    {
    }
    template <typename T>
    Json(const std::vector<T>& list)
        : Json(array())
    {
        for (const T& one : list)
            push(one);
    }
    template <typename First, typename Second>
    Json(const std::pair<First, Second>& two)
        : Json(array())
    {
        push(two.first);
        push(two.second);
    }
    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(const Json& other);
    Json& operator=(Json&& other) noexcept;
    ~Json();

    static Json array();
    static Json object();
    static Json parse(const std::string& text); ///< Null when it is no JSON.

    void push(Json value); ///< To an array.
    void set(std::string_view name, Json value); ///< In an object.
    void add(const Json& object); ///< Every field of another object.

    /// On one line. Token texts may hold half a character; what is written is whole UTF-8.
    std::string text() const;

private:
    struct Whole { };
    Json(long long value, Whole);
    Json(unsigned long long value, Whole);

    std::unique_ptr<nlohmann::json> m_value;
};

struct Json::Field {
    std::string_view name;
    Json value;
};

/// What an answer says of itself goes into both forms; nothing where it says nothing.
void addNote(Json& json, std::string& text, const std::string& note);

} // namespace cli
