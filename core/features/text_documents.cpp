#include "core/features/text_documents.h"

#include "core/base/text_file.h"
#include "core/files/mapped_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr std::array kPlainEndings{".txt", ".text", ".md"};
constexpr std::array kLineEndings{".jsonl", ".ndjson"};

template <typename Endings> bool endsInOneOf(const fs::path& path, const Endings& endings)
{
    return std::find(endings.begin(), endings.end(), path.extension()) != endings.end();
}

bool isBlankLine(std::string_view line)
{
    return std::all_of(
        line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

/// A list of messages; nothing where it is none.
std::optional<std::vector<ChatMessage>> conversationOf(const nlohmann::json& value)
{
    if (!value.is_array() || value.empty())
        return {};
    std::vector<ChatMessage> messages;
    for (const auto& each : value) {
        if (!each.is_object())
            return {};
        const auto text = [&](const char* name, const char* other) -> std::optional<std::string> {
            for (const char* known : {name, other})
                if (const auto found = each.find(known); found != each.end() && found->is_string())
                    return found->get<std::string>();
            return {};
        };
        const auto role = text("role", "from"), content = text("content", "value");
        if (!role || !content)
            return {};
        // ShareGPT's names of the speakers.
        messages.push_back({*role == "human" ? "user"
                : *role == "gpt"             ? "assistant"
                                             : *role,
            *content});
    }
    return messages;
}

/// The text of one line of a .jsonl; `where` names file and line.
Result<std::string> textOfLine(
    std::string_view line, const DocumentReading& reading, const std::string& where)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_string())
        return json.get<std::string>();
    if (!json.is_object())
        return fail(Error::Code::InvalidFile,
            where + ": is not a JSON object. Write one object a line, or give a .txt file.");
    const auto found = json.find(reading.field);
    if (found != json.end() && found->is_string())
        return found->get<std::string>();
    if (found != json.end() && found->is_null())
        return std::string();
    if (const auto messages = found == json.end() ? std::nullopt : conversationOf(*found)) {
        if (!reading.chat)
            return fail(Error::Code::Unsupported,
                fmt::format("{}: `{}` is a conversation, and the model has no chat template to "
                            "write it with. Open a chat model, or choose a field with text.",
                    where, reading.field));
        auto text = reading.chat(*messages);
        if (!text)
            return fail(text.error().code, where + ": " + text.error().message);
        return text;
    }
    std::vector<std::string> texts;
    for (const auto& [name, value] : json.items())
        if (value.is_string() || conversationOf(value))
            texts.push_back("`" + name + "`");
    return fail(Error::Code::InvalidFile,
        fmt::format("{}: field `{}` is missing or no text. {}", where, reading.field,
            texts.empty() ? "No field of this line is a text."
                          : fmt::format("Choose one of {}.", fmt::join(texts, ", "))));
}

/// Parquet needs a library of its own, which Debian 12 does not have.
Error parquetProblem(const fs::path& path)
{
    const std::string stem = path.stem().string();
    return {Error::Code::Unsupported,
        fmt::format("{0}.parquet: Parquet is not read. Make lines of JSON of it and give those, "
                    "for instance: python3 -c \"import pandas; "
                    "pandas.read_parquet('{0}.parquet').to_json('{0}.jsonl', orient='records', "
                    "lines=True)\"",
            stem)};
}

/// A file's documents, one at a time, in its own order.
class DocumentsOfFile {
public:
    DocumentsOfFile(const fs::path& path, std::shared_ptr<const MappedFile> file,
        const DocumentReading& reading)
        : m_file(std::move(file))
        , m_reading(&reading)
        , m_name(path.filename().string())
        , m_isLines(endsInOneOf(path, kLineEndings))
    {
        const auto bytes = m_file->bytes();
        m_text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    /// Nothing: there are no more.
    Result<std::optional<std::string>> next()
    {
        return m_isLines ? nextLine() : nextBetweenBlankLines();
    }

private:
    std::string_view takeLine()
    {
        const std::size_t end = std::min(m_text.find('\n', m_at), m_text.size());
        const std::string_view line = m_text.substr(m_at, end - m_at);
        m_at = end + 1;
        ++m_number;
        return line;
    }

    Result<std::optional<std::string>> nextLine()
    {
        while (m_at < m_text.size()) {
            const std::string_view line = takeLine();
            if (isBlankLine(line))
                continue;
            auto document
                = textOfLine(line, *m_reading, fmt::format("{}: line {}", m_name, m_number));
            if (!document)
                return fail(document.error());
            if (!document->empty())
                return std::optional<std::string>(std::move(*document));
        }
        return std::optional<std::string>();
    }

    Result<std::optional<std::string>> nextBetweenBlankLines()
    {
        std::size_t begin = m_at, end = m_at;
        while (m_at < m_text.size()) {
            const std::size_t lineBegin = m_at;
            const std::string_view line = takeLine();
            if (!isBlankLine(line))
                end = lineBegin + line.size();
            else if (end > begin)
                break;
            else
                begin = end = m_at;
        }
        if (end <= begin || begin >= m_text.size())
            return std::optional<std::string>();
        return std::optional<std::string>(m_text.substr(begin, end - begin));
    }

    std::shared_ptr<const MappedFile> m_file;
    const DocumentReading* m_reading;
    std::string m_name;
    bool m_isLines;
    std::string_view m_text;
    std::size_t m_at = 0;
    std::int64_t m_number = 0;
};

/// False: there are enough.
Result<bool> documentsBetweenBlankLines(std::string_view text, const DocumentFn& each)
{
    std::size_t begin = 0, end = 0; // the document so far
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t lineEnd = std::min(text.find('\n', at), text.size());
        if (isBlankLine(text.substr(at, lineEnd - at))) {
            if (end > begin) {
                const auto goesOn = each(text.substr(begin, end - begin));
                if (!goesOn || !*goesOn)
                    return goesOn;
            }
            begin = end = lineEnd + 1;
        } else {
            end = lineEnd;
        }
        at = lineEnd + 1;
    }
    if (end > begin && begin < text.size())
        return each(text.substr(begin, end - begin));
    return true;
}

} // namespace

