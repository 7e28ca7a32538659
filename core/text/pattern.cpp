#include "core/text/pattern.h"

#include "core/text/utf8.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace core {

Result<Pattern> Pattern::fromJson(const nlohmann::json& json, const std::string& where)
{
    if (json.is_string())
        return literal(json.get<std::string>());
    if (json.is_object() && json.contains("String") && json["String"].is_string())
        return literal(json["String"].get<std::string>());
    if (json.is_object() && json.contains("Regex") && json["Regex"].is_string()) {
        auto compiled = Regex::compile(json["Regex"].get<std::string>(), where);
        if (!compiled)
            return fail(compiled.error());
        return regex(std::move(*compiled));
    }
    return fail(Error::Code::InvalidFile,
        where + ": `pattern` must be {\"String\": ...} or {\"Regex\": ...}.");
}

Pattern Pattern::literal(std::string text)
{
    Pattern pattern;
    pattern.m_literal = std::move(text);
    return pattern;
}

Pattern Pattern::regex(Regex regex)
{
    Pattern pattern;
    pattern.m_regex = std::move(regex);
    return pattern;
}

Pattern Pattern::kind(bool (*isOfKind)(char32_t))
{
    Pattern pattern;
    pattern.m_isOfKind = isOfKind;
    return pattern;
}

Result<Pattern::Pieces> Pattern::cut(std::string_view text) const
{
    Pieces pieces;
    std::size_t done = 0;
    const auto addMatch = [&](std::size_t begin, std::size_t end) {
        if (begin > done)
            pieces.push_back({done, begin, false});
        pieces.push_back({begin, end, true});
        done = end;
    };
    if (m_regex) {
        if (const auto searched = m_regex->forEach(text, addMatch); !searched)
            return fail(searched.error());
    } else if (m_isOfKind) {
        for (std::size_t i = 0; i < text.size();) {
            const Utf8Step step = utf8At(text, i);
            if (m_isOfKind(step.codePoint))
                addMatch(i, i + step.length);
            i += step.length;
        }
    } else if (!m_literal.empty()) {
        for (std::size_t at = text.find(m_literal); at != std::string_view::npos;
             at = text.find(m_literal, done))
            addMatch(at, at + m_literal.size());
    }
    if (done < text.size())
        pieces.push_back({done, text.size(), false});
    return pieces;
}

Result<SplitBehavior> splitBehaviorFromName(const std::string& name, const std::string& where)
{
    if (name == "Removed" || name == "removed")
        return SplitBehavior::Removed;
    if (name == "Isolated" || name == "isolated")
        return SplitBehavior::Isolated;
    if (name == "MergedWithPrevious" || name == "merged_with_previous")
        return SplitBehavior::MergedWithPrevious;
    if (name == "MergedWithNext" || name == "merged_with_next")
        return SplitBehavior::MergedWithNext;
    if (name == "Contiguous" || name == "contiguous")
        return SplitBehavior::Contiguous;
    return fail(
        Error::Code::Unsupported, where + ": the split behavior `" + name + "` is not known.");
}

namespace {

using Piece = Pattern::Piece;

/// Joins each match to the gap before it; a match right after another stays alone.
std::vector<Piece> mergedWithPrevious(const std::vector<Piece>& pieces)
{
    std::vector<Piece> merged;
    bool wasMatch = false;
    for (const Piece& piece : pieces) {
        if (piece.isMatch && !wasMatch && !merged.empty())
            merged.back().end = piece.end;
        else
            merged.push_back(piece);
        wasMatch = piece.isMatch;
    }
    return merged;
}

std::vector<Piece> mergedWithNext(const std::vector<Piece>& pieces)
{
    std::vector<Piece> merged;
    bool wasMatch = false;
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
        if (piece->isMatch && !wasMatch && !merged.empty())
            merged.back().begin = piece->begin;
        else
            merged.push_back(*piece);
        wasMatch = piece->isMatch;
    }
    std::reverse(merged.begin(), merged.end());
    return merged;
}

std::vector<Piece> contiguous(const std::vector<Piece>& pieces)
{
    std::vector<Piece> merged;
    for (const Piece& piece : pieces) {
        if (!merged.empty() && merged.back().isMatch == piece.isMatch)
            merged.back().end = piece.end;
        else
            merged.push_back(piece);
    }
    return merged;
}

} // namespace

Pattern::Pieces arrange(Pattern::Pieces pieces, SplitBehavior behavior, bool isInverted)
{
    if (isInverted) {
        for (Piece& piece : pieces)
            piece.isMatch = !piece.isMatch;
    }
    switch (behavior) {
    case SplitBehavior::Removed:
        std::erase_if(pieces, [](const Piece& piece) { return piece.isMatch; });
        break;
    case SplitBehavior::Isolated:
        break;
    case SplitBehavior::MergedWithPrevious:
        return mergedWithPrevious(pieces);
    case SplitBehavior::MergedWithNext:
        return mergedWithNext(pieces);
    case SplitBehavior::Contiguous:
        return contiguous(pieces);
    }
    return pieces;
}

} // namespace core
