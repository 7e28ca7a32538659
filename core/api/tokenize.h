#pragma once

#include "core/base/ids.h"

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

/// A text through a model's tokenizer; its weights are not read.
struct TokenizeRequest {
    using Answer = Tokenization;
    static constexpr std::string_view kName = "tokenize";

    std::string model; ///< A folder, or "builtin".
    std::string text;
    bool addSpecial = true;
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
