#pragma once

#include "core/base/result.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

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
    std::optional<bool> addPrefixSpace;
    bool isLegacy = true; ///< `legacy`: each part between special tokens begins anew.
    std::string tokenizerClass;
};

/// Reads tokenizer_config.json, special_tokens_map.json and config.json of a folder, in this order,
/// where they are present; the first that speaks of a token decides. A damaged file is an error.
Result<SpecialNames> readSpecialNames(const std::filesystem::path& folder);

/// The tokens that the files beside a vocabulary add to it, as `added_tokens` of a tokenizer.json
/// lists them: from added_tokens_decoder of tokenizer_config.json and from added_tokens.json. Those
/// that tokenizer_config.json or special_tokens_map.json gives a role are special; one that has
/// only a role is listed with the id that `idOf` knows for it, or left out.
Result<nlohmann::json> readAddedTokens(const std::filesystem::path& folder,
    const std::function<std::optional<int>(std::string_view)>& idOf);

} // namespace core
