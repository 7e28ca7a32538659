#include "core/text/jinja/library.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>

namespace core::jinja {

namespace {

using Filter = Value (*)(const Value&, const Arguments&, Budget&);
using V = const Value&;
using A = const Arguments&;

/// What Jinja does with values that are no text before it treats them as one.
Value asText(V value)
{
    return value.text() ? value : Value(value.toText());
}

template <const char* kName> Value method(V value, A arguments, Budget& budget)
{
    return callMethod(asText(value), kName, arguments, budget);
}
constexpr char kUpper[] = "upper";
constexpr char kLower[] = "lower";
constexpr char kCapitalize[] = "capitalize";
constexpr char kReplace[] = "replace";

/// Unlike the method of this name, words begin only behind white space, "-" and opening brackets.
Value titled(V value, A, Budget& budget)
{
    const std::string text = value.toText();
    const auto isBorder = [](char c) {
        return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || c == ' '
            || (c >= '\t' && c <= '\r');
    };
    std::string result;
    for (std::size_t begin = 0; begin < text.size();) {
        std::size_t end = begin;
        while (end < text.size() && !isBorder(text[end]))
            ++end;
        const Value word(text.substr(begin, end - begin));
        result += *callMethod(word, "capitalize", {}, budget).text();
        for (; end < text.size() && isBorder(text[end]); ++end)
            result += text[end];
        begin = end;
    }
    return result;
}

/// An attribute given as "a.b" or as a number.
Value attributePath(const Value& item, const Value& path, Budget& budget)
{
    if (!path.text())
        return itemOf(item, path, budget);
    Value value = item;
    for (std::size_t begin = 0; begin <= path.text()->size();) {
        const std::size_t end = std::min(path.text()->find('.', begin), path.text()->size());
        const std::string name = path.text()->substr(begin, end - begin);
        value = itemOf(value, Value(name), budget);
        begin = end + 1;
    }
    return value;
}

/// The item itself or, where the filter was given one, its attribute.
Value keyOf(const Value& item, A arguments, std::size_t place, Budget& budget)
{
    const Value* attribute = arguments.find(place, "attribute");
    return attribute && !attribute->isNone() ? attributePath(item, *attribute, budget) : item;
}

Arguments rest(A arguments, std::size_t from)
{
    Arguments others;
    for (std::size_t i = from; i < arguments.positional.size(); ++i)
        others.positional.push_back(arguments.positional[i]);
    return others;
}

/// select, reject, selectattr and rejectattr.
template <bool kHasAttribute, bool kIsKept> Value chosen(V value, A arguments, Budget& budget)
{
    constexpr std::size_t kTest = kHasAttribute ? 1 : 0;
    if (kHasAttribute && arguments.positional.empty())
        refuse("`selectattr` and `rejectattr` need the name of an attribute");
    const Value* test
        = arguments.positional.size() > kTest ? &arguments.positional[kTest] : nullptr;
    if (test && (!test->text() || !isTest(*test->text())))
        refuse("the test `" + test->toText() + "` is not supported");
    List kept;
    for (const Value& item : iterate(value, budget)) {
        budget.step();
        const Value subject
            = kHasAttribute ? attributePath(item, arguments.positional[0], budget) : item;
        const bool isChosen = test ? applyTest(*test->text(), subject, rest(arguments, kTest + 1))
                                   : subject.isTrue();
        if (isChosen == kIsKept)
            kept.push_back(item);
    }
    return Value::list(std::move(kept));
}

Value map(V value, A arguments, Budget& budget)
{
    const Value* attribute = arguments.find(arguments.positional.size(), "attribute");
    const Value* fallback = arguments.find(arguments.positional.size(), "default");
    if (!attribute && (arguments.positional.empty() || !arguments.positional[0].text()))
        refuse("`map` needs a filter or an attribute");
    List results;
    for (const Value& item : iterate(value, budget)) {
        budget.step();
        if (attribute) {
            Value found = attributePath(item, *attribute, budget);
            results.push_back(found.isUndefined() && fallback ? *fallback : std::move(found));
        } else {
            results.push_back(
                applyFilter(*arguments.positional[0].text(), item, rest(arguments, 1), budget));
        }
    }
    return Value::list(std::move(results));
}

Value join(V value, A arguments, Budget& budget)
{
    const std::string between = arguments.text(0, "d", "");
    std::string text;
    bool isFirst = true;
    for (const Value& item : iterate(value, budget)) {
        const std::string part = keyOf(item, arguments, 1, budget).toText();
        budget.charge(between.size() + part.size());
        text += isFirst ? part : between + part;
        isFirst = false;
    }
    return text;
}

/// Items with the keys they are ordered by; texts in lower case unless asked otherwise.
Value sorted(V value, A arguments, Budget& budget)
{
    const bool isReversed = arguments.flag(0, "reverse", false);
    const bool mindsCase = arguments.flag(1, "case_sensitive", false);
    std::vector<std::pair<Value, Value>> keyed;
    for (const Value& item : iterate(value, budget)) {
        budget.step();
        Value key = keyOf(item, arguments, 2, budget);
        if (key.text() && !mindsCase)
            key = callMethod(key, "lower", {}, budget);
        keyed.emplace_back(std::move(key), item);
    }
    // Checked first: an order that throws midway or is none at all must not reach std::sort.
    for (std::size_t i = 1; i < keyed.size(); ++i)
        compare(keyed[0].first, keyed[i].first, "<");
    std::stable_sort(keyed.begin(), keyed.end(), [isReversed](const auto& a, const auto& b) {
        return isReversed ? compare(b.first, a.first, "<") < 0 : compare(a.first, b.first, "<") < 0;
    });
    List items;
    for (auto& [key, item] : keyed)
        items.push_back(std::move(item));
    return Value::list(std::move(items));
}

Value dictSorted(V value, A arguments, Budget& budget)
{
    if (!value.entries())
        refuse(std::string("`dictsort` needs a dict, not ") + value.typeName());
    Arguments byKey;
    byKey.positional = {Value(arguments.flag(2, "reverse", false)),
        Value(arguments.flag(0, "case_sensitive", false)),
        Value(std::int64_t{arguments.text(1, "by", "key") == "value" ? 1 : 0})};
    return sorted(callMethod(value, "items", {}, budget), byKey, budget);
}

Value unique(V value, A arguments, Budget& budget)
{
    const bool mindsCase = arguments.flag(0, "case_sensitive", false);
    List seen;
    List items;
    for (const Value& item : iterate(value, budget)) {
        Value key = keyOf(item, arguments, 1, budget);
        if (key.text() && !mindsCase)
            key = callMethod(key, "lower", {}, budget);
        budget.charge(seen.size() * sizeof(Value)); // what looking costs
        if (std::find(seen.begin(), seen.end(), key) != seen.end())
            continue;
        seen.push_back(std::move(key));
        items.push_back(item);
    }
    return Value::list(std::move(items));
}

template <int kSign> Value extreme(V value, A arguments, Budget& budget)
{
    const List items = iterate(value, budget);
    if (items.empty())
        return Value::undefined("an item of nothing");
    const Value* best = &items[0];
    for (const Value& item : items) {
        const int order
            = compare(keyOf(item, arguments, 1, budget), keyOf(*best, arguments, 1, budget), "<");
        if (order * kSign > 0)
            best = &item;
    }
    return *best;
}

Value sum(V value, A arguments, Budget& budget)
{
    const Value* start = arguments.find(1, "start");
    Value total = start ? *start : Value(std::int64_t{0});
    for (const Value& item : iterate(value, budget))
        total = binary("+", total, keyOf(item, arguments, 0, budget), budget);
    return total;
}

Value reversed(V value, A, Budget& budget)
{
    if (value.text())
        return sliceOf(value, Value::none(), Value::none(), Value(std::int64_t{-1}), budget);
    List items = iterate(value, budget);
    std::reverse(items.begin(), items.end());
    return Value::list(std::move(items));
}

Value toInteger(V value, A arguments, Budget&)
{
    const Value* fallback = arguments.find(0, "default");
    const Value otherwise = fallback ? *fallback : Value(std::int64_t{0});
    if (value.asInteger())
        return *value.asInteger();
    std::optional<double> number = value.asNumber();
    if (const std::string* text = value.text()) {
        const std::string trimmed = stripped(*text, nullptr, true, true);
        char* end = nullptr;
        errno = 0;
        const long long whole = std::strtoll(trimmed.c_str(), &end, 10);
        if (!trimmed.empty() && *end == '\0' && errno == 0)
            return static_cast<std::int64_t>(whole);
        const double real = std::strtod(trimmed.c_str(), &end);
        if (!trimmed.empty() && *end == '\0')
            number = real;
    }
    if (!number || !(std::abs(*number) < 9e18))
        return otherwise;
    return static_cast<std::int64_t>(*number);
}

Value toReal(V value, A arguments, Budget&)
{
    if (value.asNumber())
        return *value.asNumber();
    if (const std::string* text = value.text()) {
        const std::string trimmed = stripped(*text, nullptr, true, true);
        char* end = nullptr;
        const double number = std::strtod(trimmed.c_str(), &end);
        if (!trimmed.empty() && *end == '\0')
            return number;
    }
    const Value* fallback = arguments.find(0, "default");
    return fallback ? *fallback : Value(0.0);
}

Value absolute(V value, A, Budget&)
{
    if (value.asInteger() && *value.asInteger() != INT64_MIN)
        return std::abs(*value.asInteger());
    if (!value.asNumber())
        refuse(std::string("`abs` needs a number, not ") + value.typeName());
    return std::abs(*value.asNumber());
}

Value indented(V value, A arguments, Budget& budget)
{
    const Value* width = arguments.find(0, "width");
    const std::int64_t spaces = width && width->text() ? 0 : arguments.integer(0, "width", 4);
    if (spaces < 0 || spaces > 1000)
        refuse("`indent` by that much is not supported");
    const std::string by = width && width->text()
        ? *width->text()
        : std::string(static_cast<std::size_t>(spaces), ' ');
    const bool isFirst = arguments.flag(1, "first", false);
    const bool isBlank = arguments.flag(2, "blank", false);
    const std::string text = value.toText();
    std::string result;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const bool isMoved = begin == 0 ? isFirst : isBlank || end > begin;
        budget.charge(end - begin + by.size());
        result += (isMoved ? by : std::string()) + text.substr(begin, end - begin)
            + (end < text.size() ? "\n" : "");
        begin = end + 1;
    }
    return result;
}

Value json(V value, A arguments, Budget& budget)
{
    JsonStyle style;
    style.isAscii = arguments.flag(1, "ensure_ascii", false);
    const Value* indent = arguments.find(2, "indent");
    // Jinja's own filter takes the indent first, and published templates call it so.
    if (!indent && !arguments.positional.empty() && !arguments.positional[0].boolean())
        indent = &arguments.positional[0];
    if (indent && !indent->isNone()) {
        if (!indent->asInteger() || *indent->asInteger() < 0 || *indent->asInteger() > 100)
            refuse("`tojson` with that indent is not supported");
        style.indent = static_cast<int>(*indent->asInteger());
    }
    if (arguments.find(3, "separators"))
        refuse("`tojson` with separators is not supported");
    style.sortsKeys = arguments.flag(4, "sort_keys", false);
    std::string text = toJson(value, style);
    budget.charge(text.size());
    return text;
}

Value fallback(V value, A arguments, Budget&)
{
    const bool isUsed
        = value.isUndefined() || (arguments.flag(1, "boolean", false) && !value.isTrue());
    const Value* given = arguments.find(0, "default_value");
    return !isUsed ? value : given ? *given : Value("");
}

Value firstOf(V value, A, Budget& budget)
{
    const List items = iterate(value, budget);
    return items.empty() ? Value::undefined("the first item of nothing") : items.front();
}

Value lastOf(V value, A, Budget& budget)
{
    const List items = iterate(value, budget);
    return items.empty() ? Value::undefined("the last item of nothing") : items.back();
}

Value itemsOf(V value, A, Budget& budget)
{
    if (value.isUndefined())
        return Value::list({});
    if (!value.entries() || value.isNamespace())
        refuse(std::string("`items` needs a dict, not ") + value.typeName());
    return callMethod(value, "items", {}, budget);
}

const std::map<std::string, Filter, std::less<>>& filters()
{
    static const std::map<std::string, Filter, std::less<>> table{
        {"trim",
            [](V v, A a, Budget&) -> Value {
                return stripped(v.toText(), a.find(0, "chars"), true, true);
            }},
        {"tojson", json}, {"length", [](V v, A, Budget&) -> Value { return lengthOf(v); }},
        {"count", [](V v, A, Budget&) -> Value { return lengthOf(v); }}, {"upper", method<kUpper>},
        {"lower", method<kLower>}, {"title", titled}, {"capitalize", method<kCapitalize>},
        {"replace", method<kReplace>}, {"join", join}, {"select", chosen<false, true>},
        {"reject", chosen<false, false>}, {"selectattr", chosen<true, true>},
        {"rejectattr", chosen<true, false>}, {"map", map}, {"first", firstOf}, {"last", lastOf},
        {"list", [](V v, A, Budget& b) -> Value { return Value::list(iterate(v, b)); }},
        {"string", [](V v, A, Budget&) -> Value { return v.toText(); }},
        {"safe", [](V v, A, Budget&) -> Value { return v; }}, {"items", itemsOf},
        {"default", fallback}, {"d", fallback}, {"int", toInteger}, {"float", toReal},
        {"abs", absolute}, {"sort", sorted}, {"dictsort", dictSorted}, {"unique", unique},
        {"reverse", reversed}, {"min", extreme<-1>}, {"max", extreme<1>}, {"sum", sum},
        {"indent", indented}};
    return table;
}

} // namespace

bool isFilter(std::string_view name)
{
    return filters().contains(name);
}

Value applyFilter(
    const std::string& name, const Value& value, const Arguments& arguments, Budget& budget)
{
    const auto found = filters().find(name);
    if (found == filters().end())
        refuse("the filter `" + name + "` is not supported");
    if (value.text())
        budget.charge(value.text()->size());
    return found->second(value, arguments, budget);
}

} // namespace core::jinja
