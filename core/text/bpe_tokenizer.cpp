#include "core/text/bpe_tokenizer.h"

#include "core/text/tokenizer_json.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

namespace core {

namespace {

void add(Tokens& tokens, int id, std::string_view piece, std::pair<int, int> range)
{
    tokens.ids.emplace_back(id);
    tokens.pieces.emplace_back(piece);
    tokens.offsets.push_back(range);
}

template <typename Part> Result<void> take(Part& part, Result<Part> made)
{
    if (!made)
        return fail(made.error());
    part = std::move(*made);
    return {};
}

nlohmann::json entry(const nlohmann::json& json, const char* name)
{
    const auto found = json.find(name);
    return found == json.end() ? nlohmann::json() : *found;
}

} // namespace

Result<std::shared_ptr<const Tokenizer>> BpeTokenizer::fromJson(
    std::string_view text, const SpecialNames& names, const std::string& file)
{
    auto content = readTokenizerJson(text, file);
    if (!content)
        return fail(content.error());
    const nlohmann::json& json = content->rest;
    if (!json.is_object() || !json.contains("model"))
        return fail(Error::Code::InvalidFile,
            file + ": field `model` is missing. This is not a tokenizer in Hugging Face layout.");
    auto model = Bpe::fromJson(json["model"], std::move(content->pieces), content->merges, file);
    if (!model)
        return fail(model.error());
    return fromParts(std::move(*model), json, nullptr, names, file);
}

Result<std::shared_ptr<const Tokenizer>> BpeTokenizer::fromParts(std::unique_ptr<const Bpe> model,
    const nlohmann::json& json, std::unique_ptr<const Normalizer> normalizer,
    const SpecialNames& names, const std::string& file)
{
    auto tokenizer = std::make_shared<BpeTokenizer>();
    BpeTokenizer& t = *tokenizer;
    t.m_model = std::move(model);
    // Added tokens need the vocabulary and the normalizer; the template needs every token.
    if (const auto r = take(t.m_normalizer, makeNormalizer(entry(json, "normalizer"), file)); !r)
        return fail(r.error());
    if (const auto r = take(t.m_preTokenizer, makePreTokenizer(entry(json, "pre_tokenizer"), file));
        !r)
        return fail(r.error());
    if (const auto r = take(t.m_decoder, makeDecoder(entry(json, "decoder"), file)); !r)
        return fail(r.error());
    if (const auto r = take(t.m_added,
            AddedTokens::fromJson(
                entry(json, "added_tokens"), t.m_model->vocabulary(), t.m_normalizer.get(), file));
        !r)
        return fail(r.error());
    if (normalizer)
        t.m_normalizer = std::move(normalizer);
    const auto pieceOf = [&t](int id) { return t.pieceOf(id); };
    if (const auto r
        = take(t.m_postProcessor, makePostProcessor(entry(json, "post_processor"), pieceOf, file));
        !r)
        return fail(r.error());
    t.applyNames(names);
    return tokenizer;
}

std::optional<std::string_view> BpeTokenizer::pieceOf(int id) const
{
    if (const AddedToken* added = m_added.find(id))
        return added->content;
    return m_model->vocabulary().piece(id);
}

std::optional<TokenId> BpeTokenizer::tokenFrom(const SpecialNames::Token& name) const
{
    if (name.id) {
        const bool isKnown
            = *name.id >= 0 && *name.id < size() && pieceOf(static_cast<int>(*name.id));
        return isKnown ? std::optional(TokenId(*name.id)) : std::nullopt;
    }
    return name.content.empty() ? std::nullopt : find(name.content);
}

void BpeTokenizer::applyNames(const SpecialNames& names)
{
    m_bos = tokenFrom(names.bos);
    m_eos = tokenFrom(names.eos);
    Tokens none;
    if (m_postProcessor)
        m_postProcessor->apply(none, true);
    if (!names.bos.isSaid
        && !none.ids.empty()) // a template that starts with a token names the beginning
        m_bos = none.ids.front();
    const bool hasTemplate = m_postProcessor && m_postProcessor->hasTemplate();
    const bool isOldSentencePiece = names.tokenizerClass.starts_with("LlamaTokenizer")
        || names.tokenizerClass.starts_with("GemmaTokenizer");
    m_addsBos = !hasTemplate && names.addBos.value_or(isOldSentencePiece);
    m_addsEos = !hasTemplate && names.addEos.value_or(false);
}

Result<Tokens> BpeTokenizer::encode(std::string_view text, bool addSpecial) const
{
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        return fail(Error::Code::Unsupported, "The text is longer than 2 GiB. Cut it into parts.");
    Tokens tokens;
    // English has a token for every four bytes; more must pay for itself.
    const std::size_t expected = std::min(text.size() / 3, std::size_t{1} << 20u);
    tokens.ids.reserve(expected);
    tokens.pieces.reserve(expected);
    tokens.offsets.reserve(expected);
    if (const auto encoded = encodeRaw(AlignedText::fromInput(text), tokens); !encoded)
        return fail(encoded.error());
    if (m_postProcessor)
        m_postProcessor->apply(tokens, addSpecial);
    if (addSpecial)
        addSpecialTokens(tokens);
    for (std::size_t i = 0; m_added.areRespelled() && i < tokens.ids.size(); ++i) {
        // Until here the piece of an added token held the white space that it swallowed.
        if (const AddedToken* added = m_added.find(tokens.ids[i].value))
            tokens.pieces[i] = added->content;
    }
    return tokens;
}

Result<void> BpeTokenizer::encodeRaw(const AlignedText& text, Tokens& tokens) const
{
    for (const AddedTokens::Piece& piece : m_added.cut(text.text(), false)) {
        if (piece.id) {
            add(tokens, *piece.id,
                std::string_view(text.text()).substr(piece.begin, piece.end - piece.begin),
                text.sourceRange(piece.begin, piece.end));
            continue;
        }
        AlignedText part = text.slice(piece.begin, piece.end);
        if (m_normalizer) {
            auto normalized = m_normalizer->apply(std::move(part));
            if (!normalized)
                return fail(normalized.error());
            part = std::move(*normalized);
        }
        if (const auto encoded = encodeNormalized(std::move(part), tokens); !encoded)
            return encoded;
    }
    return {};
}

Result<void> BpeTokenizer::encodeNormalized(AlignedText text, Tokens& tokens) const
{
    for (const AddedTokens::Piece& piece : m_added.cut(text.text(), true)) {
        if (piece.id)
            add(tokens, *piece.id,
                std::string_view(text.text()).substr(piece.begin, piece.end - piece.begin),
                text.sourceRange(piece.begin, piece.end));
        else if (const auto encoded = encodeWords(text.slice(piece.begin, piece.end), tokens);
                 !encoded)
            return encoded;
    }
    return {};
}

Result<void> BpeTokenizer::encodeWords(AlignedText text, Tokens& tokens) const
{
    Words words(std::move(text));
    if (m_preTokenizer) {
        if (const auto cut = m_preTokenizer->cut(words); !cut)
            return cut;
    }
    std::vector<Bpe::WordToken> found;
    for (const Words::Span& span : words.spans) {
        found.clear();
        m_model->encode(words.word(span), found);
        for (const Bpe::WordToken& token : found)
            add(tokens, token.id, *m_model->vocabulary().piece(token.id),
                words.text.sourceRange(span.begin + token.begin, span.begin + token.end));
    }
    return {};
}

void BpeTokenizer::addSpecialTokens(Tokens& tokens) const
{
    if (m_addsBos && m_bos) {
        tokens.ids.insert(tokens.ids.begin(), *m_bos);
        tokens.pieces.emplace(tokens.pieces.begin(), *pieceOf(m_bos->value));
        tokens.offsets.insert(tokens.offsets.begin(), {0, 0});
    }
    if (m_addsEos && m_eos)
        add(tokens, m_eos->value, *pieceOf(m_eos->value), {0, 0});
}

/// An added token does, even where its letters could stand for bytes, unless the model makes it of
/// other text as well.
bool BpeTokenizer::standsForItself(int id) const
{
    const AddedToken* added = m_added.find(id);
    if (!added || !m_model->vocabulary().piece(id))
        return added != nullptr;
    std::vector<Bpe::WordToken> made;
    m_model->encode(added->content, made);
    return made.size() != 1 || made.front().id != id;
}

std::string BpeTokenizer::decode(std::span<const TokenId> ids, bool skipSpecial) const
{
    std::vector<std::string> pieces;
    for (const TokenId id : ids) {
        const auto piece = pieceOf(id.value);
        if (!piece || (skipSpecial && isSpecial(id)))
            continue;
        std::string text(*piece);
        pieces.push_back(m_decoder && standsForItself(id.value)
                ? m_decoder->pieceFor(std::move(text))
                : std::move(text));
    }
    if (m_decoder)
        m_decoder->apply(pieces);
    std::string text;
    for (std::size_t i = 0; i < pieces.size(); ++i)
        text.append(i > 0 && !m_decoder ? " " : "").append(pieces[i]);
    return text;
}

std::string BpeTokenizer::display(TokenId id) const
{
    const auto piece = pieceOf(id.value);
    if (!piece)
        return {};
    if (m_added.find(id.value) || !m_decoder)
        return std::string(*piece);
    const std::string bytes = m_decoder->bytesOf(std::string(*piece));
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string shown;
    for (std::size_t i = 0; i < bytes.size();) {
        const Utf8Step step = utf8At(bytes, i);
        if (step.isValid) {
            shown.append(bytes, i, step.length);
        } else {
            for (std::size_t k = i; k < i + step.length; ++k) {
                const auto byte = static_cast<unsigned char>(bytes[k]);
                shown.append("<0x")
                    .append(1, kDigits[byte >> 4u])
                    .append(1, kDigits[byte & 15u])
                    .append(">");
            }
        }
        i += step.length;
    }
    return shown;
}

int BpeTokenizer::size() const
{
    return std::max(m_model->vocabulary().size(), m_added.size());
}

bool BpeTokenizer::isSpecial(TokenId id) const
{
    const AddedToken* added = m_added.find(id.value);
    return added && added->isSpecial;
}

std::optional<TokenId> BpeTokenizer::find(std::string_view piece) const
{
    if (const AddedToken* added = m_added.find(piece))
        return TokenId(added->id);
    const auto id = m_model->vocabulary().find(piece);
    return id ? std::optional(TokenId(*id)) : std::nullopt;
}

std::string BpeTokenizer::typeName() const
{
    if (m_preTokenizer && m_preTokenizer->isByteLevel())
        return "byte-level BPE";
    return m_model->hasByteFallback() ? "SentencePiece-style BPE" : "BPE";
}

} // namespace core
