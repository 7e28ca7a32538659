#include "core/text/bpe.h"

#include "core/text/utf8.h"

#include <mutex>
#include <queue>

namespace core {

namespace {

constexpr std::size_t kMaxCachedWord = 64; // bytes; longer words hardly ever return
constexpr std::size_t kMaxCachedWords = 50'000;

constexpr char32_t kCommonCharacters = 0x3000;
constexpr std::size_t kPairHashes = std::size_t{1} << 20;

std::size_t pairHash(char32_t left, char32_t right)
{
    return (left * 0x9e3779b1u ^ right * 0x85ebca77u) % kPairHashes;
}

/// A merge that may be done; stale ones are recognized when they come up.
struct Candidate {
    std::uint32_t rank;
    int position;
    int id;

    bool operator<(const Candidate& other) const // the queue gives the largest first
    {
        return rank != other.rank ? rank > other.rank : position > other.position;
    }
};

} // namespace

struct Bpe::Symbol {
    int id;
    int previous;
    int next;
    std::uint32_t begin;
    std::uint32_t end;
    bool isGone = false;
};

void Bpe::encode(std::string_view word, std::vector<WordToken>& tokens) const
{
    const auto size = static_cast<std::uint32_t>(word.size());
    if (m_options.ignoresMerges) {
        if (const auto id = m_vocabulary.find(word)) {
            tokens.push_back({*id, 0, size});
            return;
        }
    }
    if (word.size() <= kMaxCachedWord || m_joined.empty()) {
        encodePart(word, 0, size, tokens);
        return;
    }
    for (std::size_t begin = 0; begin < word.size();) {
        const std::size_t end = nextBorder(word, begin);
        encodePart(
            word, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end), tokens);
        begin = end;
    }
}

bool Bpe::isPiece(char32_t codePoint, std::string_view character) const
{
    return codePoint < m_known.size() ? m_known[codePoint]
                                      : m_vocabulary.find(character).has_value();
}

/// The first place behind `from` that no merge reaches across, or the end.
std::size_t Bpe::nextBorder(std::string_view word, std::size_t from) const
{
    Utf8Step left = utf8At(word, from);
    for (std::size_t at = from + left.length; at < word.size();) {
        const Utf8Step right = utf8At(word, at);
        // Characters without a piece of their own are fused or dropped together with their
        // neighbours, so they stay in one part.
        if (!m_joined[pairHash(left.codePoint, right.codePoint)]
            && isPiece(left.codePoint, word.substr(at - left.length, left.length))
            && isPiece(right.codePoint, word.substr(at, right.length)))
            return at;
        left = right;
        at += right.length;
    }
    return word.size();
}

void Bpe::encodePart(std::string_view word, std::uint32_t begin, std::uint32_t end,
    std::vector<WordToken>& tokens) const
{
    const std::string_view part = word.substr(begin, end - begin);
    const auto append = [&](const std::vector<WordToken>& found) {
        for (const WordToken& token : found)
            tokens.push_back({token.id, token.begin + begin, token.end + begin});
    };
    if (part.size() > kMaxCachedWord) {
        append(merged(part));
        return;
    }
    {
        const std::shared_lock lock(m_cacheMutex);
        if (const auto found = m_cache.find(part); found != m_cache.end()) {
            append(found->second);
            return;
        }
    }
    std::vector<WordToken> made = merged(part);
    append(made);
    const std::unique_lock lock(m_cacheMutex);
    if (m_cache.size() < kMaxCachedWords)
        m_cache.emplace(part, std::move(made));
}

void Bpe::readBorders()
{
    if (!m_options.prefix.empty() || !m_options.suffix.empty())
        return; // there the first and the last character of a word are special
    std::vector<bool> isByte(static_cast<std::size_t>(m_vocabulary.size()));
    for (const int id : m_byteIds) {
        if (id >= 0)
            isByte[static_cast<std::size_t>(id)] = true;
    }
    std::vector<bool> joined(kPairHashes);
    for (const Merge& merge : m_merges) {
        const auto left = static_cast<std::size_t>(merge.pair >> 32u);
        const auto right = static_cast<std::size_t>(merge.pair & 0xffffffffu);
        if (isByte[left] || isByte[right])
            return; // joins characters that the pieces' spelling does not show
        const std::string_view before = *m_vocabulary.piece(static_cast<int>(left));
        std::size_t last = before.size() - 1;
        while (last > 0 && isUtf8Continuation(before[last]))
            --last;
        const std::string_view after = *m_vocabulary.piece(static_cast<int>(right));
        joined[pairHash(utf8At(before, last).codePoint, utf8At(after, 0).codePoint)] = true;
    }
    m_joined = std::move(joined);
    for (char32_t c = 0; c < kCommonCharacters; ++c) {
        std::string character;
        appendUtf8(character, c);
        m_known.push_back(m_vocabulary.find(character).has_value());
    }
}

