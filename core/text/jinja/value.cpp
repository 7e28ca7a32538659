#include "core/text/jinja/value.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

namespace core::jinja {

namespace {

constexpr int kMaxValueDepth = 60;

template <typename Values, typename Get> int depthOver(const Values& values, Get get)
{
    int depth = 1;
    for (const auto& entry : values) {
        const Value& value = get(entry);
        if (value.isNamespace())
            refuse("a namespace cannot be part of another value");
        depth = std::max(depth, 1 + value.depth());
    }
    if (depth > kMaxValueDepth)
        refuse("lists and dicts are nested more than " + std::to_string(kMaxValueDepth) + " deep");
    return depth;
}

int depthOfList(const List& items)
{
    return depthOver(items, [](const Value& item) -> const Value& { return item; });
}

int depthOfDict(const Dict& entries)
{
    return depthOver(entries, [](const auto& entry) -> const Value& { return entry.second; });
}

} // namespace

void refuse(std::string message)
{
    throw Problem{{Error::Code::InvalidFile, std::move(message)}};
}

Value Value::none()
{
    Value value;
    value.m_data = None{};
    return value;
}

Value Value::undefined(std::string name)
{
    Value value;
    value.m_data = Undefined{std::move(name)};
    return value;
}

Value Value::list(List items, bool isTuple)
{
    const int depth = depthOfList(items);
    Value value;
    value.m_data = std::make_shared<const ListData>(ListData{std::move(items), isTuple, depth});
    return value;
}

Value Value::dict(Dict entries)
{
    const int depth = depthOfDict(entries);
    Value value;
    value.m_data = std::make_shared<DictData>(DictData{std::move(entries), depth, false});
    return value;
}

Value Value::makeNamespace(Dict entries)
{
    Value value = dict(std::move(entries));
    std::get<std::shared_ptr<DictData>>(value.m_data)->isNamespace = true;
    return value;
}

Value Value::function(Function function)
{
    Value value;
    value.m_data = std::make_shared<const Function>(std::move(function));
    return value;
}

Value Value::fromJson(const nlohmann::json& json)
{
    if (json.is_null())
        return none();
    if (json.is_boolean())
        return json.get<bool>();
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX)
        return json.get<double>();
    if (json.is_number_integer())
        return json.get<std::int64_t>();
    if (json.is_number())
        return json.get<double>();
    if (json.is_string())
        return json.get<std::string>();
    if (json.is_array()) {
        List items;
        for (const auto& item : json)
            items.push_back(fromJson(item));
        return list(std::move(items));
    }
    Dict entries;
    for (const auto& [key, entry] : json.items())
        entries.emplace_back(key, fromJson(entry));
    return dict(std::move(entries));
}

const std::string* Value::text() const
{
    const auto* data = std::get_if<std::shared_ptr<const std::string>>(&m_data);
    return data ? data->get() : nullptr;
}

const List* Value::items() const
{
    const auto* data = std::get_if<std::shared_ptr<const ListData>>(&m_data);
    return data ? &(*data)->items : nullptr;
}

bool Value::isTuple() const
{
    const auto* data = std::get_if<std::shared_ptr<const ListData>>(&m_data);
    return data && (*data)->isTuple;
}

const Dict* Value::entries() const
{
    const auto* data = std::get_if<std::shared_ptr<DictData>>(&m_data);
    return data ? &(*data)->entries : nullptr;
}

bool Value::isNamespace() const
{
    const auto* data = std::get_if<std::shared_ptr<DictData>>(&m_data);
    return data && (*data)->isNamespace;
}

const Value::Function* Value::function() const
{
    const auto* data = std::get_if<std::shared_ptr<const Function>>(&m_data);
    return data ? data->get() : nullptr;
}

std::optional<std::int64_t> Value::asInteger() const
{
    if (const bool* flag = boolean())
        return *flag ? 1 : 0;
    return integer() ? std::optional(*integer()) : std::nullopt;
}

std::optional<double> Value::asNumber() const
{
    if (const auto whole = asInteger())
        return static_cast<double>(*whole);
    return real() ? std::optional(*real()) : std::nullopt;
}

