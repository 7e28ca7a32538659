#include "core/text/bpe.h"

#include "core/files/json_file.h"
#include "core/text/utf8.h"

#include <array>

#include <nlohmann/json.hpp>

namespace core {

namespace {

constexpr std::size_t kMaxRankedPiece = 512;

tl::unexpected<Error> invalid(const std::string& file, const std::string& problem)
{
    return fail(Error::Code::InvalidFile, file + ": " + problem);
}

std::string byteName(int byte)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string name = "<0x00>";
    name[3] = kDigits[static_cast<std::size_t>(byte / 16)];
    name[4] = kDigits[static_cast<std::size_t>(byte % 16)];
    return name;
}

} // namespace

Result<std::unique_ptr<const Bpe>> Bpe::fromJson(
    const nlohmann::json& json, PieceList pieces, const MergeList& merges, const std::string& file)
{
    JsonFields fields(json, file + ": model");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());
    // Files of the first versions name no type; those with merges are BPE.
    const std::string type
        = fields.string("type", fields.has("merges") ? "BPE" : "of no named type");
    if (type != "BPE" && fields.check())
        return fail(Error::Code::Unsupported,
            file + ": tokenizer models of type `" + type + "` are not supported; only BPE is.");

    Options options;
    options.hasByteFallback = fields.boolean("byte_fallback", false);
    options.fusesUnknown = fields.boolean("fuse_unk", false);
    options.ignoresMerges = fields.boolean("ignore_merges", false);
    options.prefix = fields.string("continuing_subword_prefix", "");
    options.suffix = fields.string("end_of_word_suffix", "");
    const std::string unknown = fields.string("unk_token", "");
    if (fields.number("dropout", 0) > 0)
        return fail(Error::Code::Unsupported,
            file + ": `model.dropout` is not 0: tokens would be drawn by chance. Set it to null.");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());
    auto vocabulary = Vocabulary::fromPieces(std::move(pieces), file);
    if (!vocabulary)
        return fail(vocabulary.error());
    if (!unknown.empty()) {
        options.unknown = vocabulary->find(unknown);
        if (!options.unknown)
            return invalid(
                file, "`model.unk_token` is `" + unknown + "`, which `model.vocab` does not hold.");
    }
    if (!json.contains("merges") || !json["merges"].is_array())
        return invalid(file, "field `model.merges` must be a list.");
    return fromMerges(std::move(*vocabulary), merges, options, file);
}

Result<std::unique_ptr<const Bpe>> Bpe::fromMerges(
    Vocabulary vocabulary, const MergeList& merges, const Options& options, const std::string& file)
{
    auto bpe = std::unique_ptr<Bpe>(new Bpe(std::move(vocabulary), options));
    if (const auto read = bpe->readMerges(merges, file); !read)
        return fail(read.error());
    bpe->readBorders();
    return bpe;
}

Result<std::unique_ptr<const Bpe>> Bpe::fromRanks(Vocabulary vocabulary,
    const std::vector<RankedPiece>& ranked, const Options& options, const std::string& file)
{
    auto bpe = std::unique_ptr<Bpe>(new Bpe(std::move(vocabulary), options));
    std::vector<bool> isRanked(static_cast<std::size_t>(bpe->m_vocabulary.size()));
    for (const RankedPiece& piece : ranked)
        isRanked[static_cast<std::size_t>(piece.id)] = true;
    const auto find = [&](std::string_view part) -> std::optional<int> {
        const auto id = bpe->m_vocabulary.find(part);
        return id && isRanked[static_cast<std::size_t>(*id)] ? id : std::nullopt;
    };
    for (const RankedPiece& ranking : ranked) {
        const std::string_view piece = *bpe->m_vocabulary.piece(ranking.id);
        // Every way to join a piece is looked up, so its length counts twice.
        if (piece.size() > kMaxRankedPiece)
            return invalid(file,
                "piece " + std::to_string(ranking.id) + " has " + std::to_string(piece.size())
                    + " bytes; pieces that are joined may have " + std::to_string(kMaxRankedPiece)
                    + ".");
        for (std::size_t at = 1; at < piece.size(); ++at) {
            if (isUtf8Continuation(piece[at]))
                continue;
            const auto left = find(piece.substr(0, at));
            const auto right = left ? find(piece.substr(at)) : std::nullopt;
            if (right)
                bpe->setMerge({pairKey(*left, *right), ranking.rank, ranking.id});
        }
    }
    bpe->readBorders();
    return bpe;
}

Bpe::Bpe(Vocabulary vocabulary, const Options& options)
    : m_vocabulary(std::move(vocabulary))
    , m_options(options)
{
    if (!options.hasByteFallback)
        return;
    for (int byte = 0; byte < 256; ++byte)
        m_byteIds.push_back(m_vocabulary.find(byteName(byte)).value_or(-1));
}

Result<void> Bpe::readMerges(const MergeList& merges, const std::string& file)
{
    m_merges.reserve(merges.size());
    m_mergePlaces.reserve(merges.size());
    std::string joined;
    for (std::uint32_t rank = 0; rank < merges.size(); ++rank) {
        const std::string_view left = merges.left(rank);
        const std::string_view right = merges.right(rank);
        if (left.empty() || right.empty())
            return invalid(
                file, "`model.merges` entry " + std::to_string(rank) + " has an empty side.");
        // With a continuing prefix the right piece loses it when joined.
        const bool hasPrefix = right.starts_with(m_options.prefix);
        joined.assign(left).append(right.substr(hasPrefix ? m_options.prefix.size() : 0));
        const std::array<std::string_view, 3> needed{left, right, joined};
        std::array<int, 3> ids{};
        for (std::size_t i = 0; i < needed.size(); ++i) {
            const auto id = m_vocabulary.find(needed[i]);
            if (!id)
                return invalid(file,
                    "`model.merges` entry " + std::to_string(rank) + " needs the piece `"
                        + std::string(needed[i]) + "`, which `model.vocab` does not hold.");
            ids[i] = *id;
        }
        setMerge({pairKey(ids[0], ids[1]), rank, ids[2]});
    }
    if (merges.problem())
        return invalid(file, *merges.problem());
    return {};
}

/// Of two merges of one pair the later counts.
void Bpe::setMerge(const Merge& merge)
{
    const auto end = static_cast<std::uint32_t>(m_merges.size());
    const std::uint32_t place = m_mergePlaces.findOrAdd(hashOf(merge.pair), end,
        [&](std::uint32_t other) { return m_merges[other].pair == merge.pair; });
    if (place == end)
        m_merges.push_back(merge);
    else
        m_merges[place] = merge;
}

} // namespace core