bool Bpe::addBytes(
    std::vector<Symbol>& symbols, std::string_view character, std::uint32_t begin) const
{
    if (!m_options.hasByteFallback)
        return false;
    for (const char byte : character) {
        if (m_byteIds[static_cast<unsigned char>(byte)] < 0)
            return false;
    }
    for (const char byte : character) {
        symbols.push_back({m_byteIds[static_cast<unsigned char>(byte)], -1, -1, begin, begin + 1});
        ++begin;
    }
    return true;
}

std::vector<Bpe::Symbol> Bpe::symbolsOf(std::string_view word) const
{
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    // An unknown character is held back because the next may be fused with it.
    std::optional<Symbol> unknown;
    const auto flush = [&] {
        if (unknown)
            symbols.push_back(*unknown);
        unknown.reset();
    };
    std::string spelled;
    for (std::size_t i = 0; i < word.size();) {
        const std::size_t length = utf8At(word, i).length;
        const std::string_view character = word.substr(i, length);
        const auto begin = static_cast<std::uint32_t>(i);
        const auto end = static_cast<std::uint32_t>(i + length);
        spelled.assign(i > 0 ? m_options.prefix : std::string());
        spelled.append(character);
        if (end == word.size())
            spelled.append(m_options.suffix);
        i = end;
        if (const auto id = m_vocabulary.find(spelled)) {
            flush();
            symbols.push_back({*id, -1, -1, begin, end});
        } else if (!addBytes(symbols, character, begin) && m_options.unknown) {
            if (unknown && m_options.fusesUnknown) {
                unknown->end = end;
            } else {
                flush();
                unknown = Symbol{*m_options.unknown, -1, -1, begin, end};
            }
        }
    }
    flush();
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        symbols[i].previous = static_cast<int>(i) - 1;
        symbols[i].next = i + 1 < symbols.size() ? static_cast<int>(i) + 1 : -1;
    }
    return symbols;
}

const Bpe::Merge* Bpe::mergeOf(int left, int right) const
{
    const std::uint64_t pair = pairKey(left, right);
    const std::uint32_t place = m_mergePlaces.find(
        hashOf(pair), [&](std::uint32_t other) { return m_merges[other].pair == pair; });
    return place == HashIndex::kNone ? nullptr : &m_merges[place];
}

std::vector<Bpe::WordToken> Bpe::merged(std::string_view word) const
{
    std::vector<Symbol> symbols = symbolsOf(word);
    std::priority_queue<Candidate> queue;
    const auto at = [&symbols](int position) -> Symbol& {
        return symbols[static_cast<std::size_t>(position)];
    };
    const auto offer = [&](int position) {
        if (position < 0 || at(position).next < 0)
            return;
        if (const Merge* merge = mergeOf(at(position).id, at(at(position).next).id))
            queue.push({merge->rank, position, merge->id});
    };
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
        offer(static_cast<int>(i));
    while (!queue.empty()) {
        const Candidate candidate = queue.top();
        queue.pop();
        Symbol& left = at(candidate.position);
        if (left.isGone || left.next < 0)
            continue;
        Symbol& right = at(left.next);
        const Merge* merge = mergeOf(left.id, right.id);
        if (!merge || merge->id != candidate.id)
            continue;
        left.id = candidate.id;
        left.end = right.end;
        left.next = right.next;
        right.isGone = true;
        if (left.next >= 0)
            at(left.next).previous = candidate.position;
        offer(left.previous);
        offer(candidate.position);
    }
    std::vector<WordToken> tokens;
    for (const Symbol& symbol : symbols) {
        if (!symbol.isGone)
            tokens.push_back({symbol.id, symbol.begin, symbol.end});
    }
    return tokens;
}

} // namespace core
