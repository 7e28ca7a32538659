// How values are written: str, repr and JSON as Python makes them.
#include "core/text/jinja/value.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace core::jinja {

namespace {

std::string hex(unsigned number, int digits)
{
    std::array<char, 16> buffer{};
    const int count = std::snprintf(buffer.data(), buffer.size(), "%0*x", digits, number);
    return {buffer.data(), static_cast<std::size_t>(count)};
}

/// The shortest decimal that reads back as the same number.
std::string floatText(double value, bool isJson)
{
    if (std::isnan(value))
        return isJson ? "NaN" : "nan";
    if (std::isinf(value))
        return std::string(value < 0 ? "-" : "") + (isJson ? "Infinity" : "inf");
    std::array<char, 64> buffer{};
    if (value == std::floor(value) && std::abs(value) < 1e16) {
        std::snprintf(buffer.data(), buffer.size(), "%.1f", value);
        return buffer.data();
    }
    for (int precision = 1; precision <= 17; ++precision) {
        std::snprintf(buffer.data(), buffer.size(), "%.*g", precision, value);
        if (std::strtod(buffer.data(), nullptr) == value)
            break;
    }
    return buffer.data();
}

std::string textRepr(const std::string& text)
{
    const bool isDouble
        = text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
    const char quote = isDouble ? '"' : '\'';
    std::string repr(1, quote);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == quote || c == '\\')
            repr.append("\\").append(1, c);
        else if (c == '\n')
            repr += "\\n";
        else if (c == '\r')
            repr += "\\r";
        else if (c == '\t')
            repr += "\\t";
        else if (byte < 0x20 || byte == 0x7f)
            repr += "\\x" + hex(byte, 2);
        else
            repr += c;
    }
    return repr + quote;
}

std::string jsonText(const std::string& text, bool isAscii)
{
    std::string json = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const Utf8Step step = utf8At(text, i);
        const char32_t c = step.codePoint;
        constexpr std::string_view kShort = "\b\f\n\r\t\"\\";
        const std::size_t at = c < 0x80 ? kShort.find(static_cast<char>(c)) : std::string::npos;
        if (at != std::string::npos) {
            json.append("\\").append(1, "bfnrt\"\\"[at]);
        } else if (c < 0x20 || (isAscii && c >= 0x7f && c < 0x10000)) {
            json += "\\u" + hex(c, 4);
        } else if (isAscii && c >= 0x10000) {
            json += "\\u" + hex(0xd800 + ((c - 0x10000) >> 10u), 4);
            json += "\\u" + hex(0xdc00 + ((c - 0x10000) & 0x3ffu), 4);
        } else {
            json.append(text, i, step.length);
        }
        i += step.length;
    }
    return json + '"';
}

} // namespace

std::string Value::toText() const
{
    if (text())
        return *text();
    return isUndefined() ? std::string() : toRepr();
}

std::string Value::toRepr() const
{
    if (isUndefined())
        return "Undefined";
    if (isNone())
        return "None";
    if (boolean())
        return *boolean() ? "True" : "False";
    if (integer())
        return std::to_string(*integer());
    if (real())
        return floatText(*real(), false);
    if (text())
        return textRepr(*text());
    if (const List* list = items()) {
        std::string repr = isTuple() ? "(" : "[";
        for (std::size_t i = 0; i < list->size(); ++i)
            repr.append(i > 0 ? ", " : "").append((*list)[i].toRepr());
        return repr + (isTuple() ? (list->size() == 1 ? ",)" : ")") : "]");
    }
    if (const Dict* dict = entries()) {
        std::string repr = isNamespace() ? "<Namespace {" : "{";
        for (std::size_t i = 0; i < dict->size(); ++i)
            repr.append(i > 0 ? ", " : "")
                .append(textRepr((*dict)[i].first))
                .append(": ")
                .append((*dict)[i].second.toRepr());
        return repr + (isNamespace() ? "}>" : "}");
    }
    return "<function>";
}

std::string toJson(const Value& value, const JsonStyle& style, int level)
{
    if (value.isNone())
        return "null";
    if (value.boolean())
        return *value.boolean() ? "true" : "false";
    if (value.integer())
        return std::to_string(*value.integer());
    if (value.real())
        return floatText(*value.real(), true);
    if (value.text())
        return jsonText(*value.text(), style.isAscii);
    const bool isDict = value.entries() && !value.isNamespace();
    if (!isDict && !value.items())
        refuse(std::string("`tojson` cannot write a value of type ") + value.typeName());

    const bool isBroken = style.indent >= 0;
    const auto newLine = [&](int depth) {
        return isBroken ? "\n"
                + std::string(
                    static_cast<std::size_t>(style.indent) * static_cast<std::size_t>(depth), ' ')
                        : std::string();
    };
    std::vector<std::string> parts;
    if (isDict) {
        Dict entries = *value.entries();
        if (style.sortsKeys)
            std::sort(entries.begin(), entries.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
        for (const auto& [key, entry] : entries)
            parts.push_back(jsonText(key, style.isAscii) + ": " + toJson(entry, style, level + 1));
    } else {
        for (const Value& item : *value.items())
            parts.push_back(toJson(item, style, level + 1));
    }
    std::string json = isDict ? "{" : "[";
    for (std::size_t i = 0; i < parts.size(); ++i)
        json.append(i == 0     ? ""
                    : isBroken ? ","
                               : ", ")
            .append(newLine(level + 1))
            .append(parts[i]);
    if (!parts.empty())
        json += newLine(level);
    return json + (isDict ? "}" : "]");
}

} // namespace core::jinja
