#include "core/features/text_documents.h"

#include "core/base/text_file.h"
#include "core/files/mapped_file.h"

#include <algorithm>
#include <array>
#include <cerrno>

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

/// The text of one line of a .jsonl; `where` names file and line.
Result<std::string> textOfLine(
    std::string_view line, const std::string& field, const std::string& where)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_string())
        return json.get<std::string>();
    if (!json.is_object())
        return fail(Error::Code::InvalidFile,
            where + ": is not a JSON object. Write one object a line, or give a .txt file.");
    const auto found = json.find(field);
    if (found == json.end() || !(found->is_string() || found->is_null())) {
        std::vector<std::string> texts;
        for (const auto& [name, value] : json.items())
            if (value.is_string())
                texts.push_back("`" + name + "`");
        return fail(Error::Code::InvalidFile,
            fmt::format("{}: field `{}` is missing or no text. {}", where, field,
                texts.empty() ? "No field of this line is a text."
                              : fmt::format("Choose one of {}.", fmt::join(texts, ", "))));
    }
    return found->is_string() ? found->get<std::string>() : std::string();
}

/// False: there are enough.
Result<bool> documentsOfLines(std::string_view text, const std::string& field,
    const std::string& file, const DocumentFn& each)
{
    std::int64_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        at = end + 1;
        ++number;
        if (isBlankLine(line))
            continue;
        const auto document = textOfLine(line, field, fmt::format("{}: line {}", file, number));
        if (!document)
            return fail(document.error());
        if (document->empty())
            continue;
        const auto goesOn = each(*document);
        if (!goesOn || !*goesOn)
            return goesOn;
    }
    return true;
}

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
        return std::vector{path};
    }
    std::vector<fs::path> files;
    for (auto it = fs::recursive_directory_iterator(
             path, fs::directory_options::skip_permission_denied, error);
         !error && it != fs::recursive_directory_iterator(); it.increment(error))
        if (it->is_regular_file(error)
            && (endsInOneOf(it->path(), kPlainEndings) || endsInOneOf(it->path(), kLineEndings)))
            files.push_back(it->path());
    if (error)
        return fail(Error::Code::Io, path.string() + ": cannot be read (" + error.message() + ").");
    if (files.empty())
        return fail(Error::Code::NotFound,
            path.string()
                + ": the folder holds no text (.txt, .md, .jsonl). Choose another folder or file.");
    std::sort(files.begin(), files.end());
    return files;
}

Result<void> documentsAt(const fs::path& path, const std::string& field, const DocumentFn& each)
{
    const auto files = textFilesAt(path);
    if (!files)
        return fail(files.error());
    for (const fs::path& file : *files) {
        // Of several files one may be empty.
        const auto mapped = MappedFile::open(file,
            files->size() > 1 ? MappedFile::Emptiness::IsAllowed
                              : MappedFile::Emptiness::IsRefused);
        if (!mapped)
            return fail(mapped.error());
        const auto bytes = (*mapped)->bytes();
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const auto goesOn = endsInOneOf(file, kLineEndings)
            ? documentsOfLines(text, field, file.filename().string(), each)
            : documentsBetweenBlankLines(text, each);
        if (!goesOn)
            return fail(goesOn.error());
        if (!*goesOn)
            break;
    }
    return {};
}

} // namespace core
