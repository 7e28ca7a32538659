#include "core/text/special_names.h"

#include "core/files/json_file.h"
#include "core/text/vocabulary.h"

#include <charconv>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

namespace core {

namespace {

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

/// A token written as a text or as an object with `content`; empty where it is neither.
std::string contentOf(const nlohmann::json& token)
{
    const nlohmann::json& content
        = token.is_object() && token.contains("content") ? token["content"] : token;
    return content.is_string() ? content.get<std::string>() : std::string();
}

void readRoles(const nlohmann::json& json, std::set<std::string>& special)
{
    for (const auto& [role, token] : json.items()) {
        if (role == "additional_special_tokens" && token.is_array()) {
            for (const nlohmann::json& entry : token)
                special.insert(contentOf(entry));
        } else if (role.ends_with("_token")) {
            special.insert(contentOf(token));
        }
    }
    special.erase(std::string());
}

struct SideTokens {
    std::map<std::int64_t, nlohmann::json> byId;
    std::set<std::string> known;

    Result<void> add(const std::filesystem::path& file, std::int64_t id, nlohmann::json token)
    {
        const std::string content = contentOf(token);
        if (content.empty() || id < 0 || id > kMaxTokenId)
            return fail(Error::Code::InvalidFile,
                file.string() + ": the added token `" + content + "` with id " + std::to_string(id)
                    + " has no content or an impossible id.");
        token["id"] = id;
        // Vocabularies without a tokenizer.json look for these in the text as it is.
        token["normalized"] = false;
        known.insert(content);
        byId.emplace(id, std::move(token));
        return {};
    }
};

Result<void> readDecoder(
    const nlohmann::json& json, const std::filesystem::path& file, SideTokens& tokens)
{
    const auto found = json.find("added_tokens_decoder");
    if (found == json.end() || !found->is_object())
        return {};
    for (const auto& [key, token] : found->items()) {
        std::int64_t id = -1;
        const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), id);
        if (problem != std::errc() || end != key.data() + key.size() || !token.is_object())
            return fail(Error::Code::InvalidFile,
                file.string() + ": `added_tokens_decoder` must hold objects under whole numbers; `"
                    + key.substr(0, 40) + "` is not one.");
        if (const auto added = tokens.add(file, id, token); !added)
            return added;
    }
    return {};
}

} // namespace

Result<nlohmann::json> readAddedTokens(const std::filesystem::path& folder,
    const std::function<std::optional<int>(std::string_view)>& idOf)
{
    SideTokens tokens;
    std::set<std::string> special;
    for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
        const auto json = readObjectIfThere(folder / name);
        if (!json)
            return fail(json.error());
        readRoles(*json, special);
        if (const auto read = readDecoder(*json, folder / name, tokens); !read)
            return fail(read.error());
    }
    const auto file = folder / "added_tokens.json";
    const auto added = readObjectIfThere(file);
    if (!added)
        return fail(added.error());
    for (const auto& [content, id] : added->items()) {
        if (tokens.known.contains(content))
            continue;
        const std::int64_t number = id.is_number_integer() ? id.get<std::int64_t>() : -1;
        if (const auto r = tokens.add(file, number, {{"content", content}}); !r)
            return fail(r.error());
    }
    for (const std::string& content : special) {
        const auto id = tokens.known.contains(content) ? std::nullopt : idOf(content);
        if (id)
            tokens.byId.emplace(*id, nlohmann::json{{"id", *id}, {"content", content}});
    }
    nlohmann::json list = nlohmann::json::array();
    for (auto& [id, token] : tokens.byId) {
        if (special.contains(contentOf(token)))
            token["special"] = true;
        token["normalized"] = false;
        list.push_back(std::move(token));
    }
    return list;
}

Result<SpecialNames> readSpecialNames(const std::filesystem::path& folder)
{
    SpecialNames names;
    for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"}) {
        const auto json = readObjectIfThere(folder / file);
        if (!json)
            return fail(json.error());
        readContent(*json, "bos_token", names.bos);
        readContent(*json, "eos_token", names.eos);
        if (!names.addBos)
            names.addBos = readFlag(*json, "add_bos_token");
        if (!names.addEos)
            names.addEos = readFlag(*json, "add_eos_token");
        if (!names.addPrefixSpace)
            names.addPrefixSpace = readFlag(*json, "add_prefix_space");
        names.isLegacy = names.isLegacy && readFlag(*json, "legacy").value_or(true);
        const auto className = json->find("tokenizer_class");
        if (names.tokenizerClass.empty() && className != json->end() && className->is_string())
            names.tokenizerClass = className->get<std::string>();
    }
    const auto config = readObjectIfThere(folder / "config.json");
    if (!config)
        return fail(config.error());
    readId(*config, "bos_token_id", names.bos);
    readId(*config, "eos_token_id", names.eos);
    return names;
}

} // namespace core
