#include "core/dictionary/yaml_fields.h"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace core {

namespace {

constexpr std::size_t kMaxYaml = std::size_t{1} << 18u; // The largest published has 20 KB.

struct YamlProblem {
    YAML::Mark mark;
    std::string what; // "gives `a` a second time. Keep one."
};

/// Fills the fields from the parser's events, so that nothing is ever built that is not kept.
class FieldsHandler : public YAML::EventHandler {
public:
    YamlFields fields;

    void OnDocumentStart(const YAML::Mark& mark) override
    {
        if (m_documents++ > 0)
            throw YamlProblem{mark, "begins a second document. Keep one."};
    }
    void OnDocumentEnd() override { }
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override
    {
        if (m_place != Place::Outside) // otherwise an empty file
            take(mark, anchor, {});
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark); }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        const std::string& value) override
    {
        if (!isPlain(tag))
            refuse(mark);
        take(mark, anchor, value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override
    {
        checkBlock(mark, tag, anchor, style);
        if (m_place != Place::Root || !m_key)
            refuse(mark);
        m_list = *m_key;
        m_key.reset();
        m_place = Place::List;
    }
    void OnSequenceEnd() override { m_place = Place::Root; }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style) override
    {
        checkBlock(mark, tag, anchor, style);
        if (m_place == Place::Outside) {
            m_place = Place::Root;
        } else if (m_place == Place::List && !fields.lists.contains(m_list)) {
            fields.records[m_list].emplace_back();
            m_place = Place::Record;
        } else {
            refuse(mark);
        }
    }
    void OnMapEnd() override { m_place = m_place == Place::Record ? Place::List : Place::Outside; }

private:
    enum class Place { Outside, Root, List, Record };

    static bool isPlain(const std::string& tag) { return tag.empty() || tag == "?" || tag == "!"; }

    [[noreturn]] static void refuse(const YAML::Mark& mark)
    {
        throw YamlProblem{mark,
            "is neither `key: value` nor an item `- value` of a list. Write the file with plain "
            "keys and lists of names."};
    }

    static void checkBlock(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
        YAML::EmitterStyle::value style)
    {
        if (anchor != YAML::NullAnchor || style == YAML::EmitterStyle::Flow || !isPlain(tag))
            refuse(mark);
    }

    void take(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& value)
    {
        if (anchor != YAML::NullAnchor || m_place == Place::Outside)
            refuse(mark);
        if (m_place == Place::List) {
            if (value.empty() || fields.records.contains(m_list))
                refuse(mark);
            fields.lists[m_list].push_back(value);
        } else if (!m_key) {
            if (value.empty())
                refuse(mark);
            const bool isNew = m_place == Place::Root
                ? m_keys.insert(value).second
                : !fields.records[m_list].back().contains(value);
            if (!isNew)
                throw YamlProblem{
                    mark, fmt::format("gives `{}` a second time. Keep one.", value.substr(0, 80))};
            m_key = value;
        } else {
            if (m_place == Place::Record)
                fields.records[m_list].back()[*m_key] = value;
            else if (!value.empty())
                fields.scalars[*m_key] = value;
            m_key.reset();
        }
    }

    Place m_place = Place::Outside;
    std::optional<std::string> m_key; // whose value comes next
    std::string m_list; // the key of the list that is open
    std::set<std::string> m_keys; // of the root
    int m_documents = 0;
};

std::string_view lineAt(std::string_view text, int number)
{
    for (; number > 0 && !text.empty(); --number) {
        const std::size_t end = text.find('\n');
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    }
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, std::min<std::size_t>(text.find_first_of("\r\n", begin) - begin, 80));
}

} // namespace

Result<YamlFields> YamlFields::parse(std::string_view text, const std::string& file)
{
    if (text.size() > kMaxYaml)
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: has {} bytes; at most {} are read. Open the folder of a set of "
                        "transcoders.",
                file, text.size(), kMaxYaml));
    const auto refuse = [&](const YAML::Mark& mark, const std::string& what) {
        return fail(Error::Code::InvalidFile,
            fmt::format(
                "{}: line {} (\"{}\") {}", file, mark.line + 1, lineAt(text, mark.line), what));
    };
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        FieldsHandler handler;
        while (parser.HandleNextDocument(handler)) { }
        return std::move(handler.fields);
    } catch (const YamlProblem& problem) {
        return refuse(problem.mark, problem.what);
    } catch (const YAML::Exception& error) {
        return refuse(error.mark,
            "is not valid YAML: " + error.msg
                + ". Write the file with plain keys and lists of names.");
    }
}

} // namespace core
