#include "core/features/saved_list_file.h"

#include "core/files/atomic_write.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace core {

namespace {

std::string tableField(const std::string& text)
{
    if (text.find_first_of("\",\r\n") == std::string::npos)
        return text;
    std::string field = "\"";
    for (const char c : text)
        field += c == '"' ? std::string("\"\"") : std::string(1, c);
    return field + "\"";
}

/// The density is kept as a float: 0.1 and not 0.10000000149011612.
std::string listTable(const std::vector<FeatureRow>& rows)
{
    std::string text
        = "dictionary,layer,index,label,notes,density,max_activation,promoted,output_score\n";
    for (const FeatureRow& row : rows)
        text += fmt::format("{},{},{},{},{},{},{},{},{}\n", tableField(row.feature.dictionary),
            row.layer.value, row.feature.feature.value, tableField(row.label.text),
            tableField(row.label.notes), static_cast<float>(row.density), row.maxActivation,
            tableField(fmt::format("{}", fmt::join(row.promoted, " |"))),
            row.outputScore ? fmt::format("{}", *row.outputScore) : std::string());
    return text;
}

std::string listJson(const SavedList& list, const std::vector<FeatureRow>& rows)
{
    nlohmann::ordered_json json;
    json["name"] = list.name;
    json["description"] = list.description;
    json["features"] = nlohmann::ordered_json::array();
    for (const FeatureRow& row : rows) {
        nlohmann::ordered_json one;
        one["dictionary"] = row.feature.dictionary;
        one["layer"] = row.layer.value;
        one["index"] = row.feature.feature.value;
        one["label"] = row.label.text;
        one["notes"] = row.label.notes;
        one["density"] = row.density;
        one["max_activation"] = row.maxActivation;
        one["promoted"] = row.promoted;
        one["output_score"]
            = row.outputScore ? nlohmann::ordered_json(*row.outputScore) : nlohmann::ordered_json();
        json["features"].push_back(std::move(one));
    }
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

} // namespace

Result<void> writeSavedList(
    const SavedList& list, const std::vector<FeatureRow>& rows, const std::filesystem::path& path)
{
    return writeAtomically(
        path, path.extension() == ".csv" ? listTable(rows) : listJson(list, rows));
}

} // namespace core
