#include "core/model/model_config.h"

#include "core/files/gguf_file.h"
#include "core/files/json_file.h"
#include "core/model/architectures.h"
#include "core/model/config_reader.h"
#include "core/model/gguf_config.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::json;

Result<std::string> familyOf(const json& object, const std::string& file)
{
    std::string type;
    if (const auto found = object.find("model_type"); found != object.end() && found->is_string())
        type = found->get<std::string>();
    if (type.empty()) {
        const auto classes = object.find("architectures");
        if (classes == object.end() || !classes->is_array() || classes->empty()
            || !classes->front().is_string())
            return fail(Error::Code::InvalidFile,
                file
                    + ": field `model_type` is missing. This is not the config.json of a language "
                      "model.");
        type = classes->front().get<std::string>();
        for (const Architecture& architecture : architectures()) {
            if (architecture.className == type)
                return std::string(architecture.modelType);
        }
    }
    if (findArchitecture(type))
        return type;
    return fail(Error::Code::Unsupported,
        file + ": model type `" + type.substr(0, 60)
            + "` is not supported. Supported: " + supportedModelTypes() + ".");
}

/// A multimodal wrapper keeps the language model's fields in `text_config`, and what concerns the
/// whole beside it.
json languageFields(const json& object)
{
    const auto inner = object.find("text_config");
    if (inner == object.end() || !inner->is_object())
        return object;
    json fields = *inner;
    for (const char* shared : {"torch_dtype", "dtype", "bos_token_id", "eos_token_id",
             "tie_word_embeddings", "quantization_config"}) {
        if (object.contains(shared) && !fields.contains(shared))
            fields[shared] = object.at(shared);
    }
    return fields;
}

/// "gemma3" wraps "gemma3_text".
bool isSameFamily(const std::string& inner, const std::string& outer)
{
    return inner == outer || inner == outer + "_text";
}

/// Hugging Face's own name for the model, "openai-community/gpt2" as "gpt2"; not a path on
/// somebody's machine.
std::string declaredName(const json& object)
{
    const auto found = object.find("_name_or_path");
    if (found == object.end() || !found->is_string())
        return {};
    const std::string name = found->get<std::string>();
    const bool isPath = name.starts_with('/') || name.starts_with('.')
        || name.find('\\') != std::string::npos || std::count(name.begin(), name.end(), '/') > 1
        || name.ends_with('/');
    return isPath ? std::string() : name.substr(name.rfind('/') + 1);
}

/// generation_config.json may name more ends than config.json: those of chat turns. Where
/// config.json is silent it alone counts.
void addEnds(const std::filesystem::path& folder, bool isConfigSilent, ModelConfig& config)
{
    std::error_code ignored;
    const auto path = folder / "generation_config.json";
    if (!std::filesystem::is_regular_file(path, ignored))
        return;
    const auto object = readJson(path);
    if (!object || !object->is_object() || !object->contains("eos_token_id"))
        return; // A side file: a model runs without it.
    if (isConfigSilent) {
        config.endTokens.clear();
        config.eosToken = -1;
    }
    const json& value = object->at("eos_token_id");
    for (const json& id : value.is_array() ? value : json::array({value})) {
        if (id.is_number_integer() && id.get<std::int64_t>() >= 0
            && id.get<std::int64_t>() < config.d_vocab && !config.isEnd(id.get<int>()))
            config.endTokens.push_back(id.get<int>());
    }
    if (config.eosToken < 0 && !config.endTokens.empty())
        config.eosToken = config.endTokens.front();
}

} // namespace

int ModelConfig::windowOf(int layer) const
{
    return windows.empty() ? 0 : windows.at(static_cast<std::size_t>(layer));
}

bool ModelConfig::isEnd(int token) const
{
    return (token >= 0 && token == eosToken)
        || std::find(endTokens.begin(), endTokens.end(), token) != endTokens.end();
}

Result<ModelConfig> ModelConfig::read(const std::filesystem::path& folder)
{
    if (GgufFile::isGguf(folder))
        return readGgufConfig(folder);
    const auto path = folder / "config.json";
    const auto object = readJson(path);
    if (!object)
        return fail(object.error());
    if (!object->is_object())
        return fail(JsonFields(*object, path.string()).check().error());
    const auto type = familyOf(*object, path.string());
    if (!type)
        return fail(type.error());
    const json fields = languageFields(*object);
    if (const auto inner = familyOf(fields, path.string());
        fields.contains("model_type") && (!inner || !isSameFamily(*inner, *type)))
        return fail(Error::Code::Unsupported,
            path.string() + ": text_config is not that of a " + *type + " model.");
    auto config = ConfigReader(fields, path.string(), *type).read();
    if (!config)
        return config;
    config->name = declaredName(*object);
    if (config->name.empty()) // "models/tiny/" has an empty file name.
        config->name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
    addEnds(folder, !fields.contains("eos_token_id"), *config);
    return config;
}

} // namespace core
