#include "core/text/bpe.h"

#include "core/text/utf8.h"

#include <mutex>
#include <queue>

namespace core {

namespace {

constexpr std::size_t kMaxCachedWord = 64; // bytes; longer words hardly ever return
constexpr std::size_t kMaxCachedWords = 50'000;

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

std::vector<Bpe::WordToken> Bpe::encode(std::string_view word) const
{
    if (word.empty())
        return {};
    if (m_ignoresMerges) {
        if (const auto id = m_vocabulary.find(word))
            return {{*id, 0, static_cast<std::uint32_t>(word.size())}};
    }
    if (word.size() > kMaxCachedWord)
        return merged(word);
    {
        const std::shared_lock lock(m_cacheMutex);
        if (const auto found = m_cache.find(word); found != m_cache.end())
            return found->second;
    }
    std::vector<WordToken> tokens = merged(word);
    const std::unique_lock lock(m_cacheMutex);
    if (m_cache.size() < kMaxCachedWords)
        m_cache.emplace(word, tokens);
    return tokens;
}

bool Bpe::addBytes(
    std::vector<Symbol>& symbols, std::string_view character, std::uint32_t begin) const
{
    if (!m_hasByteFallback)
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
        spelled.assign(i > 0 ? m_prefix : std::string());
        spelled.append(character);
        if (end == word.size())
            spelled.append(m_suffix);
        i = end;
        if (const auto id = m_vocabulary.find(spelled)) {
            flush();
            symbols.push_back({*id, -1, -1, begin, end});
        } else if (!addBytes(symbols, character, begin) && m_unknown) {
            if (unknown && m_fusesUnknown) {
                unknown->end = end;
            } else {
                flush();
                unknown = Symbol{*m_unknown, -1, -1, begin, end};
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
    const auto key = (static_cast<std::uint64_t>(left) << 32) | static_cast<std::uint32_t>(right);
    const auto found = m_merges.find(key);
    return found == m_merges.end() ? nullptr : &found->second;
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
