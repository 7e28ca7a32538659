#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core::jinja {

struct Token {
    enum class Kind {
        Data, ///< Text of the template as it is.
        OutputBegin,
        OutputEnd,
        BlockBegin,
        BlockEnd,
        Name,
        Text,
        Integer,
        Float,
        Operator,
        End
    };

    Kind kind;
    std::string text; ///< Spelling; of texts the content.
    int line;
};

/// Cuts a template into tokens, with trim_blocks and lstrip_blocks on, as Hugging Face transformers
/// sets them. Throws a Problem.
std::vector<Token> lex(std::string_view source);

} // namespace core::jinja
