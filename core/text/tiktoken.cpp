#include "core/text/bpe_tokenizer.h"
#include "core/text/byte_alphabet.h"
#include "core/text/folder_readers.h"
#include "core/text/known_patterns.h"

#include <algorithm>
#include <charconv>

namespace core {

namespace {

constexpr int kReserved = 256; // ids that Llama 3 keeps for special tokens, behind the ranks

int sextet(char c)
{
    constexpr std::string_view kDigits
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t at = kDigits.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::optional<std::string> fromBase64(std::string_view text)
{
    if (text.empty() || text.size() % 4 != 0)
        return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i)
        text.remove_suffix(1);
    std::string bytes;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const int value = sextet(c);
        if (value < 0)
            return std::nullopt;
        bits = (bits << 6u) | static_cast<unsigned>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>((bits >> count) & 0xffu);
        }
    }
    return bytes;
}

struct Line {
    std::string bytes;
    int rank;
};

std::optional<Line> readLine(std::string_view line)
{
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos)
        return std::nullopt;
    auto bytes = fromBase64(line.substr(0, space));
    const std::string_view number = line.substr(space + 1);
    int rank = -1;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), rank);
    if (!bytes || bytes->empty() || problem != std::errc() || end != number.data() + number.size()
        || rank < 0)
        return std::nullopt;
    return Line{std::move(*bytes), rank};
}

std::string_view takeLine(std::string_view text, std::size_t& begin)
{
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    begin = end + 1;
    return line;
}

/// The names of Llama 3.1's 256 special tokens in the order of their ids.
std::vector<std::string> specialNames()
{
    const auto reserved
        = [](int i) { return "<|reserved_special_token_" + std::to_string(i) + "|>"; };
    std::vector<std::string> names{"<|begin_of_text|>", "<|end_of_text|>", reserved(0), reserved(1),
        "<|finetune_right_pad_id|>", reserved(2), "<|start_header_id|>", "<|end_header_id|>",
        "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"};
    for (int i = 3; names.size() < kReserved; ++i)
        names.push_back(reserved(i));
    return names;
}

/// Pieces in byte stand-ins, by rank.
Result<std::vector<std::string>> readPieces(std::string_view text, const std::string& file)
{
    std::vector<std::string> pieces;
    // Every rank has a line of at least six characters.
    const std::size_t possible = text.size() / 6 + 1;
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view line = takeLine(text, at);
        ++number;
        if (line.empty())
            continue;
        const auto read = readLine(line);
        const auto invalid = [&](const std::string& problem) {
            return fail(
                Error::Code::InvalidFile, file + ": line " + std::to_string(number) + problem);
        };
        if (!read)
            return invalid(" is not a base64 text, a space and a rank.");
        const auto rank = static_cast<std::size_t>(read->rank);
        if (rank >= possible)
            return invalid(" has rank " + std::to_string(rank) + ", more than there are lines.");
        if (rank >= pieces.size())
            pieces.resize(rank + 1);
        if (!pieces[rank].empty())
            return invalid(" has rank " + std::to_string(rank) + " for the second time.");
        pieces[rank] = byte_alphabet::encode(read->bytes);
    }
    return pieces;
}

} // namespace

bool isTiktoken(std::string_view text)
{
    std::size_t at = 0;
    return readLine(takeLine(text, at)).has_value();
}

MadeTokenizer makeTiktoken(std::string_view text, const SideFiles& side, const std::string& file)
{
    auto pieces = readPieces(text, file);
    if (!pieces)
        return fail(pieces.error());
    const int count = static_cast<int>(pieces->size());
    std::vector<Bpe::RankedPiece> ranked;
    for (int id = 0; id < count; ++id) {
        if (!(*pieces)[static_cast<std::size_t>(id)].empty())
            ranked.push_back({id, static_cast<std::uint32_t>(id)});
    }
    auto vocabulary = Vocabulary::fromList(*pieces, file);
    if (!vocabulary)
        return fail(vocabulary.error());
    for (int byte = 0; byte < 256; ++byte) {
        if (!vocabulary->find(byte_alphabet::standIn(static_cast<unsigned char>(byte))))
            return fail(Error::Code::InvalidFile,
                file + ": the byte " + std::to_string(byte)
                    + " has no rank. Every byte must have one; the file may be cut short.");
    }
    Bpe::Options options;
    options.ignoresMerges = true;
    auto model = Bpe::fromRanks(std::move(*vocabulary), ranked, options, file);
    if (!model)
        return fail(model.error());

    nlohmann::json added = side.added;
    const auto isAdded = [&added](int id, const std::string& content) {
        return std::any_of(added.begin(), added.end(), [&](const nlohmann::json& token) {
            return token["id"] == id || token["content"] == content;
        });
    };
    const auto names = specialNames();
    const std::size_t given = added.size();
    for (int i = 0; i < kReserved; ++i) {
        const std::string& name = names[static_cast<std::size_t>(i)];
        if (given == 0 || !isAdded(count + i, name))
            added.push_back(
                {{"id", count + i}, {"content", name}, {"special", true}, {"normalized", false}});
    }
    SpecialNames roles = side.names;
    if (!roles.bos.isSaid)
        roles.bos = {true, "", count};
    if (!roles.eos.isSaid)
        roles.eos = {true, "", count + 1};
    roles.addBos = roles.addBos.value_or(true);
    return BpeTokenizer::fromParts(std::move(*model),
        {{"added_tokens", added}, {"pre_tokenizer", splitThenBytes(kLlama3Pattern)},
            {"decoder", {{"type", "ByteLevel"}}}},
        nullptr, roles, file);
}

} // namespace core
