#include "core/features/label_files.h"

#include "core/files/atomic_write.h"
#include "core/files/mapped_file.h"
#include "core/files/utf8_check.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace core {

namespace {

constexpr const char* kFields[] = {"dictionary", "layer", "index", "label", "notes", "source"};

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

std::string_view withoutBlanks(std::string_view text)
{
    const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
    return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// What stands between the fields of a table with this name; 0 for JSON lines.
char separatorFor(const std::filesystem::path& path)
{
    const std::string ending = lowered(path.extension().string());
    return ending == ".csv" ? ',' : ending == ".tsv" || ending == ".tab" ? '\t' : '\0';
}

/// Without byte-order mark and with '\n' for the line ends of every system, in fields too.
std::string plainText(std::string_view text)
{
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r')
            plain += text[i];
        else if (i + 1 == text.size() || text[i + 1] != '\n')
            plain += '\n';
    return plain;
}

std::string quoted(const std::string& text)
{
    if (text.find_first_of("\",\t\r\n") == std::string::npos)
        return text;
    std::string quotes = "\"";
    for (const char c : text)
        quotes += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quotes + "\"";
}

/// One CSV record from `at` on (RFC 4180); `line` counts the lines that were passed.
std::optional<std::vector<std::string>> nextRecord(
    std::string_view text, char separator, std::size_t& at, int& line)
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
        } else if (c == separator) {
            fields.emplace_back();
        } else if (c == '\n') {
            ++at;
            break;
        } else {
            fields.back() += c;
        }
    }
    return fields;
}

struct Line {
    int number = 0;
    nlohmann::json fields;
};

/// Spreadsheets separate by what the language of the system writes lists with: the separator is the
/// one with which the first line names the columns.
Result<std::vector<Line>> readTable(std::string_view text, const std::string& file)
{
    std::size_t at = 0;
    int line = 1;
    char separator = '\0';
    std::vector<std::string> header;
    // Excel's `sep=;` may stand before everything.
    const bool saysSeparator = text.size() > 5 && text.starts_with("sep=") && text[5] == '\n';
    for (const char tried : {',', ';', '\t'}) {
        at = saysSeparator ? 6 : 0;
        line = saysSeparator ? 2 : 1;
        header = nextRecord(text, tried, at, line).value_or(std::vector<std::string>());
        for (std::string& name : header)
            name = lowered(std::string(withoutBlanks(name)));
        if (std::find(header.begin(), header.end(), "index") != header.end()) {
            separator = tried;
            break;
        }
    }
    if (separator == '\0')
        return fail(Error::Code::InvalidFile,
            file + ": line 1 must name the columns, as in `layer,index,label,source`.");
    std::vector<Line> lines;
    for (int number = line; auto record = nextRecord(text, separator, at, line); number = line) {
        // Spreadsheets leave rows of nothing, and fields of nothing after the last column.
        if (std::all_of(record->begin(), record->end(), [](auto& one) { return one.empty(); }))
            continue;
        while (record->size() > header.size() && record->back().empty())
            record->pop_back();
        if (record->size() != header.size())
            return fail(Error::Code::InvalidFile,
                file + ": line " + std::to_string(number) + " has " + std::to_string(record->size())
                    + " fields, the first line names " + std::to_string(header.size()) + ".");
        Line& made = lines.emplace_back(Line{number, nlohmann::json::object()});
        for (std::size_t i = 0; i < header.size(); ++i)
            if (!header[i].empty())
                made.fields[header[i]] = (*record)[i];
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
    const std::string text(withoutBlanks(found->get_ref<const std::string&>()));
    const bool isDigits = !text.empty() && text.size() < 10
        && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return isDigits ? std::optional(std::stoll(text)) : std::nullopt;
}

std::string textField(const nlohmann::json& fields, const char* name)
{
    const auto found = fields.find(name);
    return found != fields.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// An explanation as Neuronpedia writes it becomes a line of ours: `description` is the label,
/// `layer` is "LAYER-SET", and what a model wrote is a suggestion.
void translateExplanation(nlohmann::json& fields)
{
    if (fields.contains("label") || !fields.contains("description"))
        return;
    fields["label"] = fields["description"];
    const std::string layer = textField(fields, "layer");
    if (const std::size_t dash = layer.find('-'); dash != std::string::npos) {
        fields["layer"] = layer.substr(0, dash);
        fields["set"] = layer.substr(dash + 1);
    }
    if (!fields.contains("source") && !textField(fields, "explanationModelName").empty())
        fields["source"] = "suggested";
}

/// Which dictionary a line means when it gives only a layer.
Result<const StoredDictionary*> onLayer(
    const std::vector<StoredDictionary>& dictionaries, std::int64_t layer, bool wantsTranscoder)
{
    std::vector<const StoredDictionary*> wanted, all;
    for (const StoredDictionary& dictionary : dictionaries)
        if (dictionary.layer.value == layer) {
            all.push_back(&dictionary);
            if (dictionary.isTranscoder == wantsTranscoder)
                wanted.push_back(&dictionary);
        }
    if (all.size() == 1)
        return all.front();
    if (wanted.size() == 1)
        return wanted.front();
    return fail(Error::Code::InvalidFile,
        all.empty() ? "no open dictionary is at layer " + std::to_string(layer) + ". Open it first."
                    : "several dictionaries are at layer " + std::to_string(layer)
                + ". Add a field `dictionary`.");
}

} // namespace

Result<void> writeLabels(const std::vector<LabelRecord>& labels, const std::filesystem::path& path)
{
    std::string text;
    const char separator = separatorFor(path);
    const bool isTable = separator != '\0';
    const std::string between(1, separator);
    if (isTable) {
        for (const char* field : kFields)
            text.append(text.empty() ? "" : between).append(field);
        text += "\n";
    }
    for (const LabelRecord& record : labels) {
        const std::string source
            = record.label.source == LabelSource::Person ? "person" : "suggested";
        if (isTable) {
            text += quoted(record.feature.dictionary) + between + std::to_string(record.layer.value)
                + between + std::to_string(record.feature.feature.value) + between
                + quoted(record.label.text) + between + quoted(record.label.notes) + between
                + source + "\n";
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
    const std::string text = plainText({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const std::string name = path.filename().string();
    if (!isUtf8(text))
        return fail(Error::Code::InvalidFile,
            name + ": the text is not UTF-8. Save it as `CSV UTF-8` or choose UTF-8 when saving.");
    // A table saved as "text" is one too.
    const bool isTable = separatorFor(path) != '\0'
        || (lowered(path.extension().string()) == ".txt" && !text.starts_with('{'));
    auto lines = isTable ? readTable(text, name) : readJsonLines(text, name);
    if (!lines)
        return fail(lines.error());
    std::vector<LabelRecord> records;
    for (auto& [number, fields] : *lines) {
        translateExplanation(fields);
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
            const auto dictionary = onLayer(dictionaries, *layer,
                textField(fields, "set").find("transcoder") != std::string::npos);
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
