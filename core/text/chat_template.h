#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

struct ChatMessage {
    std::string role; ///< "system", "user", "assistant".
    std::string content;
};

/// A model's chat template: the part of Jinja2 that published templates use, rendered as Hugging
/// Face transformers renders it (docs/formats.md section 3.5). Immutable. What a template asks for
/// and is not known is refused by name; `raise_exception` becomes the error's message.
class ChatTemplate {
public:
    /// From tokenizer_config.json, chat_template.jinja or chat_template.json of a model folder, or
    /// from a GGUF file; null when there is none.
    static Result<std::shared_ptr<const ChatTemplate>> open(const std::filesystem::path& folder);
    /// `where` names the template in errors.
    static Result<std::shared_ptr<const ChatTemplate>> parse(
        const std::string& source, const std::string& where);
    /// `tokens`: what bos_token and the like are where the caller of `render` does not say.
    static Result<std::shared_ptr<const ChatTemplate>> parse(
        const std::string& source, const std::string& where, nlohmann::json tokens);
    virtual ~ChatTemplate() = default;

    /// `variables` (bos_token, eos_token, enable_thinking, tools, ...) are visible to the template
    /// beside `messages` and `add_generation_prompt`. The result is tokenized without special
    /// tokens being added. bos_token and eos_token come from the folder unless given.
    virtual Result<std::string> render(const std::vector<ChatMessage>& messages,
        bool addGenerationPrompt, const nlohmann::json& variables) const = 0;
    Result<std::string> render(
        const std::vector<ChatMessage>& messages, bool addGenerationPrompt = true) const;
};

} // namespace core
