// Operators, subscripts and loops over values.
#include "core/text/jinja/library.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <cmath>

namespace core::jinja {

namespace {

constexpr std::size_t kMaxSteps = 5'000'000;
constexpr std::size_t kMaxBytes = std::size_t{256} << 20u;

/// Python's division: towards minus infinity.
std::int64_t floorDivide(std::int64_t a, std::int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

Value wholeNumbers(const std::string& op, std::int64_t a, std::int64_t b)
{
    std::int64_t result = 0;
    bool isTooLarge = false;
    if (op == "+")
        isTooLarge = __builtin_add_overflow(a, b, &result);
    else if (op == "-")
        isTooLarge = __builtin_sub_overflow(a, b, &result);
    else if (op == "*")
        isTooLarge = __builtin_mul_overflow(a, b, &result);
    else if (op == "**") {
        if (b < 0)
            return std::pow(static_cast<double>(a), static_cast<double>(b));
        result = 1;
        for (std::int64_t i = 0; i < b && !isTooLarge && (a > 1 || a < -1); ++i)
            isTooLarge = __builtin_mul_overflow(result, a, &result);
        if (a == 0 && b > 0)
            result = 0;
        if (a == -1)
            result = b % 2 == 0 ? 1 : -1;
    } else {
        if (b == 0)
            refuse("division by zero");
        if (op == "/")
            return static_cast<double>(a) / static_cast<double>(b);
        if (b == -1) // the smallest number has no opposite
            isTooLarge = op == "//" && __builtin_sub_overflow(std::int64_t{0}, a, &result);
        else
            result = op == "//" ? floorDivide(a, b) : a - b * floorDivide(a, b);
    }
    if (isTooLarge)
        refuse("a number becomes too large");
    return result;
}

Value realNumbers(const std::string& op, double a, double b)
{
    if (op == "+")
        return a + b;
    if (op == "-")
        return a - b;
    if (op == "*")
        return a * b;
    if (op == "**")
        return std::pow(a, b);
    if (b == 0)
        refuse("division by zero");
    const double floored = std::floor(a / b);
    return op == "/" ? a / b : op == "//" ? floored : a - b * floored;
}

Value repeated(const Value& value, std::int64_t count, Budget& budget)
{
    const auto times = static_cast<std::size_t>(std::max<std::int64_t>(count, 0));
    const std::size_t size = value.text() ? value.text()->size() : value.items()->size();
    if (times > 0 && size > kMaxBytes / times)
        refuse("a text or a list becomes too large");
    budget.charge(size * times * (value.text() ? 1 : sizeof(Value)));
    if (value.text()) {
        std::string text;
        for (std::size_t i = 0; i < times && size > 0; ++i)
            text += *value.text();
        return text;
    }
    List items;
    for (std::size_t i = 0; i < times && size > 0; ++i)
        items.insert(items.end(), value.items()->begin(), value.items()->end());
    return Value::list(std::move(items), value.isTuple());
}

struct Range {
    std::int64_t begin;
    std::int64_t end;
    std::int64_t step;
};

/// Python's rules for the ends of a slice of `size` things.
Range sliceRange(const Value& begin, const Value& end, const Value& step, std::int64_t size)
{
    const auto number = [](const Value& value) -> std::optional<std::int64_t> {
        if (value.isNone())
            return std::nullopt;
        if (!value.asInteger())
            refuse(std::string("slices need whole numbers, not ") + value.typeName());
        return value.asInteger();
    };
    Range range{};
    range.step = number(step).value_or(1);
    if (range.step == 0)
        refuse("the step of a slice cannot be 0");
    range.step = std::clamp<std::int64_t>(range.step, -size - 1, size + 1);
    const bool isBackward = range.step < 0;
    const std::int64_t low = isBackward ? -1 : 0;
    const std::int64_t high = isBackward ? size - 1 : size;
    const auto placed = [&](const Value& value, std::int64_t fallback) {
        const auto given = number(value);
        if (!given)
            return fallback;
        const std::int64_t at = *given < 0 ? std::max(*given, -size - 1) + size : *given;
        return std::clamp(at, low, high);
    };
    range.begin = placed(begin, isBackward ? high : low);
    range.end = placed(end, isBackward ? low : high);
    return range;
}

} // namespace

void Budget::step()
{
    if (++m_steps > kMaxSteps)
        refuse("the template runs too long");
}

void Budget::charge(std::size_t bytes)
{
    if (bytes > kMaxBytes || (m_bytes += bytes) > kMaxBytes)
        refuse("the template makes too much text");
}

const Value* Arguments::find(std::size_t place, std::string_view name) const
{
    if (place < positional.size())
        return &positional[place];
    const auto found = std::find_if(
        named.begin(), named.end(), [name](const auto& entry) { return entry.first == name; });
    return found == named.end() ? nullptr : &found->second;
}

std::string Arguments::text(std::size_t place, std::string_view name, const char* fallback) const
{
    const Value* value = find(place, name);
    if (value && !value->text())
        refuse("the argument `" + std::string(name) + "` must be a text, not " + value->typeName());
    return value ? *value->text() : fallback;
}

std::int64_t Arguments::integer(
    std::size_t place, std::string_view name, std::int64_t fallback) const
{
    const Value* value = find(place, name);
    if (value && !value->asInteger())
        refuse("the argument `" + std::string(name) + "` must be a whole number, not "
            + value->typeName());
    return value ? *value->asInteger() : fallback;
}

bool Arguments::flag(std::size_t place, std::string_view name, bool fallback) const
{
    const Value* value = find(place, name);
    return value ? value->isTrue() : fallback;
}

Value binary(const std::string& op, const Value& left, const Value& right, Budget& budget)
{
    if (op == "~") {
        std::string joined = left.toText() + right.toText();
        budget.charge(joined.size());
        return joined;
    }
    if (left.asInteger() && right.asInteger())
        return wholeNumbers(op, *left.asInteger(), *right.asInteger());
    if (left.asNumber() && right.asNumber())
        return realNumbers(op, *left.asNumber(), *right.asNumber());
    if (op == "+" && left.text() && right.text()) {
        budget.charge(left.text()->size() + right.text()->size());
        return *left.text() + *right.text();
    }
    if (op == "+" && left.items() && right.items() && left.isTuple() == right.isTuple()) {
        budget.charge((left.items()->size() + right.items()->size()) * sizeof(Value));
        List items = *left.items();
        items.insert(items.end(), right.items()->begin(), right.items()->end());
        return Value::list(std::move(items), left.isTuple());
    }
    if (op == "*" && (left.text() || left.items()) && right.asInteger())
        return repeated(left, *right.asInteger(), budget);
    if (op == "*" && (right.text() || right.items()) && left.asInteger())
        return repeated(right, *left.asInteger(), budget);
    refuse("`" + op + "` does not work between " + left.typeName() + " and " + right.typeName());
}

std::vector<std::string> charactersOf(const std::string& text, Budget& budget)
{
    budget.charge(text.size() * sizeof(std::string));
    std::vector<std::string> characters;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8At(text, i).length;
        characters.push_back(text.substr(i, length));
        i += length;
    }
    return characters;
}

std::int64_t lengthOf(const Value& value)
{
    if (const std::string* text = value.text())
        return std::count_if(
            text->begin(), text->end(), [](char c) { return !isUtf8Continuation(c); });
    if (value.items())
        return static_cast<std::int64_t>(value.items()->size());
    if (value.entries() && !value.isNamespace())
        return static_cast<std::int64_t>(value.entries()->size());
    if (value.isUndefined())
        return 0;
    refuse(std::string("a value of type ") + value.typeName() + " has no length");
}

List iterate(const Value& value, Budget& budget)
{
    List items;
    if (value.items()) {
        budget.charge(value.items()->size() * sizeof(Value));
        return *value.items();
    }
    if (value.text()) {
        for (std::string& character : charactersOf(*value.text(), budget))
            items.emplace_back(std::move(character));
    } else if (value.entries() && !value.isNamespace()) {
        for (const auto& [key, entry] : *value.entries()) {
            budget.charge(key.size() + sizeof(Value));
            items.emplace_back(key);
        }
    } else if (!value.isUndefined()) {
        refuse(std::string("a value of type ") + value.typeName() + " cannot be looped over");
    }
    return items;
}

Value attributeOf(const Value& receiver, const std::string& name)
{
    if (receiver.isUndefined())
        refuse("`" + name + "` is asked of something undefined");
    if (isMethod(receiver, name)) {
        Value::Function method;
        method.name = name;
        method.receiver = std::make_shared<const Value>(receiver);
        return Value::function(std::move(method));
    }
    const Value* entry = receiver.find(name);
    return entry ? *entry : Value::undefined(name);
}

Value itemOf(const Value& receiver, const Value& index, Budget& budget)
{
    if (receiver.isUndefined())
        refuse("an item is asked of something undefined");
    if (const std::string* key = index.text()) {
        const Value* entry = receiver.find(*key);
        return entry ? *entry : attributeOf(receiver, *key);
    }
    const bool isRow = receiver.text() || receiver.items();
    if (!isRow || !index.asInteger())
        return Value::undefined(index.toText());
    const std::int64_t size = lengthOf(receiver);
    const std::int64_t at = *index.asInteger() + (*index.asInteger() < 0 ? size : 0);
    if (at < 0 || at >= size)
        return Value::undefined(index.toText());
    const auto place = static_cast<std::size_t>(at);
    return receiver.items() ? (*receiver.items())[place]
                            : Value(charactersOf(*receiver.text(), budget)[place]);
}

Value sliceOf(
    const Value& receiver, const Value& begin, const Value& end, const Value& step, Budget& budget)
{
    if (!receiver.text() && !receiver.items())
        refuse(std::string("a value of type ") + receiver.typeName() + " cannot be sliced");
    const List items = iterate(receiver, budget);
    const Range range = sliceRange(begin, end, step, static_cast<std::int64_t>(items.size()));
    List taken;
    std::string text;
    for (std::int64_t i = range.begin; range.step > 0 ? i < range.end : i > range.end;
         i += range.step) {
        const Value& item = items[static_cast<std::size_t>(i)];
        if (receiver.text())
            text += *item.text();
        else
            taken.push_back(item);
    }
    return receiver.text() ? Value(std::move(text))
                           : Value::list(std::move(taken), receiver.isTuple());
}

} // namespace core::jinja
