#include "core/dictionary/plain_yaml.h"

#include <fmt/format.h>

#include <optional>

namespace core {

namespace {

std::string_view trim(std::string_view text)
{
    const std::size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// A quoted or plain scalar, or nothing where it is neither (a map, an anchor, an inline list, an
/// open quote).
std::optional<std::string> scalar(std::string_view text)
{
    text = trim(text);
    if (text.empty() || text.front() == '#')
        return std::string{};
    if (text.front() == '"' || text.front() == '\'') {
        const std::size_t end = text.find(text.front(), 1);
        if (end == std::string_view::npos)
            return std::nullopt;
        const std::string_view rest = trim(text.substr(end + 1));
        const std::string_view inside = text.substr(1, end - 1);
        if ((!rest.empty() && rest.front() != '#') || inside.find('\\') != std::string_view::npos)
            return std::nullopt;
        return std::string(inside);
    }
    if (std::string_view("[{&*!|>%@`").find(text.front()) != std::string_view::npos)
        return std::nullopt;
    if (const std::size_t comment = text.find(" #"); comment != std::string_view::npos)
        text = trim(text.substr(0, comment));
    if (text.find(": ") != std::string_view::npos || text.back() == ':')
        return std::nullopt;
    if (text == "~" || text == "null")
        return std::string{};
    return std::string(text);
}

} // namespace

Result<PlainYaml> PlainYaml::parse(std::string_view text, const std::string& file)
{
    PlainYaml yaml;
    std::string openList; // the key whose items may follow
    int number = 0;
    const auto refuse = [&](std::string_view line) {
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: line {} (\"{}\") is neither `key: value` nor an item `- value` of a "
                        "list. Write the "
                        "file with plain keys and lists of names.",
                file, number, line.substr(0, 80)));
    };
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        ++number;
        const std::string_view content = trim(line);
        if (content.empty() || content.front() == '#' || content == "---")
            continue;
        if (content.front() == '-') {
            const auto item = scalar(content.substr(1));
            if (openList.empty() || !item || item->empty())
                return refuse(content);
            yaml.lists[openList].push_back(*item);
            continue;
        }
        const std::size_t colon = content.find(':');
        const bool isIndented = line.front() == ' ' || line.front() == '\t';
        if (colon == std::string_view::npos || colon == 0 || isIndented)
            return refuse(content);
        const std::string key(trim(content.substr(0, colon)));
        const auto value = scalar(content.substr(colon + 1));
        if (!value)
            return refuse(content);
        if (yaml.scalars.contains(key) || yaml.lists.contains(key))
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: line {} gives `{}` a second time. Keep one.", file, number, key));
        openList = value->empty() ? key : std::string{};
        if (!value->empty())
            yaml.scalars[key] = *value;
    }
    return yaml;
}

} // namespace core
