#pragma once

#include "core/base/result.h"
#include "core/text/hash_index.h"
#include "core/text/merge_list.h"
#include "core/text/vocabulary.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace core {

/// Byte-pair encoding: cuts one word into pieces of the vocabulary by joining, again and again, the
/// neighbours whose merge stands first in the file (Sennrich et al. 2016). O(n log n) in the word's
/// length; short words are remembered, and long ones are cut first where no merge can reach across.
/// May be used from any thread.
class Bpe {
public:
    struct WordToken {
        int id;
        std::uint32_t begin; ///< Byte range in the word.
        std::uint32_t end;
    };

    struct Options {
        std::optional<int> unknown;
        std::string prefix; ///< Of every character of a word but the first.
        std::string suffix; ///< Of the last.
        bool hasByteFallback = false;
        bool fusesUnknown = false;
        bool ignoresMerges = false;
    };
    /// From the `model` entry of tokenizer.json and what was taken out of it.
    static Result<std::unique_ptr<const Bpe>> fromJson(const nlohmann::json& json, PieceList pieces,
        const MergeList& merges, const std::string& file);
    static Result<std::unique_ptr<const Bpe>> fromMerges(Vocabulary vocabulary,
        const MergeList& merges, const Options& options, const std::string& file);

    /// A piece that joining may make: of two neighbours, those whose joined piece has the smallest
    /// rank come first, from left to right where ranks are equal.
    struct RankedPiece {
        int id;
        std::uint32_t rank;
    };
    /// From pieces that are their own merges, as in SentencePiece and tiktoken files: any two
    /// ranked pieces may join whose joined spelling is a ranked piece.
    static Result<std::unique_ptr<const Bpe>> fromRanks(Vocabulary vocabulary,
        const std::vector<RankedPiece>& ranked, const Options& options, const std::string& file);

    /// Appends the tokens of `word`.
    void encode(std::string_view word, std::vector<WordToken>& tokens) const;
    const Vocabulary& vocabulary() const { return m_vocabulary; }
    bool hasByteFallback() const { return m_options.hasByteFallback; }

private:
    struct Merge {
        std::uint64_t pair;
        std::uint32_t rank;
        int id; ///< Of the joined piece.
    };
    struct Symbol;

    static std::uint64_t pairKey(int left, int right)
    {
        return (static_cast<std::uint64_t>(left) << 32u) | static_cast<std::uint32_t>(right);
    }

    static std::uint32_t hashOf(std::uint64_t pair)
    {
        return static_cast<std::uint32_t>((pair * 0x9e3779b97f4a7c15u) >> 32u);
    }

    Bpe(Vocabulary vocabulary, const Options& options);
    Result<void> readMerges(const MergeList& merges, const std::string& file);
    void setMerge(const Merge& merge);
    void readBorders();
    bool isPiece(char32_t codePoint, std::string_view character) const;
    std::size_t nextBorder(std::string_view word, std::size_t from) const;
    void encodePart(std::string_view word, std::uint32_t begin, std::uint32_t end,
        std::vector<WordToken>& tokens) const;
    std::vector<Symbol> symbolsOf(std::string_view word) const;
    bool addBytes(
        std::vector<Symbol>& symbols, std::string_view character, std::uint32_t begin) const;
    std::vector<WordToken> merged(std::string_view word) const;
    const Merge* mergeOf(int left, int right) const;

    Vocabulary m_vocabulary;
    std::vector<Merge> m_merges;
    HashIndex m_mergePlaces; // in m_merges
    std::vector<int>
        m_byteIds; // 256 ids of <0x00>..., -1 where absent; empty without byte fallback
    /// Says of two neighbouring characters, by a hash, that some merge may join them. Empty where
    /// words must not be cut.
    std::vector<bool> m_joined;
    std::vector<bool> m_known; ///< The first characters of Unicode: whether each is a piece.
    Options m_options;

    mutable std::shared_mutex m_cacheMutex;
    mutable StringMap<std::vector<WordToken>> m_cache;
};

} // namespace core
