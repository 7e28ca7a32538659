#include "core/features/labelled_documents.h"

#include "core/features/text_documents.h"
#include "core/files/mapped_file.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

Error lineProblem(const std::string& where, const std::string& what)
{
    return {Error::Code::InvalidFile, where + ": " + what};
}

/// The label as text; null = none.
Result<std::string> labelOfLine(
    const nlohmann::json& json, const std::string& field, const std::string& where)
{
    const auto found = json.find(field);
    if (found == json.end()) {
        std::string names;
        for (const auto& [name, value] : json.items())
            names += (names.empty() ? "`" : ", `") + name + "`";
        return fail(lineProblem(
            where, fmt::format("field `{}`, the label, is missing. There are: {}.", field, names)));
    }
    if (found->is_null())
        return std::string();
    if (found->is_string())
        return found->get<std::string>();
    if (found->is_number_integer() || found->is_boolean())
        return found->dump();
    return fail(lineProblem(where,
        fmt::format(
            "field `{}` is no label. Write a word, a whole number, true or false.", field)));
}

Result<void> addLabelledLine(LabelledDocuments& documents, std::string_view line,
    const std::string& textField, const std::string& labelField, const std::string& where)
{
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object())
        return fail(lineProblem(where, "is not a JSON object. Write one object a line."));
    const auto text = json.find(textField);
    if (text == json.end() || !text->is_string())
        return fail(
            lineProblem(where, fmt::format("field `{}` is missing or no text.", textField)));
    const auto label = labelOfLine(json, labelField, where);
    if (!label)
        return fail(label.error());
    if (!label->empty() && !text->get_ref<const std::string&>().empty())
        documents.add(text->get<std::string>(), *label);
    return {};
}

} // namespace

void LabelledDocuments::add(std::string text, const std::string& label)
{
    const auto known = std::find(names.begin(), names.end(), label);
    labels.push_back(static_cast<int>(known - names.begin()));
    if (known == names.end())
        names.push_back(label);
    texts.push_back(std::move(text));
}

Result<LabelledDocuments> labelledDocumentsAt(
    const std::filesystem::path& path, const std::string& textField, const std::string& labelField)
{
    const auto files = textFilesAt(path);
    if (!files)
        return fail(files.error());
    LabelledDocuments documents;
    for (const std::filesystem::path& file : *files) {
        if (file.extension() != ".jsonl" && file.extension() != ".ndjson")
            continue;
        const auto mapped = MappedFile::open(file, MappedFile::Emptiness::IsAllowed);
        if (!mapped)
            return fail(mapped.error());
        const auto bytes = (*mapped)->bytes();
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        std::int64_t number = 0;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string_view line = text.substr(at, end - at);
            at = end + 1;
            ++number;
            if (line.find_first_not_of(" \t\r") == std::string_view::npos)
                continue;
            if (auto added = addLabelledLine(documents, line, textField, labelField,
                    fmt::format("{}: line {}", file.filename().string(), number));
                !added)
                return fail(added.error());
        }
    }
    if (documents.texts.empty())
        return fail(Error::Code::NotFound,
            path.string()
                + ": holds no labelled text. Labels are read from .jsonl, one object a line with "
                  "a text and a label.");
    return documents;
}

} // namespace core
