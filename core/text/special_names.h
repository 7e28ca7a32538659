#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <optional>
#include <string>

namespace core {

/// What the files beside a tokenizer.json say about the beginning and the end of a text.
struct SpecialNames {
    struct Token {
        bool isSaid = false; ///< Some file spoke of it, be it to say that there is none.
        std::string content; ///< Empty where there is none or only the id is known.
        std::optional<std::int64_t> id;
    };

    Token bos;
    Token eos;
    std::optional<bool> addBos;
    std::optional<bool> addEos;
    std::string tokenizerClass;
};

/// Reads tokenizer_config.json, special_tokens_map.json and config.json of a folder, in this order,
/// where they are present; the first that speaks of a token decides. A damaged file is an error.
Result<SpecialNames> readSpecialNames(const std::filesystem::path& folder);

} // namespace core