const Value* Value::find(std::string_view key) const
{
    const Dict* dict = entries();
    if (!dict)
        return nullptr;
    const auto found = std::find_if(
        dict->begin(), dict->end(), [key](const auto& entry) { return entry.first == key; });
    return found == dict->end() ? nullptr : &found->second;
}

void Value::set(const std::string& key, Value value) const
{
    if (!isNamespace())
        refuse("only the attributes of a namespace can be set");
    DictData& data = *std::get<std::shared_ptr<DictData>>(m_data);
    depthOfDict({{key, value}});
    const auto found = std::find_if(data.entries.begin(), data.entries.end(),
        [&key](const auto& entry) { return entry.first == key; });
    if (found == data.entries.end())
        data.entries.emplace_back(key, std::move(value));
    else
        found->second = std::move(value);
}

int Value::depth() const
{
    if (const auto* list = std::get_if<std::shared_ptr<const ListData>>(&m_data))
        return (*list)->depth;
    if (const auto* dict = std::get_if<std::shared_ptr<DictData>>(&m_data))
        return (*dict)->depth;
    return function() && function()->receiver ? 1 + function()->receiver->depth() : 0;
}

bool Value::isTrue() const
{
    if (const auto number = asNumber())
        return *number != 0;
    if (text())
        return !text()->empty();
    if (items())
        return !items()->empty();
    if (entries())
        return isNamespace() || !entries()->empty();
    return function() != nullptr;
}

const char* Value::typeName() const
{
    if (isUndefined())
        return "Undefined";
    if (boolean())
        return "bool";
    if (integer())
        return "int";
    if (real())
        return "float";
    if (text())
        return "str";
    if (items())
        return isTuple() ? "tuple" : "list";
    if (entries())
        return isNamespace() ? "Namespace" : "dict";
    return function() ? "function" : "NoneType";
}

bool operator==(const Value& a, const Value& b)
{
    if (a.asInteger() && b.asInteger())
        return *a.asInteger() == *b.asInteger();
    if (a.asNumber() && b.asNumber())
        return *a.asNumber() == *b.asNumber();
    if (a.text() && b.text())
        return *a.text() == *b.text();
    if (a.items() && b.items())
        return a.isTuple() == b.isTuple() && *a.items() == *b.items();
    if (a.isNamespace() || b.isNamespace())
        return a.entries() == b.entries();
    if (a.entries() && b.entries()) {
        const auto isIn = [&b](const auto& entry) {
            const Value* other = b.find(entry.first);
            return other && *other == entry.second;
        };
        return a.entries()->size() == b.entries()->size()
            && std::all_of(a.entries()->begin(), a.entries()->end(), isIn);
    }
    if (a.function() || b.function())
        return a.function() == b.function();
    return (a.isNone() && b.isNone()) || (a.isUndefined() && b.isUndefined());
}

int compare(const Value& a, const Value& b, const char* operation)
{
    const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : y < x ? 1 : 0; };
    if (a.asInteger() && b.asInteger())
        return order(*a.asInteger(), *b.asInteger());
    if (a.asNumber() && b.asNumber())
        return order(*a.asNumber(), *b.asNumber());
    if (a.text() && b.text())
        return order(*a.text(), *b.text());
    if (a.items() && b.items()) {
        for (std::size_t i = 0; i < std::min(a.items()->size(), b.items()->size()); ++i) {
            const Value& x = (*a.items())[i];
            const Value& y = (*b.items())[i];
            if (!(x == y))
                return compare(x, y, operation);
        }
        return order(a.items()->size(), b.items()->size());
    }
    refuse(std::string("`") + operation + "` does not work between " + a.typeName() + " and "
        + b.typeName());
}

bool contains(const Value& container, const Value& item)
{
    if (const std::string* text = container.text()) {
        if (!item.text())
            refuse(std::string("`in` a text needs a text on its left, not ") + item.typeName());
        return text->find(*item.text()) != std::string::npos;
    }
    if (const List* items = container.items())
        return std::find(items->begin(), items->end(), item) != items->end();
    if (container.entries() && !container.isNamespace())
        return item.text() && container.find(*item.text());
    if (container.isUndefined())
        return false;
    refuse(std::string("`in` does not work on ") + container.typeName());
}

} // namespace core::jinja
