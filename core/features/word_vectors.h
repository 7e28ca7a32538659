#pragma once

#include "core/base/result.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace at {
class Tensor;
}

namespace core {

/// What the words of a corpus mean, learnt from the company they keep: one short vector a word.
///
/// Positive pointwise mutual information of words that share passages, contexts smoothed by the
/// power 3/4 (Levy, Goldberg and Dagan 2015), reduced by a singular value decomposition to U S;
/// rows of length 1 in steps of 1/127. At most 2048 words of 32 numbers: 64 kB beside the words.
/// Words are known by their stems.
class WordVectors {
public:
    static constexpr int kDimensions = 32;
    static constexpr std::size_t kMostWords = 2048;

    /// From the passages' texts; the words that the most passages say, of those that three say.
    /// Of a long corpus an even share of the passages is read: a second or two at most.
    static WordVectors learn(const std::vector<Passage>& passages,
        std::size_t mostWords = kMostWords, std::stop_token stop = {});
    static Result<WordVectors> read(std::string_view bytes, const std::string& what);
    std::string write() const;

    std::size_t size() const { return m_words.size(); }
    std::int32_t find(std::string_view stem) const; ///< -1 where it is not one of them.
    /// As it is said most often.
    const std::string& text(std::int32_t word) const { return at(word).text; }
    /// ln of how many passages there are for one that says it.
    double rarity(std::int32_t word) const { return at(word).rarity; }
    /// Their texts, the most frequent first.
    std::vector<std::string> byFrequency() const;
    /// Of every word to one of them, -1 to 1. 0 for a word that shares no passage with another.
    std::vector<float> cosines(std::int32_t word) const;

private:
    struct Word {
        std::string stem, text;
        float rarity = 0;
    };
    const Word& at(std::int32_t word) const { return m_words[static_cast<std::size_t>(word)]; }
    void finish();

    std::vector<Word> m_words; ///< By stem.
    int m_dimensions = 0;
    std::vector<std::int8_t> m_vectors; ///< [words, dimensions]
    std::vector<float> m_lengths; ///< Of the rounded rows.
};

/// U S of the `dimensions` largest singular values of a symmetric matrix [n, n]; large ones by
/// subspace iteration from a fixed start (Halko, Martinsson and Tropp 2011, algorithm 4.4).
at::Tensor leadingRows(const at::Tensor& matrix, std::int64_t dimensions); // [n, dimensions]

/// Positive pointwise mutual information of counts [n, n], symmetric: the mean of both directions.
at::Tensor positivePmi(const at::Tensor& counts); // [n, n]

} // namespace core
