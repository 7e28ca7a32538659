#pragma once

#include "core/api/generate.h"
#include "core/base/ids.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace core {

struct Tokenization {
    std::vector<TokenId> ids;
    std::vector<std::string> tokens;
    std::vector<std::pair<int, int>> offsets; ///< Byte ranges.
};

/// What a request makes of a prompt before the model reads it.
enum class PromptForm : std::uint8_t {
    Text, ///< As it stands.
    Chat, ///< A user's message; the model's chat template goes around it. Offsets count in that.
    Traced, ///< Begins with a special token, also where the tokenizer adds none.
};

/// A text through a model's tokenizer; its weights are not read. Of any length.
struct TokenizeRequest {
    using Answer = Tokenization;
    static constexpr std::string_view kName = "tokenize";

    std::string model; ///< A folder, or "builtin"; empty = the open one.
    std::string text;
    bool addSpecial = true; ///< Of a text as it stands.
    PromptForm form = PromptForm::Text; ///< Others need the open model.
    std::vector<ChatTurn> earlier = {}; ///< Of the conversation, before `text`; Chat only.
};

/// The way back; answers the text.
struct DetokenizeRequest {
    using Answer = std::string;
    static constexpr std::string_view kName = "detokenize";

    std::string model; ///< A folder, or "builtin".
    std::vector<TokenId> ids;
    bool skipSpecial = false;
};

} // namespace core
