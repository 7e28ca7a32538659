#pragma once

#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// A stretch of one document, at most one window long.
struct TextPiece {
    std::int64_t document = 0;
    std::int64_t begin = 0;
    std::int64_t length = 0;
};

/// Endless shuffled windows for training a language model.
///
/// Windows are packed, as language models are trained everywhere: what stands before a document in
/// its window is read with it. Every window starts where a document starts (a document longer than
/// a window is cut into overlapping pieces that count as documents) and is filled to its end with
/// the documents that follow in the epoch's order; one that does not fit is shown up to there and
/// comes again, whole, in the next window. The same corpus, length and seed give the same windows.
class TrainingWindows {
public:
    struct State {
        std::int64_t epoch = 0;
        std::int64_t cursor = 0; ///< Pieces of this epoch already shown whole.
    };

    TrainingWindows(
        std::shared_ptr<const TokenCorpus> corpus, std::int64_t length, std::uint64_t seed);

    at::Tensor next(std::int64_t windows); ///< [windows, length] int64
    State state() const { return m_state; }
    void restore(State state);
    std::int64_t pieces() const { return static_cast<std::int64_t>(m_pieces.size()); }

private:
    void shuffleEpoch();

    std::shared_ptr<const TokenCorpus> m_corpus;
    std::int64_t m_length;
    std::uint64_t m_seed;
    std::vector<TextPiece> m_pieces;
    std::vector<std::int32_t> m_order;
    State m_state;
};

/// The corpus once through, for recording and for measuring: every document is read alone, a row
/// each, so that nothing depends on what stands beside it. A document longer than a row is cut into
/// several, each with the special tokens that the document begins with. Rows of like length stand
/// together and are padded behind, where a causal model does not look.
class CorpusCover {
public:
    struct Batch {
        at::Tensor ids; ///< [B, T] int64; T is the longest row's.
        at::Tensor isKept; ///< [B, T] bool: the token counts here; padding and repeated heads do
                           ///< not.
        at::Tensor isSpecial; ///< [B, T] bool
    };

    /// Rows of at most `length` tokens, batches of about `batchTokens`. Stops at the first row with
    /// which `maxTokens` tokens are kept (0 = all).
    CorpusCover(std::shared_ptr<const TokenCorpus> corpus, std::int64_t length,
        std::int64_t batchTokens, std::int64_t maxTokens = 0);

    std::int64_t rows() const { return static_cast<std::int64_t>(m_pieces.size()); }
    std::int64_t batches() const { return static_cast<std::int64_t>(m_batchBegins.size()) - 1; }
    Batch batch(std::int64_t index) const;
    /// Tokens kept over all rows, special ones left out.
    std::int64_t keptTokens() const { return m_keptTokens; }

private:
    std::span<const std::int32_t> head(const TextPiece& piece) const;
    std::int64_t rowLength(const TextPiece& piece) const;

    std::shared_ptr<const TokenCorpus> m_corpus;
    std::vector<TextPiece> m_pieces; ///< By length.
    std::vector<std::int64_t> m_batchBegins{0}; ///< One more than batches.
    std::int64_t m_keptTokens = 0;
};

} // namespace core
