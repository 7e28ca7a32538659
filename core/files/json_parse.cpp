#include "core/files/json_events.h"
#include "core/files/json_file.h"
#include "core/files/mapped_file.h"

#include <algorithm>
#include <new>
#include <optional>

#include <nlohmann/json.hpp>

namespace core {

namespace {

/// Copying and printing a JSON value is recursive, so depth must be bounded before anything is
/// built.
constexpr int kMaxJsonDepth = 200;

bool isTooDeep(std::string_view text)
{
    int depth = 0;
    bool isInString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (isInString) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                isInString = false;
        } else if (c == '"') {
            isInString = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxJsonDepth)
                return true;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

std::string place(std::string_view text, std::size_t byte)
{
    const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t lineStart = before.rfind('\n') + 1; // npos + 1 is 0
    return "line " + std::to_string(line) + ", column "
        + std::to_string(before.size() - lineStart + 1);
}

/// nlohmann's text without its "[json.exception...] parse error at line 1, column 2: " head.
std::string reason(const std::string& what)
{
    for (const std::string_view mark :
        {"syntax error", "invalid", "number overflow", "unexpected"}) {
        if (const std::size_t at = what.find(mark); at != std::string::npos)
            return what.substr(at, 200);
    }
    return what.substr(0, 200);
}

Error tooDeep(const std::string& name)
{
    return {Error::Code::InvalidFile,
        name + ": brackets are nested more than " + std::to_string(kMaxJsonDepth)
            + " deep. This is not a file of the expected kind."};
}

Error notValid(
    std::string_view text, const std::string& name, std::size_t byte, const std::string& what)
{
    return {Error::Code::InvalidFile,
        name + ": not valid JSON at " + place(text, byte) + ": " + reason(what)
            + ". The file may be cut short or damaged."};
}

Error tooLarge(const std::string& name)
{
    return {Error::Code::OutOfMemory, name + ": too large to read into memory."};
}

/// Passes on what nlohmann's parser meets, until a mistake or too many brackets.
class EventParser {
public:
    EventParser(std::string_view text, const std::string& name, JsonEvents& events)
        : m_text(text)
        , m_name(name)
        , m_events(events)
    {
    }
    Result<void> parse()
    {
        nlohmann::json::sax_parse(m_text, this);
        if (m_error)
            return fail(*m_error);
        return {};
    }

    // What the parser calls, under its names; false stops it.
    bool null() { return pass(nullptr); }
    bool boolean(bool value) { return pass(value); }
    bool number_integer(std::int64_t value) { return pass(value); }
    bool number_unsigned(std::uint64_t value) { return pass(value); }
    bool number_float(double value, const std::string&) { return pass(value); }
    bool binary(const nlohmann::json::binary_t&) { return false; } // not in texts
    bool string(const std::string& value)
    {
        m_events.text(value);
        return true;
    }
    bool key(const std::string& value)
    {
        m_events.key(value);
        return true;
    }
    bool start_object(std::size_t) { return begin(JsonEvents::Kind::Object); }
    bool start_array(std::size_t) { return begin(JsonEvents::Kind::List); }
    bool end_object() { return end(); }
    bool end_array() { return end(); }
    bool parse_error(std::size_t byte, const std::string&, const std::exception& error)
    {
        m_error = notValid(m_text, m_name, byte, error.what());
        return false;
    }

private:
    bool pass(const nlohmann::json& value)
    {
        m_events.value(value);
        return true;
    }
    bool begin(JsonEvents::Kind kind)
    {
        if (++m_depth > kMaxJsonDepth) {
            m_error = tooDeep(m_name);
            return false;
        }
        m_events.begin(kind);
        return true;
    }
    bool end()
    {
        --m_depth;
        m_events.end();
        return true;
    }

    std::string_view m_text;
    const std::string& m_name;
    JsonEvents& m_events;
    int m_depth = 0;
    std::optional<Error> m_error;
};

} // namespace

Result<void> parseJson(std::string_view text, const std::string& name, JsonEvents& events)
{
    try {
        return EventParser(text, name, events).parse();
    } catch (const std::bad_alloc&) {
        return fail(tooLarge(name));
    }
}

Result<nlohmann::json> parseJson(std::string_view text, const std::string& name)
{
    if (isTooDeep(text))
        return fail(tooDeep(name));
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        return fail(notValid(text, name, error.byte, error.what()));
    } catch (const nlohmann::json::exception& error) {
        return fail(
            Error::Code::InvalidFile, name + ": not valid JSON: " + reason(error.what()) + ".");
    } catch (const std::bad_alloc&) {
        return fail(tooLarge(name));
    }
}

Result<nlohmann::json> readJson(const std::filesystem::path& path)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return fail(file.error());
    const auto bytes = (*file)->bytes();
    return parseJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

Result<nlohmann::json> readObjectIfThere(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return nlohmann::json::object();
    auto json = readJson(path);
    if (json && !json->is_object())
        return fail(
            Error::Code::InvalidFile, path.string() + ": a JSON object {...} is expected here.");
    return json;
}

} // namespace core
