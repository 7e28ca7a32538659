#pragma once

#include "core/base/result.h"
#include "core/text/merge_list.h"
#include "core/text/vocabulary.h"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace core {

/// What a tokenizer.json says. `model.vocab` and `model.merges` are nearly all of its megabytes, so
/// they are read straight into lists: as JSON values they would take most of the time to open it.
struct TokenizerJson {
    nlohmann::json rest; ///< The whole, with `vocab` and `merges` emptied.
    PieceList pieces;
    MergeList merges;
};

/// Errors name the file, and line and column of a mistake. What the entries mean is not checked.
Result<TokenizerJson> readTokenizerJson(std::string_view text, const std::string& name);
/// The same for a file that is an object {piece: id} and nothing else (vocab.json).
Result<PieceList> readPiecesJson(std::string_view text, const std::string& name);

} // namespace core
