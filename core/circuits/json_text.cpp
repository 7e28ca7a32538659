#include "core/circuits/json_text.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

namespace core {

namespace {

/// Replaces numbers that JSON does not have, outside strings, by null.
std::string withoutNaN(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 64);
    bool isInString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string_view word;
        if (isInString) {
            if (text[i] == '\\' && i + 1 < text.size())
                out += text[i++];
            else if (text[i] == '"')
                isInString = false;
        } else if (text[i] == '"') {
            isInString = true;
        } else if (text[i] == 'N' || text[i] == 'I' || text[i] == '-') {
            for (const std::string_view odd : {"NaN", "Infinity", "-Infinity"})
                if (text.substr(i).starts_with(odd))
                    word = odd;
        }
        if (word.empty()) {
            out += text[i];
        } else {
            out += "null";
            i += word.size() - 1;
        }
    }
    return out;
}

std::string place(std::string_view text, std::size_t byte)
{
    const std::string_view before = text.substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto lineStart = before.rfind('\n');
    const std::size_t column
        = lineStart == std::string_view::npos ? before.size() + 1 : before.size() - lineStart;
    return fmt::format("line {}, column {}", line, column);
}

} // namespace

Result<nlohmann::json> parsePythonJson(std::string_view text, const std::string& file)
{
    const bool hasOddNumbers = text.find("NaN") != std::string_view::npos
        || text.find("Infinity") != std::string_view::npos;
    std::string mended = hasOddNumbers ? withoutNaN(text) : std::string();
    const std::string_view source = hasOddNumbers ? std::string_view(mended) : text;
    try {
        return nlohmann::json::parse(source.begin(), source.end());
    } catch (const nlohmann::json::parse_error& error) {
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: not valid JSON at {}. The file may be cut short or damaged; save it "
                        "again where it came from.",
                file, place(source, error.byte)));
    } catch (const nlohmann::json::exception& error) {
        return fail(
            Error::Code::InvalidFile, fmt::format("{}: not valid JSON ({}).", file, error.what()));
    }
}

} // namespace core
