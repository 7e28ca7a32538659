// Methods of texts, lists and dicts, by Python's names.
#include "core/text/jinja/library.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <functional>
#include <map>

#include <utf8proc.h>

namespace core::jinja {

namespace {

using Method = std::function<Value(const std::string&, const Arguments&, Budget&)>;
using CharacterMap = utf8proc_int32_t (*)(utf8proc_int32_t);

bool isSpace(char32_t c)
{
    return isWhiteSpace(c) || (c >= 0x1c && c <= 0x1f);
}

bool isLetter(char32_t c)
{
    const auto kind = utf8proc_category(static_cast<utf8proc_int32_t>(c));
    return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool isDigit(char32_t c)
{
    return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

template <typename Map> std::string mapped(const std::string& text, Map map)
{
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        appendUtf8(
            result, static_cast<char32_t>(map(static_cast<utf8proc_int32_t>(step.codePoint))));
        i += step.length;
    }
    return result;
}

std::string lower(const std::string& text)
{
    return mapped(text, utf8proc_tolower);
}

std::string upper(const std::string& text)
{
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        if (step.codePoint == 0xdf) // the common letter whose upper case is two
            result += "SS";
        else
            appendUtf8(result,
                static_cast<char32_t>(
                    utf8proc_toupper(static_cast<utf8proc_int32_t>(step.codePoint))));
        i += step.length;
    }
    return result;
}

/// Upper case where a word begins (`everyWord`) or only at the beginning; lower case elsewhere.
std::string titled(const std::string& text, bool everyWord)
{
    bool isInWord = false;
    return mapped(text, [&](utf8proc_int32_t c) {
        const bool isUpper = !isInWord;
        isInWord = !everyWord || isLetter(static_cast<char32_t>(c));
        return isUpper ? utf8proc_toupper(c) : utf8proc_tolower(c);
    });
}

bool areAll(const std::string& text, bool (*isOne)(char32_t))
{
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        if (!isOne(step.codePoint))
            return false;
        i += step.length;
    }
    return !text.empty();
}

Value listOf(std::vector<std::string> parts)
{
    List items;
    for (std::string& part : parts)
        items.emplace_back(std::move(part));
    return Value::list(std::move(items));
}

/// Cuts at white space, at most `most` times where that is not negative.
std::vector<std::string> words(const std::string& text, std::int64_t most)
{
    std::vector<std::string> parts;
    std::size_t begin = std::string::npos;
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        if (begin == std::string::npos && !isSpace(step.codePoint)) {
            begin = i;
            if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
                parts.push_back(text.substr(begin));
                return parts;
            }
        } else if (begin != std::string::npos && isSpace(step.codePoint)) {
            parts.push_back(text.substr(begin, i - begin));
            begin = std::string::npos;
        }
        i += step.length;
    }
    if (begin != std::string::npos)
        parts.push_back(text.substr(begin));
    return parts;
}

std::vector<std::string> splitAt(
    const std::string& text, const std::string& mark, std::int64_t most)
{
    if (mark.empty())
        refuse("`split` needs a mark that is not empty");
    std::vector<std::string> parts;
    std::size_t done = 0;
    for (std::size_t at = text.find(mark);
         at != std::string::npos && (most < 0 || static_cast<std::int64_t>(parts.size()) < most);
         at = text.find(mark, done)) {
        parts.push_back(text.substr(done, at - done));
        done = at + mark.size();
    }
    parts.push_back(text.substr(done));
    return parts;
}

std::vector<std::string> splitFromRight(
    const std::string& text, const std::string& mark, std::int64_t most)
{
    std::vector<std::string> parts = splitAt(text, mark, -1);
    const auto kept = static_cast<std::int64_t>(parts.size()) - (most + 1);
    if (most < 0 || kept <= 0)
        return parts;
    for (std::int64_t i = 1; i <= kept; ++i)
        parts[0] += mark + parts[static_cast<std::size_t>(i)];
    parts.erase(parts.begin() + 1, parts.begin() + 1 + kept);
    return parts;
}

Value split(const std::string& text, const Arguments& arguments, bool fromRight, Budget& budget)
{
    budget.charge(text.size() * 8);
    const Value* mark = arguments.find(0, "sep");
    const std::int64_t most = arguments.integer(1, "maxsplit", -1);
    if (!mark || mark->isNone()) {
        if (fromRight && most >= 0)
            refuse("`rsplit` at white space with a limit is not supported");
        return listOf(words(text, most));
    }
    const std::string at = arguments.text(0, "sep", "");
    return listOf(fromRight ? splitFromRight(text, at, most) : splitAt(text, at, most));
}

