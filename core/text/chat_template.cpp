#include "core/text/chat_template.h"

#include "core/files/gguf_file.h"
#include "core/files/json_file.h"
#include "core/files/mapped_file.h"
#include "core/text/gguf_tokenizer.h"
#include "core/text/jinja/evaluator.h"
#include "core/text/jinja/lexer.h"
#include "core/text/jinja/parser.h"
#include "core/text/utf8.h"

#include <new>
#include <optional>

#include <nlohmann/json.hpp>

namespace core {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSource = std::size_t{1} << 20u; // published ones have some kilobytes

class JinjaTemplate : public ChatTemplate {
public:
    JinjaTemplate(jinja::Block block, std::string where, nlohmann::json tokens)
        : m_block(std::move(block))
        , m_where(std::move(where))
        , m_tokens(std::move(tokens))
    {
    }

    Result<std::string> render(const std::vector<ChatMessage>& messages, bool addGenerationPrompt,
        const nlohmann::json& variables) const override
    {
        try {
            jinja::Evaluator::Scope scope;
            const auto addAll = [&scope](const nlohmann::json& values) {
                for (const auto& [name, value] : values.items())
                    scope[name] = jinja::Value::fromJson(value);
            };
            addAll(m_tokens);
            jinja::List list;
            for (const ChatMessage& message : messages)
                list.push_back(jinja::Value::dict({{"role", jinja::Value(message.role)},
                    {"content", jinja::Value(message.content)}}));
            scope["messages"] = jinja::Value::list(std::move(list));
            scope["add_generation_prompt"] = jinja::Value(addGenerationPrompt);
            // As Hugging Face transformers passes them where the caller has none.
            scope["tools"] = jinja::Value::none();
            scope["documents"] = jinja::Value::none();
            addAll(variables);
            return jinja::Evaluator(std::move(scope)).render(m_block);
        } catch (const jinja::Problem& problem) {
            return fail(problem.error.code, m_where + ": " + problem.error.message);
        } catch (const std::bad_alloc&) {
            return fail(Error::Code::OutOfMemory, m_where + ": needs more memory than there is.");
        }
    }

private:
    jinja::Block m_block;
    std::string m_where;
    nlohmann::json m_tokens;
};

Result<std::shared_ptr<const ChatTemplate>> make(
    const std::string& source, const std::string& where, nlohmann::json tokens)
{
    if (source.size() > kMaxSource || !isUtf8(source))
        return fail(Error::Code::InvalidFile,
            where + ": is longer than 1 MiB or not valid UTF-8, so no chat template.");
    try {
        jinja::Block block = jinja::Parser(jinja::lex(source)).parseTemplate();
        return std::make_shared<JinjaTemplate>(std::move(block), where, std::move(tokens));
    } catch (const jinja::Problem& problem) {
        return fail(problem.error.code, where + ": " + problem.error.message);
    } catch (const std::bad_alloc&) {
        return fail(Error::Code::OutOfMemory, where + ": needs more memory than there is.");
    }
}

/// The field `chat_template`: a text, or a list of named ones of which "default" is meant.
Result<std::optional<std::string>> readField(const nlohmann::json& json, const fs::path& path)
{
    const auto found = json.find("chat_template");
    if (found == json.end() || found->is_null())
        return std::nullopt;
    if (found->is_string())
        return found->get<std::string>();
    if (found->is_array()) {
        for (const nlohmann::json& entry : *found) {
            const bool isDefault = entry.is_object() && entry.value("name", "") == "default"
                && entry.contains("template") && entry["template"].is_string();
            if (isDefault)
                return entry["template"].get<std::string>();
        }
    }
    return fail(Error::Code::InvalidFile,
        path.string()
            + ": field `chat_template` must be a text, or a list of {\"name\", \"template\"} with "
              "one named `default`.");
}

/// bos_token and the like, as far as they are texts.
nlohmann::json specialTokens(const nlohmann::json& config)
{
    nlohmann::json tokens = nlohmann::json::object();
    for (const auto& [name, value] : config.items()) {
        if (!name.ends_with("_token"))
            continue;
        const nlohmann::json& content
            = value.is_object() && value.contains("content") ? value["content"] : value;
        if (content.is_string())
            tokens[name] = content;
    }
    return tokens;
}

} // namespace

Result<std::shared_ptr<const ChatTemplate>> ChatTemplate::parse(
    const std::string& source, const std::string& where)
{
    return make(source, where, nlohmann::json::object());
}

Result<std::shared_ptr<const ChatTemplate>> ChatTemplate::parse(
    const std::string& source, const std::string& where, nlohmann::json tokens)
{
    return make(source, where, std::move(tokens));
}

Result<std::string> ChatTemplate::render(
    const std::vector<ChatMessage>& messages, bool addGenerationPrompt) const
{
    return render(messages, addGenerationPrompt, nlohmann::json::object());
}

Result<std::shared_ptr<const ChatTemplate>> ChatTemplate::open(const fs::path& folder)
{
    if (GgufFile::isGguf(folder))
        return openGgufChatTemplate(folder);
    const fs::path configFile = folder / "tokenizer_config.json";
    const auto config = readObjectIfThere(configFile);
    if (!config)
        return fail(config.error());
    const auto map = readObjectIfThere(folder / "special_tokens_map.json");
    if (!map)
        return fail(map.error());
    nlohmann::json tokens = specialTokens(*map);
    tokens.update(specialTokens(*config));

    // A file of its own overrides the field, as in Hugging Face transformers.
    const fs::path ownFile = folder / "chat_template.jinja";
    std::error_code ignored;
    if (fs::exists(ownFile, ignored)) {
        const auto file = MappedFile::open(ownFile, MappedFile::Emptiness::IsAllowed);
        if (!file)
            return fail(file.error());
        const auto bytes = (*file)->bytes();
        return make(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
            ownFile.string(), std::move(tokens));
    }
    const fs::path jsonFile = folder / "chat_template.json";
    const auto json = readObjectIfThere(jsonFile);
    if (!json)
        return fail(json.error());
    for (const auto& [content, path] :
        {std::pair(&*config, &configFile), std::pair(&*json, &jsonFile)}) {
        const auto source = readField(*content, *path);
        if (!source)
            return fail(source.error());
        if (*source)
            return make(**source, path->string(), std::move(tokens));
    }
    return nullptr;
}

} // namespace core
