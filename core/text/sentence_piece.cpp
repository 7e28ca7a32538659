#include "core/text/sentence_piece_model.h"

#include "core/text/bpe_tokenizer.h"
#include "core/text/folder_readers.h"

#include <algorithm>
#include <functional>
#include <map>

namespace core {

namespace {

using Model = SentencePieceModel;

constexpr std::string_view kMark = "\xe2\x96\x81"; // "▁", written for a space

/// What SentencePiece does to a text before it looks for pieces.
class SpaceNormalizer : public Normalizer {
public:
    /// `isLegacy`: every part between special tokens gets the prefix, not only the first.
    SpaceNormalizer(const Model& model, bool isLegacy)
        : m_addsPrefix(model.addsDummyPrefix)
        , m_removesExtra(model.removesExtraSpaces)
        , m_space(model.escapesSpaces ? kMark : " ")
        , m_isLegacy(isLegacy)
    {
    }
    Result<AlignedText> apply(AlignedText text) const override
    {
        const std::string& before = text.text();
        std::size_t begin = 0;
        std::size_t end = before.size();
        if (m_removesExtra) {
            begin = std::min(before.find_first_not_of(' '), end);
            end = std::max(before.find_last_not_of(' ') + 1, begin); // npos + 1 is 0
        }
        AlignedText result;
        if (begin == end)
            return result;
        result.reserve(before.size() + kMark.size());
        if (m_addsPrefix && (m_isLegacy || text.source(0).begin == 0))
            result.append(m_space, text.source(begin));
        for (std::size_t i = begin; i < end; ++i) {
            const bool isExtra = m_removesExtra && before[i] == ' ' && before[i + 1] == ' ';
            if (isExtra)
                continue;
            if (before[i] == ' ')
                result.append(m_space, text.source(i));
            else
                result.append(text, i, i + 1);
        }
        return result;
    }

private:
    bool m_addsPrefix;
    bool m_removesExtra;
    std::string_view m_space;
    bool m_isLegacy;
};

/// Pieces with equal scores get equal ranks; the highest score comes first.
std::vector<Bpe::RankedPiece> rankPieces(const Model& model)
{
    std::map<float, std::uint32_t, std::greater<>> ranks;
    for (const Model::Piece& piece : model.pieces) {
        if (piece.type == Model::Type::Normal)
            ranks[piece.score] = 0;
    }
    std::uint32_t next = 0;
    for (auto& [score, rank] : ranks)
        rank = next++;
    std::vector<Bpe::RankedPiece> ranked;
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
        const Model::Piece& piece = model.pieces[id];
        if (piece.type == Model::Type::Normal)
            ranked.push_back({static_cast<int>(id), ranks[piece.score]});
    }
    return ranked;
}

/// Special pieces as `added_tokens`, and what the files beside the model add.
nlohmann::json addedTokens(const Model& model, const nlohmann::json& side)
{
    nlohmann::json added = nlohmann::json::array();
    for (std::size_t id = 0; id < model.pieces.size(); ++id) {
        const Model::Piece& piece = model.pieces[id];
        const bool isUsers = piece.type == Model::Type::UserDefined;
        if (isUsers || piece.type == Model::Type::Control || piece.type == Model::Type::Unknown)
            added.push_back({{"id", id}, {"content", piece.text}, {"special", !isUsers},
                {"normalized", isUsers}});
    }
    added.insert(added.end(), side.begin(), side.end());
    return added;
}

nlohmann::json decoder(const Model& model)
{
    nlohmann::json steps = nlohmann::json::array();
    if (model.escapesSpaces)
        steps.push_back({{"type", "Replace"}, {"pattern", {{"String", kMark}}}, {"content", " "}});
    steps.push_back({{"type", "ByteFallback"}});
    steps.push_back({{"type", "Fuse"}});
    if (model.addsDummyPrefix)
        steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    return {{"type", "Sequence"}, {"decoders", steps}};
}

} // namespace

MadeTokenizer makeSentencePiece(
    std::string_view bytes, const SideFiles& side, const std::string& file)
{
    const auto model = Model::parse(bytes, file);
    if (!model)
        return fail(model.error());
    return makeSentencePiece(*model, side, file);
}

MadeTokenizer makeSentencePiece(
    const SentencePieceModel& model, const SideFiles& side, const std::string& file)
{
    std::vector<std::string> pieces;
    Bpe::Options options;
    options.hasByteFallback = model.hasByteFallback;
    options.fusesUnknown = true;
    for (const Model::Piece& piece : model.pieces) {
        if (piece.type == Model::Type::Unknown)
            options.unknown = static_cast<int>(pieces.size());
        pieces.push_back(piece.text);
    }
    auto vocabulary = Vocabulary::fromList(pieces, file);
    if (!vocabulary)
        return fail(vocabulary.error());
    auto bpe = Bpe::fromRanks(std::move(*vocabulary), rankPieces(model), options, file);
    if (!bpe)
        return fail(bpe.error());

    SpecialNames names = side.names;
    if (!names.bos.isSaid && model.bos >= 0)
        names.bos = {true, "", model.bos};
    if (!names.eos.isSaid && model.eos >= 0)
        names.eos = {true, "", model.eos};
    names.addBos = names.addBos.value_or(true);
    return BpeTokenizer::fromParts(std::move(*bpe),
        {{"added_tokens", addedTokens(model, side.added)}, {"decoder", decoder(model)}},
        std::make_unique<SpaceNormalizer>(model, names.isLegacy), names, file);
}

} // namespace core
