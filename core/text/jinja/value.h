#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core::jinja {

/// What is wrong with a template. Thrown inside the template engine only; ChatTemplate catches it.
struct Problem {
    Error error;
};
[[noreturn]] void refuse(std::string message); ///< Throws a Problem: this cannot be done.

struct Macro;
class Value;
using List = std::vector<Value>;
using Dict = std::vector<std::pair<std::string, Value>>; ///< In the order of insertion.

/// A value of the template language, with Python's meaning of truth, equality and text.
class Value {
public:
    struct Undefined {
        std::string name; ///< What was looked for.
    };
    struct None { };
    struct ListData {
        List items;
        bool isTuple;
        int depth; ///< Of nesting; bounded, because walking a value is recursive.
    };
    struct DictData {
        Dict entries;
        int depth;
        bool isNamespace; ///< May be changed, and may not become part of another value.
    };
    struct Function {
        std::string name; ///< Of a built-in function or of a method of `receiver`.
        std::shared_ptr<const Value> receiver;
        const Macro* macro = nullptr;
        std::size_t scopes = 0; ///< How many scopes the macro sees.
    };

    Value()
        : m_data(Undefined{})
    {
    }
    Value(bool value) // NOLINT: these are what the language writes as literals
        : m_data(value)
    {
    }
    Value(std::int64_t value) // NOLINT
        : m_data(value)
    {
    }
    Value(double value) // NOLINT
        : m_data(value)
    {
    }
    Value(std::string text) // NOLINT
        : m_data(std::make_shared<const std::string>(std::move(text)))
    {
    }
    Value(std::string_view text) // NOLINT
        : Value(std::string(text))
    {
    }
    Value(const char* text) // NOLINT
        : Value(std::string(text))
    {
    }
    Value(const void*) = delete; // would silently be a bool
    static Value none();
    static Value undefined(std::string name);
    static Value list(List items, bool isTuple = false);
    static Value dict(Dict entries);
    static Value makeNamespace(Dict entries);
    static Value function(Function function);
    static Value fromJson(const nlohmann::json& json);

    bool isUndefined() const { return std::holds_alternative<Undefined>(m_data); }
    bool isNone() const { return std::holds_alternative<None>(m_data); }
    bool isNamespace() const;

    const bool* boolean() const { return std::get_if<bool>(&m_data); }
    const std::int64_t* integer() const { return std::get_if<std::int64_t>(&m_data); }
    const double* real() const { return std::get_if<double>(&m_data); }
    const std::string* text() const;
    const List* items() const; ///< Of a list or a tuple.
    bool isTuple() const;
    const Dict* entries() const; ///< Of a dict or a namespace.
    const Function* function() const;
    std::optional<std::int64_t> asInteger() const; ///< Also of a boolean.
    std::optional<double> asNumber() const; ///< Of an integer, a boolean or a float.

    /// The entry of a dict; null where there is none.
    const Value* find(std::string_view key) const;
    void set(const std::string& key, Value value) const; ///< In a namespace.

    int depth() const; ///< Of nested lists and dicts; 0 for plain values.
    bool isTrue() const;
    const char* typeName() const; ///< As Python calls it: "str", "NoneType".
    std::string toText() const; ///< str(value)
    std::string toRepr() const; ///< repr(value)

private:
    using Data = std::variant<Undefined, None, bool, std::int64_t, double,
        std::shared_ptr<const std::string>, std::shared_ptr<const ListData>,
        std::shared_ptr<DictData>, std::shared_ptr<const Function>>;
    Data m_data;
};

bool operator==(const Value& a, const Value& b);
/// Order of two numbers, texts or lists: negative, 0 or positive. Others are refused.
int compare(const Value& a, const Value& b, const char* operation);
bool contains(const Value& container, const Value& item);

struct JsonStyle {
    int indent = -1; ///< -1: one line.
    bool isAscii = false;
    bool sortsKeys = false;
};
/// json.dumps(value) as Hugging Face transformers calls it.
std::string toJson(const Value& value, const JsonStyle& style = {}, int level = 0);

} // namespace core::jinja