std::vector<std::string> lines(const std::string& text, bool keepsEnds)
{
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
        const std::size_t next = text.compare(end, 2, "\r\n") == 0 ? end + 2
            : end < text.size()                                    ? end + 1
                                                                   : end;
        parts.push_back(text.substr(begin, (keepsEnds ? next : end) - begin));
        begin = next;
    }
    return parts;
}

/// startswith and endswith take one text or several.
bool hasAffix(const std::string& text, const Arguments& arguments, bool atStart)
{
    if (arguments.positional.size() != 1)
        refuse("`startswith` and `endswith` take one argument here");
    const Value& affix = arguments.positional[0];
    const auto matches = [&](const Value& one) {
        if (!one.text())
            refuse(std::string("`startswith` and `endswith` need texts, not ") + one.typeName());
        return atStart ? text.starts_with(*one.text()) : text.ends_with(*one.text());
    };
    if (affix.items())
        return std::any_of(affix.items()->begin(), affix.items()->end(), matches);
    return matches(affix);
}

std::string replaced(const std::string& text, const Arguments& arguments, Budget& budget)
{
    const std::string old = arguments.text(0, "old", "");
    const std::string by = arguments.text(1, "new", "");
    const std::int64_t most = arguments.integer(2, "count", -1);
    if (old.empty())
        refuse("`replace` needs something to look for");
    const auto parts = splitAt(text, old, most);
    budget.charge(text.size() + parts.size() * (sizeof(std::string) + by.size()));
    std::string result = parts[0];
    for (std::size_t i = 1; i < parts.size(); ++i)
        result += by + parts[i];
    return result;
}

/// Where a text stands in another, in characters; -1 where it does not.
Value place(const std::string& text, std::size_t at)
{
    return at == std::string::npos ? std::int64_t{-1} : lengthOf(Value(text.substr(0, at)));
}

std::int64_t countOf(const std::string& text, const std::string& part)
{
    if (part.empty())
        return lengthOf(Value(text)) + 1;
    std::int64_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size())
        ++count;
    return count;
}

Value joined(const std::string& text, const Arguments& arguments, Budget& budget)
{
    if (arguments.positional.size() != 1)
        refuse("`join` takes one argument");
    std::string result;
    bool isFirst = true;
    for (const Value& item : iterate(arguments.positional[0], budget)) {
        if (!item.text())
            refuse(std::string("`join` needs texts, not ") + item.typeName());
        budget.charge(text.size() + item.text()->size());
        result += isFirst ? *item.text() : text + *item.text();
        isFirst = false;
    }
    return result;
}

const std::map<std::string, Method, std::less<>>& textMethods()
{
    using T = const std::string&;
    using A = const Arguments&;
    static const std::map<std::string, Method, std::less<>> methods{
        {"strip", [](T t, A a, Budget&) { return stripped(t, a.find(0, "chars"), true, true); }},
        {"lstrip", [](T t, A a, Budget&) { return stripped(t, a.find(0, "chars"), true, false); }},
        {"rstrip", [](T t, A a, Budget&) { return stripped(t, a.find(0, "chars"), false, true); }},
        {"split", [](T t, A a, Budget& b) { return split(t, a, false, b); }},
        {"rsplit", [](T t, A a, Budget& b) { return split(t, a, true, b); }},
        {"splitlines",
            [](T t, A a, Budget& b) {
                b.charge(t.size() * 8);
                return listOf(lines(t, a.flag(0, "keepends", false)));
            }},
        {"startswith", [](T t, A a, Budget&) { return hasAffix(t, a, true); }},
        {"endswith", [](T t, A a, Budget&) { return hasAffix(t, a, false); }},
        {"upper", [](T t, A, Budget&) { return upper(t); }},
        {"lower", [](T t, A, Budget&) { return lower(t); }},
        {"title", [](T t, A, Budget&) { return titled(t, true); }},
        {"capitalize", [](T t, A, Budget&) { return titled(t, false); }},
        {"replace", [](T t, A a, Budget& b) { return replaced(t, a, b); }},
        {"find", [](T t, A a, Budget&) { return place(t, t.find(a.text(0, "sub", ""))); }},
        {"rfind", [](T t, A a, Budget&) { return place(t, t.rfind(a.text(0, "sub", ""))); }},
        {"count", [](T t, A a, Budget&) { return countOf(t, a.text(0, "sub", "")); }},
        {"join", [](T t, A a, Budget& b) { return joined(t, a, b); }},
        {"removeprefix",
            [](T t, A a, Budget&) {
                const std::string affix = a.text(0, "prefix", "");
                return t.starts_with(affix) ? t.substr(affix.size()) : t;
            }},
        {"removesuffix",
            [](T t, A a, Budget&) {
                const std::string affix = a.text(0, "suffix", "");
                return t.ends_with(affix) ? t.substr(0, t.size() - affix.size()) : t;
            }},
        {"isdigit", [](T t, A, Budget&) { return areAll(t, isDigit); }},
        {"isalpha", [](T t, A, Budget&) { return areAll(t, isLetter); }},
        {"isspace", [](T t, A, Budget&) { return areAll(t, isSpace); }},
    };
    return methods;
}

