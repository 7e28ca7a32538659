#include "core/text/special_names.h"

#include "core/files/json_file.h"

namespace core {

namespace {

Result<nlohmann::json> readIfPresent(const std::filesystem::path& path)
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

/// Tokens are written as a text, as an object with `content`, or as null.
void readContent(const nlohmann::json& json, const char* field, SpecialNames::Token& token)
{
    const auto found = json.find(field);
    if (token.isSaid || found == json.end())
        return;
    token.isSaid = true;
    if (found->is_string())
        token.content = found->get<std::string>();
    else if (found->is_object() && found->contains("content") && (*found)["content"].is_string())
        token.content = (*found)["content"].get<std::string>();
}

void readId(const nlohmann::json& json, const char* field, SpecialNames::Token& token)
{
    const auto found = json.find(field);
    if (token.isSaid || found == json.end())
        return;
    // Models with several ends list them; the first is the main one.
    const nlohmann::json& id = found->is_array() && !found->empty() ? found->front() : *found;
    if (id.is_number_integer()) {
        token.isSaid = true;
        token.id = id.get<std::int64_t>();
    }
}

std::optional<bool> readFlag(const nlohmann::json& json, const char* field)
{
    const auto found = json.find(field);
    return found != json.end() && found->is_boolean() ? std::optional<bool>(found->get<bool>())
                                                      : std::nullopt;
}

} // namespace

Result<SpecialNames> readSpecialNames(const std::filesystem::path& folder)
{
    SpecialNames names;
    for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"}) {
        const auto json = readIfPresent(folder / file);
        if (!json)
            return fail(json.error());
        readContent(*json, "bos_token", names.bos);
        readContent(*json, "eos_token", names.eos);
        if (!names.addBos)
            names.addBos = readFlag(*json, "add_bos_token");
        if (!names.addEos)
            names.addEos = readFlag(*json, "add_eos_token");
        const auto className = json->find("tokenizer_class");
        if (names.tokenizerClass.empty() && className != json->end() && className->is_string())
            names.tokenizerClass = className->get<std::string>();
    }
    const auto config = readIfPresent(folder / "config.json");
    if (!config)
        return fail(config.error());
    readId(*config, "bos_token_id", names.bos);
    readId(*config, "eos_token_id", names.eos);
    return names;
}

} // namespace core
