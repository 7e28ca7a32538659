#pragma once

#include "core/base/result.h"
#include "core/text/vocabulary.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

namespace core {

/// Byte-pair encoding: cuts one word into pieces of the vocabulary by joining, again and again, the
/// neighbours whose merge stands first in the file (Sennrich et al. 2016). O(n log n) in the word's
/// length; short words are remembered. May be used from any thread.
class Bpe {
public:
    struct WordToken {
        int id;
        std::uint32_t begin; ///< Byte range in the word.
        std::uint32_t end;
    };

    /// From the `model` entry of tokenizer.json.
    static Result<std::unique_ptr<const Bpe>> fromJson(
        const nlohmann::json& json, const std::string& file);

    std::vector<WordToken> encode(std::string_view word) const;
    const Vocabulary& vocabulary() const { return m_vocabulary; }
    bool hasByteFallback() const { return m_hasByteFallback; }

private:
    struct Merge {
        std::uint32_t rank;
        int id; ///< Of the joined piece.
    };
    struct Symbol;

    Bpe() = default;
    Result<void> readMerges(const nlohmann::json& json, const std::string& file);
    Result<void> addMerge(const std::string& left, const std::string& right, std::uint32_t rank,
        const std::string& file);
    std::vector<Symbol> symbolsOf(std::string_view word) const;
    bool addBytes(
        std::vector<Symbol>& symbols, std::string_view character, std::uint32_t begin) const;
    std::vector<WordToken> merged(std::string_view word) const;
    const Merge* mergeOf(int left, int right) const;

    Vocabulary m_vocabulary;
    std::unordered_map<std::uint64_t, Merge> m_merges;
    std::vector<int>
        m_byteIds; // 256 ids of <0x00>..., -1 where absent; empty without byte fallback
    std::string m_prefix; // continuing_subword_prefix
    std::string m_suffix; // end_of_word_suffix
    std::optional<int> m_unknown;
    bool m_hasByteFallback = false;
    bool m_fusesUnknown = false;
    bool m_ignoresMerges = false;

    mutable std::shared_mutex m_cacheMutex;
    mutable StringMap<std::vector<WordToken>> m_cache;
};

} // namespace core
