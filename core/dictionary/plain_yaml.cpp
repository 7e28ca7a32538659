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

/// "key: value"; nothing where it is no such pair.
std::optional<std::pair<std::string, std::string>> pair(std::string_view content)
{
    const std::size_t colon = content.find(':');
    const bool isQuoted = content.starts_with('"') || content.starts_with('\'');
    if (isQuoted || colon == std::string_view::npos || colon == 0
        || (colon + 1 < content.size() && content[colon + 1] != ' '))
        return std::nullopt;
    const auto value = scalar(content.substr(colon + 1));
    if (!value)
        return std::nullopt;
    return std::pair{std::string(trim(content.substr(0, colon))), *value};
}

class Parser {
public:
    explicit Parser(const std::string& file)
        : m_file(file)
    {
    }

    Result<PlainYaml> parse(std::string_view text)
    {
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            const std::string_view line = text.substr(0, end);
            text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
            ++m_number;
            const std::string_view content = trim(line);
            if (content.empty() || content.front() == '#' || content == "---")
                continue;
            const bool isIndented = line.front() == ' ' || line.front() == '\t';
            const Result<void> read = content.front() == '-' ? item(content)
                : isIndented                                 ? recordField(content)
                                                             : field(content);
            if (!read)
                return fail(read.error());
        }
        return std::move(m_yaml);
    }

private:
    tl::unexpected<Error> refuse(std::string_view line) const
    {
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: line {} (\"{}\") is neither `key: value` nor an item `- value` of a "
                        "list. Write the file with plain keys and lists of names.",
                m_file, m_number, line.substr(0, 80)));
    }

    tl::unexpected<Error> twice(const std::string& key) const
    {
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: line {} gives `{}` a second time. Keep one.", m_file, m_number, key));
    }

    Result<void> field(std::string_view content)
    {
        const auto found = pair(content);
        if (!found)
            return refuse(content);
        const auto& [key, value] = *found;
        if (m_yaml.scalars.contains(key) || m_yaml.lists.contains(key)
            || m_yaml.records.contains(key))
            return twice(key);
        m_openList = value.empty() ? key : std::string{};
        if (!value.empty())
            m_yaml.scalars[key] = value;
        return {};
    }

    Result<void> item(std::string_view content)
    {
        const std::string_view inside = trim(content.substr(1));
        if (m_openList.empty())
            return refuse(content);
        if (const auto first = pair(inside)) {
            if (m_yaml.lists.contains(m_openList))
                return refuse(content);
            m_yaml.records[m_openList].push_back({{first->first, first->second}});
            return {};
        }
        const auto value = scalar(inside);
        if (!value || value->empty() || m_yaml.records.contains(m_openList))
            return refuse(content);
        m_yaml.lists[m_openList].push_back(*value);
        return {};
    }

    /// A further field of the last record.
    Result<void> recordField(std::string_view content)
    {
        const auto found = pair(content);
        const auto open = m_yaml.records.find(m_openList);
        if (!found || open == m_yaml.records.end())
            return refuse(content);
        if (!open->second.back().insert(*found).second)
            return twice(found->first);
        return {};
    }

    const std::string& m_file;
    PlainYaml m_yaml;
    std::string m_openList; // the key whose items may follow
    int m_number = 0;
};

} // namespace

Result<PlainYaml> PlainYaml::parse(std::string_view text, const std::string& file)
{
    return Parser(file).parse(text);
}

} // namespace core
