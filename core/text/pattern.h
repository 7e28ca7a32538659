#pragma once

#include "core/base/result.h"
#include "core/text/regex.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// What a normalizer or a pre-tokenizer looks for: a literal text, a regular expression or a kind
/// of character.
class Pattern {
public:
    struct Piece {
        std::size_t begin;
        std::size_t end;
        bool isMatch;
    };
    using Pieces = std::vector<Piece>;

    /// From `{"String": "..."}`, `{"Regex": "..."}` or, in old files, a bare string.
    static Result<Pattern> fromJson(const nlohmann::json& json, const std::string& where);
    static Pattern literal(std::string text);
    static Pattern regex(Regex regex);
    static Pattern kind(bool (*isOfKind)(char32_t)); ///< Each such character is a match of its own.

    Result<Pieces> cut(std::string_view text) const; ///< Matches and the gaps between them.

private:
    std::string m_literal;
    std::optional<Regex> m_regex;
    bool (*m_isOfKind)(char32_t) = nullptr;
};

/// What becomes of a match when a text is split there, in the names of tokenizer.json.
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

Result<SplitBehavior> splitBehaviorFromName(const std::string& name, const std::string& where);
/// `isInverted` swaps matches and gaps first.
Pattern::Pieces arrange(Pattern::Pieces pieces, SplitBehavior behavior, bool isInverted = false);

} // namespace core
