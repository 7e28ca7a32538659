#include "core/text/added_tokens.h"

#include "core/files/json_file.h"
#include "core/text/utf8.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace core {

namespace {

/// Where the character before `position` begins.
std::size_t characterBefore(std::string_view text, std::size_t position)
{
    do
        --position;
    while (position > 0 && isUtf8Continuation(text[position]));
    return position;
}

bool standsAlone(std::string_view text, std::size_t begin, std::size_t end)
{
    const bool touchesLeft
        = begin > 0 && isWordCharacter(utf8At(text, characterBefore(text, begin)).codePoint);
    const bool touchesRight = end < text.size() && isWordCharacter(utf8At(text, end).codePoint);
    return !touchesLeft && !touchesRight;
}

} // namespace

void AddedTokens::Index::add(const std::string& content, int id)
{
    std::size_t& first = m_first[static_cast<unsigned char>(content[0])];
    if (first == 0) {
        first = m_nodes.size();
        m_nodes.emplace_back();
    }
    std::size_t node = first;
    for (std::size_t i = 1; i < content.size(); ++i) {
        auto& children = m_nodes[node].children;
        const auto child = std::find_if(children.begin(), children.end(),
            [&](const auto& entry) { return entry.first == content[i]; });
        if (child != children.end()) {
            node = child->second;
            continue;
        }
        children.emplace_back(content[i], m_nodes.size());
        node = m_nodes.size();
        m_nodes.emplace_back();
    }
    m_nodes[node].id = id;
}

std::optional<AddedTokens::Piece> AddedTokens::Index::at(
    std::string_view text, std::size_t position) const
{
    std::optional<Piece> longest;
    std::size_t node = m_first[static_cast<unsigned char>(text[position])];
    for (std::size_t i = position + 1; node != 0; ++i) {
        if (m_nodes[node].id)
            longest = Piece{position, i, m_nodes[node].id};
        if (i == text.size())
            break;
        const auto& children = m_nodes[node].children;
        const auto child = std::find_if(children.begin(), children.end(),
            [&](const auto& entry) { return entry.first == text[i]; });
        node = child == children.end() ? 0 : child->second;
    }
    return longest;
}

std::vector<AddedTokens::Piece> AddedTokens::cut(std::string_view text, bool isNormalized) const
{
    const Index& index = isNormalized ? m_normalized : m_raw;
    std::vector<Piece> pieces;
    std::size_t done = 0;
    for (std::size_t position = 0; !index.isEmpty() && position < text.size();) {
        auto match = index.at(text, position);
        if (!match) {
            ++position;
            continue;
        }
        // A token that is refused here still hides shorter ones inside it, as in the reference.
        position = match->end;
        const AddedToken& token = m_tokens.at(*match->id);
        if (match->begin < done
            || (token.isSingleWord && !standsAlone(text, match->begin, match->end)))
            continue;
        while (token.takesLeft && match->begin > done) {
            const std::size_t before = characterBefore(text, match->begin);
            if (!isWhiteSpace(utf8At(text, before).codePoint))
                break;
            match->begin = before;
        }
        while (token.takesRight && match->end < text.size()) {
            const Utf8Step step = utf8At(text, match->end);
            if (!isWhiteSpace(step.codePoint))
                break;
            match->end += step.length;
        }
        if (match->begin > done)
            pieces.push_back({done, match->begin, std::nullopt});
        pieces.push_back(*match);
        done = match->end;
    }
    if (done < text.size())
        pieces.push_back({done, text.size(), std::nullopt});
    return pieces;
}

const AddedToken* AddedTokens::find(int id) const
{
    const auto found = m_tokens.find(id);
    return found == m_tokens.end() ? nullptr : &found->second;
}

const AddedToken* AddedTokens::find(std::string_view content) const
{
    const auto found = m_idsByContent.find(content);
    return found == m_idsByContent.end() ? nullptr : find(found->second);
}

Result<AddedTokens> AddedTokens::fromJson(const nlohmann::json& json, const Vocabulary& vocabulary,
    const Normalizer* normalizer, const std::string& file)
{
    AddedTokens tokens;
    if (json.is_null())
        return tokens;
    if (!json.is_array())
        return fail(Error::Code::InvalidFile, file + ": field `added_tokens` must be a list.");
    for (const nlohmann::json& entry : json) {
        if (const auto added = tokens.add(entry, vocabulary, normalizer, file); !added)
            return fail(added.error());
    }
    return tokens;
}

Result<void> AddedTokens::add(const nlohmann::json& entry, const Vocabulary& vocabulary,
    const Normalizer* normalizer, const std::string& file)
{
    const std::string where = file + ": added_tokens entry " + std::to_string(m_tokens.size());
    JsonFields fields(entry, where);
    AddedToken token;
    const std::int64_t id = fields.integer("id");
    token.content = fields.string("content");
    token.isSingleWord = fields.boolean("single_word", false);
    token.takesLeft = fields.boolean("lstrip", false);
    token.takesRight = fields.boolean("rstrip", false);
    token.isSpecial = fields.boolean("special", false);
    token.isNormalized = fields.boolean("normalized", !token.isSpecial);
    if (const auto checked = fields.check(); !checked)
        return checked;
    const auto invalid = [&where](const std::string& problem) {
        return fail(Error::Code::InvalidFile, where + ": " + problem);
    };
    if (token.content.empty())
        return {}; // the reference passes over these
    if (id < 0 || id > kMaxTokenId)
        return invalid("id " + std::to_string(id) + " is out of range.");
    token.id = vocabulary.find(token.content).value_or(static_cast<int>(id));
    const std::optional<std::string_view> holder = vocabulary.piece(token.id);
    if (holder && *holder != token.content)
        return invalid("id " + std::to_string(id) + " of `" + token.content + "` belongs to `"
            + std::string(*holder) + "` in `model.vocab`.");
    if (const AddedToken* other = find(token.id); other && other->content != token.content)
        return invalid("`" + token.content + "` and `" + other->content + "` both have id "
            + std::to_string(id) + ".");
    if (const AddedToken* other = find(token.content); other && other->id != token.id)
        return invalid("`" + token.content + "` has both id " + std::to_string(other->id) + " and "
            + std::to_string(id) + ".");

    std::string searched = token.content;
    if (token.isNormalized && normalizer) {
        auto normalized = normalizer->apply(AlignedText::fromInput(token.content));
        if (!normalized)
            return fail(normalized.error());
        searched = normalized->text();
    }
    if (!searched.empty())
        (token.isNormalized ? m_normalized : m_raw).add(searched, token.id);
    m_areRespelled
        = m_areRespelled || token.takesLeft || token.takesRight || searched != token.content;
    m_idsByContent[token.content] = token.id;
    m_size = std::max(m_size, token.id + 1);
    m_tokens[token.id] = std::move(token);
    return {};
}

} // namespace core
