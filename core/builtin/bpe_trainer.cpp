#include "core/builtin/bpe_trainer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>

namespace core {

namespace {

enum class CharClass { Space, Letter, Digit, Other };

// Bytes of other scripts only appear inside letters in this world's texts.
CharClass classOf(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    if (byte == ' ' || (byte >= '\t' && byte <= '\r'))
        return CharClass::Space;
    if (byte >= '0' && byte <= '9')
        return CharClass::Digit;
    if (byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
        return CharClass::Letter;
    return CharClass::Other;
}

std::size_t contractionAt(std::string_view text)
{
    for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
        if (text.starts_with(ending))
            return ending.size();
    }
    return 0;
}

std::size_t runLength(std::string_view text, std::size_t from)
{
    std::size_t end = from;
    while (end < text.size() && classOf(text[end]) == classOf(text[from]))
        ++end;
    return end;
}

std::size_t pieceLength(std::string_view text)
{
    if (const std::size_t length = contractionAt(text))
        return length;
    if (classOf(text[0]) != CharClass::Space)
        return runLength(text, 0);
    if (text[0] == ' ' && text.size() > 1 && classOf(text[1]) != CharClass::Space)
        return runLength(text, 1);
    const std::size_t end = runLength(text, 0);
    // `\s+(?!\S)`: the last blank goes to the word after it.
    return end == text.size() || end == 1 ? end : end - 1;
}

using PieceId = std::int32_t;
using PiecePair = std::pair<PieceId, PieceId>;

/// The distinct pieces of the corpus with their counts, kept merged as far as training got.
class Corpus {
public:
    explicit Corpus(const std::vector<std::string>& texts)
    {
        std::map<std::string_view, std::int64_t> counts;
        for (const auto& text : texts)
            for (const auto piece : splitLikeGpt2(text))
                ++counts[piece];
        for (const auto& [piece, count] : counts) {
            std::vector<PieceId> ids;
            for (const char c : piece)
                ids.push_back(static_cast<unsigned char>(c));
            m_words.push_back({std::move(ids), count});
            addPairs(m_words.size() - 1, 1);
        }
    }

    /// The most frequent pair; ties by the bytes of its two tokens.
    bool best(const std::vector<std::string>& tokens, PiecePair& pair) const
    {
        std::int64_t count = 1;
        bool found = false;
        const auto bytes = [&](const PiecePair& p) {
            return std::pair(std::string_view(tokens[static_cast<std::size_t>(p.first)]),
                std::string_view(tokens[static_cast<std::size_t>(p.second)]));
        };
        for (const auto& [candidate, entry] : m_pairs) {
            if (entry.count > count
                || (found && entry.count == count && bytes(candidate) < bytes(pair))) {
                count = entry.count;
                pair = candidate;
                found = true;
            }
        }
        return found;
    }

    void merge(const PiecePair& pair, PieceId merged)
    {
        const auto words = m_pairs[pair].words;
        for (const std::size_t word : words) {
            addPairs(word, -1);
            auto& ids = m_words[word].ids;
            std::size_t out = 0;
            for (std::size_t in = 0; in < ids.size(); ++in, ++out) {
                if (in + 1 < ids.size() && ids[in] == pair.first && ids[in + 1] == pair.second) {
                    ids[out] = merged;
                    ++in;
                } else {
                    ids[out] = ids[in];
                }
            }
            ids.resize(out);
            addPairs(word, 1);
        }
        m_pairs.erase(pair);
    }

private:
    struct Word {
        std::vector<PieceId> ids;
        std::int64_t count;
    };
    struct Entry {
        std::int64_t count = 0;
        std::set<std::size_t> words; ///< May name words that lost the pair since.
    };

    void addPairs(std::size_t word, int sign)
    {
        const auto& [ids, count] = m_words[word];
        for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
            auto& entry = m_pairs[{ids[i], ids[i + 1]}];
            entry.count += sign * count;
            if (sign > 0)
                entry.words.insert(word);
        }
    }

    std::vector<Word> m_words;
    std::map<PiecePair, Entry> m_pairs;
};

} // namespace

std::vector<std::string_view> splitLikeGpt2(std::string_view text)
{
    std::vector<std::string_view> pieces;
    while (!text.empty()) {
        const std::size_t length = pieceLength(text);
        pieces.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return pieces;
}

BpeVocabulary trainBpe(const std::vector<std::string>& texts, std::size_t vocabularySize)
{
    BpeVocabulary vocabulary;
    for (int byte = 0; byte < 256; ++byte)
        vocabulary.tokens.emplace_back(1, static_cast<char>(byte));
    Corpus corpus(texts);
    PiecePair pair;
    while (vocabulary.tokens.size() + 1 < vocabularySize && corpus.best(vocabulary.tokens, pair)) {
        const auto& left = vocabulary.tokens[static_cast<std::size_t>(pair.first)];
        const auto& right = vocabulary.tokens[static_cast<std::size_t>(pair.second)];
        vocabulary.merges.emplace_back(left, right);
        const auto merged = static_cast<PieceId>(vocabulary.tokens.size());
        vocabulary.tokens.push_back(left + right);
        corpus.merge(pair, merged);
    }
    vocabulary.tokens.emplace_back(BpeVocabulary::kEndOfText);
    return vocabulary;
}

} // namespace core
