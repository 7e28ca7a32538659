// What stands behind `is` in a template.
#include "core/text/jinja/library.h"

#include <cmath>
#include <functional>
#include <map>

namespace core::jinja {

namespace {

using Test = bool (*)(const Value&, const Arguments&);
using V = const Value&;
using A = const Arguments&;

const Value& only(A arguments)
{
    if (arguments.positional.size() != 1)
        refuse("a test needs one value to compare with");
    return arguments.positional[0];
}

bool isEqual(V value, A arguments)
{
    return value == only(arguments);
}

bool isDivisible(V value, std::int64_t by)
{
    if (!value.asInteger() || by == 0)
        refuse(std::string("`divisibleby`, `even` and `odd` need whole numbers, not ")
            + value.typeName());
    return by == -1 || *value.asInteger() % by == 0;
}

bool isSame(V value, A arguments)
{
    const Value& other = only(arguments);
    const bool isOneObject = value.items() == other.items() && value.entries() == other.entries();
    return std::string_view(value.typeName()) == other.typeName() && value == other && isOneObject;
}

bool isInCase(V value, const char* method)
{
    Budget budget;
    const Value text(value.toText());
    return *text.text() == *callMethod(text, method, {}, budget).text()
        && !(*callMethod(text, "upper", {}, budget).text()
            == *callMethod(text, "lower", {}, budget).text());
}

const std::map<std::string, Test, std::less<>>& tests()
{
    static const std::map<std::string, Test, std::less<>> table{
        {"defined", [](V v, A) { return !v.isUndefined(); }},
        {"undefined", [](V v, A) { return v.isUndefined(); }},
        {"none", [](V v, A) { return v.isNone(); }},
        {"string", [](V v, A) { return v.text() != nullptr; }},
        {"mapping", [](V v, A) { return v.entries() && !v.isNamespace(); }},
        {"iterable",
            [](V v, A) {
                return v.text() || v.items() || (v.entries() && !v.isNamespace())
                    || v.isUndefined();
            }},
        {"sequence",
            [](V v, A) {
                return v.text() || v.items() || (v.entries() && !v.isNamespace())
                    || v.isUndefined();
            }},
        {"number", [](V v, A) { return v.asNumber().has_value(); }},
        {"integer", [](V v, A) { return v.integer() != nullptr; }},
        {"float", [](V v, A) { return v.real() != nullptr; }},
        {"boolean", [](V v, A) { return v.boolean() != nullptr; }},
        {"true", [](V v, A) { return v.boolean() && *v.boolean(); }},
        {"false", [](V v, A) { return v.boolean() && !*v.boolean(); }},
        {"callable", [](V v, A) { return v.function() != nullptr; }},
        {"even", [](V v, A) { return isDivisible(v, 2); }},
        {"odd", [](V v, A) { return !isDivisible(v, 2); }},
        {"divisibleby", [](V v, A a) { return isDivisible(v, only(a).asInteger().value_or(0)); }},
        {"eq", isEqual},
        {"equalto", isEqual},
        {"sameas", isSame},
        {"ne", [](V v, A a) { return !isEqual(v, a); }},
        {"lt", [](V v, A a) { return compare(v, only(a), "<") < 0; }},
        {"le", [](V v, A a) { return compare(v, only(a), "<=") <= 0; }},
        {"gt", [](V v, A a) { return compare(v, only(a), ">") > 0; }},
        {"ge", [](V v, A a) { return compare(v, only(a), ">=") >= 0; }},
        {"lessthan", [](V v, A a) { return compare(v, only(a), "<") < 0; }},
        {"greaterthan", [](V v, A a) { return compare(v, only(a), ">") > 0; }},
        {"in", [](V v, A a) { return contains(only(a), v); }},
        {"lower", [](V v, A) { return isInCase(v, "lower"); }},
        {"upper", [](V v, A) { return isInCase(v, "upper"); }},
        {"==", isEqual},
        {"!=", [](V v, A a) { return !isEqual(v, a); }},
        {"<", [](V v, A a) { return compare(v, only(a), "<") < 0; }},
        {"<=", [](V v, A a) { return compare(v, only(a), "<=") <= 0; }},
        {">", [](V v, A a) { return compare(v, only(a), ">") > 0; }},
        {">=", [](V v, A a) { return compare(v, only(a), ">=") >= 0; }},
    };
    return table;
}

} // namespace

bool isTest(std::string_view name)
{
    return tests().contains(name);
}

bool applyTest(const std::string& name, const Value& value, const Arguments& arguments)
{
    const auto found = tests().find(name);
    if (found == tests().end())
        refuse("the test `" + name + "` is not supported");
    return found->second(value, arguments);
}

} // namespace core::jinja
