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

/// Not a copy: a vocabulary and its merges are most of a file of many megabytes.
const nlohmann::json& entryOf(const nlohmann::json& json, const char* name)
{
    static const nlohmann::json kNone;
    const auto found = json.find(name);
    return found == json.end() ? kNone : *found;
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
    const nlohmann::json& json, const std::string& file)
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

    auto bpe = std::unique_ptr<Bpe>(new Bpe);
    const bool hasByteFallback = fields.boolean("byte_fallback", false);
    bpe->m_fusesUnknown = fields.boolean("fuse_unk", false);
    bpe->m_ignoresMerges = fields.boolean("ignore_merges", false);
    bpe->m_prefix = fields.string("continuing_subword_prefix", "");
    bpe->m_suffix = fields.string("end_of_word_suffix", "");
    const std::string unknown = fields.string("unk_token", "");
    if (fields.number("dropout", 0) > 0)
        return fail(Error::Code::Unsupported,
            file + ": `model.dropout` is not 0: tokens would be drawn by chance. Set it to null.");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());
    auto vocabulary = Vocabulary::fromJson(entryOf(json, "vocab"), file);
    if (!vocabulary)
        return fail(vocabulary.error());
    bpe->m_vocabulary = std::move(*vocabulary);
    if (!unknown.empty()) {
        bpe->m_unknown = bpe->m_vocabulary.find(unknown);
        if (!bpe->m_unknown)
            return invalid(
                file, "`model.unk_token` is `" + unknown + "`, which `model.vocab` does not hold.");
    }
    if (hasByteFallback)
        bpe->findBytes();
    if (const auto read = bpe->readMerges(entryOf(json, "merges"), file); !read)
        return fail(read.error());
    bpe->readBorders();
    return bpe;
}

Result<std::unique_ptr<const Bpe>> Bpe::fromRanks(Vocabulary vocabulary,
    const std::vector<RankedPiece>& ranked, const Options& options, const std::string& file)
{
    auto bpe = std::unique_ptr<Bpe>(new Bpe);
    bpe->m_vocabulary = std::move(vocabulary);
    bpe->m_unknown = options.unknown;
    bpe->m_fusesUnknown = true;
    bpe->m_ignoresMerges = options.ignoresMerges;
    if (options.hasByteFallback)
        bpe->findBytes();
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
                bpe->m_merges[pairKey(*left, *right)] = {ranking.rank, ranking.id};
        }
    }
    bpe->readBorders();
    return bpe;
}

void Bpe::findBytes()
{
    m_hasByteFallback = true;
    for (int byte = 0; byte < 256; ++byte)
        m_byteIds.push_back(m_vocabulary.find(byteName(byte)).value_or(-1));
}

Result<void> Bpe::readMerges(const nlohmann::json& json, const std::string& file)
{
    if (!json.is_array())
        return invalid(file, "field `model.merges` must be a list.");
    m_merges.reserve(json.size());
    std::uint32_t rank = 0;
    for (const nlohmann::json& entry : json) {
        const auto where = [&] { return "`model.merges` entry " + std::to_string(rank); };
        std::string_view left;
        std::string_view right;
        if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
            left = entry[0].get_ref<const std::string&>();
            right = entry[1].get_ref<const std::string&>();
        } else if (entry.is_string()) {
            const auto& text = entry.get_ref<const std::string&>();
            const std::size_t space = text.find(' ');
            if (space == std::string::npos)
                return invalid(
                    file, where() + ", `" + text + "`, is not two pieces with a space between.");
            left = std::string_view(text).substr(0, space);
            right = std::string_view(text).substr(space + 1);
        } else {
            return invalid(file, where() + " must be a text or a pair of texts.");
        }
        if (const auto added = addMerge(left, right, rank, file); !added)
            return added;
        ++rank;
    }
    return {};
}

Result<void> Bpe::addMerge(
    std::string_view left, std::string_view right, std::uint32_t rank, const std::string& file)
{
    const auto leftId = m_vocabulary.find(left);
    const auto rightId = m_vocabulary.find(right);
    // With a continuing prefix the right piece loses it when joined.
    const bool hasPrefix = !m_prefix.empty() && right.starts_with(m_prefix);
    const std::string joined
        = std::string(left).append(hasPrefix ? right.substr(m_prefix.size()) : right);
    const auto joinedId = m_vocabulary.find(joined);
    if (left.empty() || right.empty())
        return invalid(
            file, "`model.merges` entry " + std::to_string(rank) + " has an empty side.");
    const std::array<std::pair<bool, std::string_view>, 3> needed{
        {{leftId.has_value(), left}, {rightId.has_value(), right}, {joinedId.has_value(), joined}}};
    for (const auto& [isKnown, piece] : needed) {
        if (!isKnown)
            return invalid(file,
                "`model.merges` entry " + std::to_string(rank) + " needs the piece `"
                    + std::string(piece) + "`, which `model.vocab` does not hold.");
    }
    m_merges[pairKey(*leftId, *rightId)] = {rank, *joinedId};
    return {};
}

} // namespace core
