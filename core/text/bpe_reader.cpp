#include "core/text/bpe.h"

#include "core/files/json_file.h"

#include <array>

namespace core {

namespace {

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
    bpe->m_hasByteFallback = fields.boolean("byte_fallback", false);
    bpe->m_fusesUnknown = fields.boolean("fuse_unk", false);
    bpe->m_ignoresMerges = fields.boolean("ignore_merges", false);
    bpe->m_prefix = fields.string("continuing_subword_prefix", "");
    bpe->m_suffix = fields.string("end_of_word_suffix", "");
    const std::string unknown = fields.string("unk_token", "");
    if (const auto checked = fields.check(); !checked)
        return fail(checked.error());
    auto vocabulary = Vocabulary::fromJson(json.value("vocab", nlohmann::json()), file);
    if (!vocabulary)
        return fail(vocabulary.error());
    bpe->m_vocabulary = std::move(*vocabulary);
    if (!unknown.empty()) {
        bpe->m_unknown = bpe->m_vocabulary.find(unknown);
        if (!bpe->m_unknown)
            return invalid(
                file, "`model.unk_token` is `" + unknown + "`, which `model.vocab` does not hold.");
    }
    if (bpe->m_hasByteFallback) {
        for (int byte = 0; byte < 256; ++byte)
            bpe->m_byteIds.push_back(bpe->m_vocabulary.find(byteName(byte)).value_or(-1));
    }
    if (const auto read = bpe->readMerges(json.value("merges", nlohmann::json()), file); !read)
        return fail(read.error());
    return bpe;
}

Result<void> Bpe::readMerges(const nlohmann::json& json, const std::string& file)
{
    if (!json.is_array())
        return invalid(file, "field `model.merges` must be a list.");
    m_merges.reserve(json.size());
    std::uint32_t rank = 0;
    for (const nlohmann::json& entry : json) {
        const auto where = [&] { return "`model.merges` entry " + std::to_string(rank); };
        std::string left;
        std::string right;
        if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
            left = entry[0].get<std::string>();
            right = entry[1].get<std::string>();
        } else if (entry.is_string()) {
            const auto& text = entry.get_ref<const std::string&>();
            const std::size_t space = text.find(' ');
            if (space == std::string::npos)
                return invalid(
                    file, where() + ", `" + text + "`, is not two pieces with a space between.");
            left = text.substr(0, space);
            right = text.substr(space + 1);
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
    const std::string& left, const std::string& right, std::uint32_t rank, const std::string& file)
{
    const auto leftId = m_vocabulary.find(left);
    const auto rightId = m_vocabulary.find(right);
    // With a continuing prefix the right piece loses it when joined.
    const bool hasPrefix = !m_prefix.empty() && right.starts_with(m_prefix);
    const std::string joined = left + (hasPrefix ? right.substr(m_prefix.size()) : right);
    const auto joinedId = m_vocabulary.find(joined);
    const std::array<std::pair<bool, const std::string*>, 3> needed{{{leftId.has_value(), &left},
        {rightId.has_value(), &right}, {joinedId.has_value(), &joined}}};
    for (const auto& [isKnown, piece] : needed) {
        if (!isKnown)
            return invalid(file,
                "`model.merges` entry " + std::to_string(rank) + " needs the piece `" + *piece
                    + "`, which `model.vocab` does not hold.");
    }
    const auto key
        = (static_cast<std::uint64_t>(*leftId) << 32) | static_cast<std::uint32_t>(*rightId);
    m_merges[key] = {rank, *joinedId};
    return {};
}

} // namespace core
