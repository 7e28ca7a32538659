#pragma once

#include "core/base/ids.h"

#include <string>

namespace core {

struct TokenInfo {
    TokenId id;
    std::string text; ///< As shown; bytes that are not UTF-8 alone are written <0xNN>.
    int begin = 0, end = 0; ///< Byte range in the prompt; equal for added special tokens.
};

struct NextToken {
    TokenId id;
    std::string text;
    float probability = 0.0f;
};

} // namespace core