Value callOfDict(const Value& dict, const std::string& name, const Arguments& arguments)
{
    if (name == "get") {
        const Value* found = dict.find(arguments.text(0, "key", ""));
        const Value* fallback = arguments.find(1, "default");
        return found ? *found : fallback ? *fallback : Value::none();
    }
    List list;
    for (const auto& [key, entry] : *dict.entries()) {
        if (name == "items")
            list.push_back(Value::list({Value(key), entry}, true));
        else
            list.push_back(name == "keys" ? Value(key) : entry);
    }
    return Value::list(std::move(list));
}

Value callOfList(const Value& list, const std::string& name, const Arguments& arguments)
{
    if (arguments.positional.size() != 1)
        refuse("`" + name + "` takes one argument");
    const List& items = *list.items();
    const Value& wanted = arguments.positional[0];
    if (name == "count")
        return static_cast<std::int64_t>(std::count(items.begin(), items.end(), wanted));
    const auto found = std::find(items.begin(), items.end(), wanted);
    if (found == items.end())
        refuse("`index` finds nothing");
    return static_cast<std::int64_t>(found - items.begin());
}

Value cycled(const Value& loop, const Arguments& arguments)
{
    const Value* index = loop.find("index0");
    if (!index || !index->integer() || arguments.positional.empty())
        refuse("`cycle` needs a loop and something to choose from");
    return arguments
        .positional[static_cast<std::size_t>(*index->integer()) % arguments.positional.size()];
}

} // namespace

std::string stripped(const std::string& text, const Value* characters, bool left, bool right)
{
    const bool isGiven = characters && !characters->isNone();
    if (isGiven && !characters->text())
        refuse(std::string("`strip` needs a text, not ") + characters->typeName());
    const auto isTaken = [&](std::string_view character, char32_t c) {
        if (!isGiven)
            return isSpace(c);
        return characters->text()->find(character) != std::string::npos;
    };
    std::size_t firstKept = text.size();
    std::size_t lastKept = 0;
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        if (!isTaken(std::string_view(text).substr(i, step.length), step.codePoint)) {
            firstKept = std::min(firstKept, i);
            lastKept = i + step.length;
        }
        i += step.length;
    }
    const std::size_t begin = left ? firstKept : 0;
    const std::size_t end = right ? std::max(lastKept, begin) : text.size();
    return text.substr(begin, end - begin);
}

bool isMethod(const Value& receiver, std::string_view name)
{
    if (receiver.text())
        return textMethods().contains(name);
    if (receiver.items())
        return name == "index" || name == "count";
    if (receiver.isNamespace())
        return name == "cycle" && receiver.find("index0");
    if (receiver.entries())
        return name == "items" || name == "keys" || name == "values" || name == "get";
    return false;
}

Value callMethod(
    const Value& receiver, const std::string& name, const Arguments& arguments, Budget& budget)
{
    if (receiver.text()) {
        budget.charge(receiver.text()->size());
        return textMethods().find(name)->second(*receiver.text(), arguments, budget);
    }
    if (receiver.items())
        return callOfList(receiver, name, arguments);
    if (receiver.isNamespace())
        return cycled(receiver, arguments);
    budget.charge(receiver.entries()->size() * 2 * sizeof(Value));
    return callOfDict(receiver, name, arguments);
}

} // namespace core::jinja
