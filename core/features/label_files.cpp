#include "core/features/label_files.h"

#include "core/files/atomic_write.h"
#include "core/files/mapped_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace core {

namespace {

constexpr const char* kFields[] = {"dictionary", "layer", "index", "label", "notes", "source"};

bool isCsv(const std::filesystem::path& path)
{
    return path.extension() == ".csv";
}

std::string quoted(const std::string& text)
{
    if (text.find_first_of("\",\r\n") == std::string::npos)
        return text;
    std::string quotes = "\"";
    for (const char c : text)
        quotes += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quotes + "\"";
}

/// One CSV record from `at` on (RFC 4180); `line` counts the lines that were passed.
std::optional<std::vector<std::string>> nextRecord(
    std::string_view text, std::size_t& at, int& line)
{
    if (at >= text.size())
        return std::nullopt;
    std::vector<std::string> fields(1);
    bool isQuoted = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        line += c == '\n';
        if (isQuoted) {
            if (c != '"') {
                fields.back() += c;
            } else if (at + 1 < text.size() && text[at + 1] == '"') {
                fields.back() += '"';
                ++at;
            } else {
                isQuoted = false;
            }
        } else if (c == '"' && fields.back().empty()) {
            isQuoted = true;
        } else if (c == ',') {
            fields.emplace_back();
        } else if (c == '\n') {
            ++at;
            break;
        } else if (c != '\r') {
            fields.back() += c;
        }
    }
    return fields;
}

struct Line {
    int number = 0;
    nlohmann::json fields;
};

Result<std::vector<Line>> readCsv(std::string_view text, const std::string& file)
{
    std::size_t at = 0;
    int line = 1;
    const auto header = nextRecord(text, at, line);
    if (!header || std::find(header->begin(), header->end(), "index") == header->end())
        return fail(Error::Code::InvalidFile,
            file + ": line 1 must name the columns, as in `layer,index,label,source`.");
    std::vector<Line> lines;
    for (int number = line; const auto record = nextRecord(text, at, line); number = line) {
        if (record->size() == 1 && record->front().empty())
            continue;
        if (record->size() != header->size())
            return fail(Error::Code::InvalidFile,
                file + ": line " + std::to_string(number) + " has " + std::to_string(record->size())
                    + " fields, the first line names " + std::to_string(header->size()) + ".");
        Line& made = lines.emplace_back(Line{number, nlohmann::json::object()});
        for (std::size_t i = 0; i < header->size(); ++i)
            made.fields[(*header)[i]] = (*record)[i];
    }
    return lines;
}

Result<std::vector<Line>> readJsonLines(std::string_view text, const std::string& file)
{
    std::vector<Line> lines;
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view one = text.substr(at, end - at);
        at = end + 1;
        ++number;
        if (one.find_first_not_of(" \t\r") == std::string_view::npos)
            continue;
        auto fields = nlohmann::json::parse(one, nullptr, false);
        if (!fields.is_object())
            return fail(Error::Code::InvalidFile,
                file + ": line " + std::to_string(number)
                    + " is not a JSON object. Each line must be one, as in "
                      "{\"layer\":2,\"index\":7,\"label\":\"...\"}.");
        lines.push_back({number, std::move(fields)});
    }
    return lines;
}

/// A whole number, or digits as CSV has them.
std::optional<std::int64_t> wholeNumber(const nlohmann::json& fields, const char* name)
{
    const auto found = fields.find(name);
    if (found == fields.end())
        return std::nullopt;
    if (found->is_number_integer())
        return found->get<std::int64_t>();
    if (!found->is_string())
        return std::nullopt;
    const auto& text = found->get_ref<const std::string&>();
    const bool isDigits = !text.empty() && text.size() < 10
        && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return isDigits ? std::optional(std::stoll(text)) : std::nullopt;
}

std::string textField(const nlohmann::json& fields, const char* name)
{
    const auto found = fields.find(name);
    return found != fields.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// Which dictionary a line means when it gives only a layer.
Result<const StoredDictionary*> onLayer(
    const std::vector<StoredDictionary>& dictionaries, std::int64_t layer)
{
    std::vector<const StoredDictionary*> saes, all;
    for (const StoredDictionary& dictionary : dictionaries)
        if (dictionary.layer.value == layer) {
            all.push_back(&dictionary);
            if (!dictionary.isTranscoder)
                saes.push_back(&dictionary);
        }
    if (all.size() == 1)
        return all.front();
    if (saes.size() == 1)
        return saes.front();
    return fail(Error::Code::InvalidFile,
        all.empty() ? "no open dictionary is at layer " + std::to_string(layer) + ". Open it first."
                    : "several dictionaries are at layer " + std::to_string(layer)
                + ". Add a field `dictionary`.");
}

} // namespace

Result<void> writeLabels(const std::vector<LabelRecord>& labels, const std::filesystem::path& path)
{
    std::string text;
    if (isCsv(path)) {
        for (const char* field : kFields)
            text.append(text.empty() ? "" : ",").append(field);
        text += "\n";
    }
    for (const LabelRecord& record : labels) {
        const std::string source
            = record.label.source == LabelSource::Person ? "person" : "suggested";
        if (isCsv(path)) {
            text += quoted(record.feature.dictionary) + "," + std::to_string(record.layer.value)
                + "," + std::to_string(record.feature.feature.value) + ","
                + quoted(record.label.text) + "," + quoted(record.label.notes) + "," + source
                + "\n";
        } else {
            nlohmann::ordered_json line;
            line["dictionary"] = record.feature.dictionary;
            line["layer"] = record.layer.value;
            line["index"] = record.feature.feature.value;
            line["label"] = record.label.text;
            line["notes"] = record.label.notes;
            line["source"] = source;
            text += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
        }
    }
    return writeAtomically(path, text);
}

Result<std::vector<LabelRecord>> readLabels(
    const std::filesystem::path& path, const std::vector<StoredDictionary>& dictionaries)
{
    const auto file = MappedFile::open(path);
    if (!file)
        return fail(file.error());
    const auto bytes = (*file)->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string name = path.filename().string();
    const auto lines = isCsv(path) ? readCsv(text, name) : readJsonLines(text, name);
    if (!lines)
        return fail(lines.error());
    std::vector<LabelRecord> records;
    for (const auto& [number, fields] : *lines) {
        const std::string where = name + ": line " + std::to_string(number) + ": ";
        const auto index = wholeNumber(fields, "index");
        if (!index || *index < 0 || *index > 0x7fffffff)
            return fail(
                Error::Code::InvalidFile, where + "field `index` must be a feature's number.");
        if (!fields.contains("label") || !fields["label"].is_string())
            return fail(Error::Code::InvalidFile, where + "field `label` is missing.");
        LabelRecord record;
        record.feature = {textField(fields, "dictionary"), FeatureId(*index)};
        const auto layer = wholeNumber(fields, "layer");
        if (record.feature.dictionary.empty()) {
            if (!layer)
                return fail(
                    Error::Code::InvalidFile, where + "it needs a field `layer` or `dictionary`.");
            const auto dictionary = onLayer(dictionaries, *layer);
            if (!dictionary)
                return fail(dictionary.error().code, where + dictionary.error().message);
            record.feature.dictionary = (*dictionary)->name;
        }
        record.layer = Layer(layer.value_or(-1));
        record.label = {textField(fields, "label"), textField(fields, "notes"),
            textField(fields, "source") == "suggested" ? LabelSource::Suggested
                                                       : LabelSource::Person};
        record.keepsNotes = !fields.contains("notes");
        records.push_back(std::move(record));
    }
    return records;
}

} // namespace core