Result<void> documentsOfText(std::string_view text, const DocumentFn& each)
{
    if (const auto read = documentsBetweenBlankLines(text, each); !read)
        return fail(read.error());
    return {};
}

Result<std::vector<fs::path>> textFilesAt(const fs::path& path)
{
    std::error_code error;
    if (!fs::is_directory(path, error)) {
        if (!fs::exists(path, error))
            return fail(fileProblem(path, ENOENT));
        if (path.extension() == ".parquet")
            return fail(parquetProblem(path));
        return std::vector{path};
    }
    std::vector<fs::path> files;
    fs::path parquet;
    for (auto it = fs::recursive_directory_iterator(
             path, fs::directory_options::skip_permission_denied, error);
         !error && it != fs::recursive_directory_iterator(); it.increment(error))
        if (it->path().extension() == ".parquet")
            parquet = it->path();
        else if (it->is_regular_file(error)
            && (endsInOneOf(it->path(), kPlainEndings) || endsInOneOf(it->path(), kLineEndings)))
            files.push_back(it->path());
    if (error)
        return fail(Error::Code::Io, path.string() + ": cannot be read (" + error.message() + ").");
    if (files.empty() && !parquet.empty())
        return fail(parquetProblem(parquet));
    if (files.empty())
        return fail(Error::Code::NotFound,
            path.string()
                + ": the folder holds no text (.txt, .md, .jsonl). Choose another folder or file.");
    std::sort(files.begin(), files.end());
    return files;
}

Result<void> documentsAt(
    const fs::path& path, const DocumentReading& reading, const DocumentFn& each)
{
    const auto paths = textFilesAt(path);
    if (!paths)
        return fail(paths.error());
    const auto opened = [&](const fs::path& file) -> Result<DocumentsOfFile> {
        // Of several files one may be empty.
        auto mapped = MappedFile::open(file,
            paths->size() > 1 ? MappedFile::Emptiness::IsAllowed
                              : MappedFile::Emptiness::IsRefused);
        if (!mapped)
            return fail(mapped.error());
        // As grep tells: no text holds a zero byte, and hardly a program is without one.
        constexpr std::size_t kLookedAt = 1 << 16;
        const auto bytes = (*mapped)->bytes().first(std::min((*mapped)->bytes().size(), kLookedAt));
        const auto zero = std::find(bytes.begin(), bytes.end(), std::byte(0));
        if (zero != bytes.end())
            return fail(Error::Code::InvalidFile,
                fmt::format("{}: is no text: byte {} is zero. Choose a .txt or .jsonl file in "
                            "UTF-8.",
                    file.string(), zero - bytes.begin()));
        return DocumentsOfFile(file, std::move(*mapped), reading);
    };
    std::vector<DocumentsOfFile> open;
    for (std::size_t next = 0; next < paths->size() || !open.empty();) {
        // All at once where they are mixed, else one after the other.
        while (next < paths->size() && (reading.mixesFiles || open.empty())) {
            auto file = opened((*paths)[next++]);
            if (!file)
                return fail(file.error());
            open.push_back(std::move(*file));
        }
        for (auto file = open.begin(); file != open.end();) {
            const auto document = file->next();
            if (!document)
                return fail(document.error());
            if (!*document) {
                file = open.erase(file);
                continue;
            }
            const auto goesOn = each(**document);
            if (!goesOn)
                return fail(goesOn.error());
            if (!*goesOn)
                return {};
            ++file;
        }
    }
    return {};
}

Result<void> documentsAt(const fs::path& path, const std::string& field, const DocumentFn& each)
{
    DocumentReading reading;
    reading.field = field;
    return documentsAt(path, reading, each);
}

} // namespace core
