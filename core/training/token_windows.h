#pragma once

#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <random>
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
/// Every window starts where a document starts (a document longer than a window is cut into
/// overlapping pieces that count as documents) and is filled to its end with the documents that
/// follow in the epoch's order; one that does not fit is shown up to there and comes again, whole,
/// in the next window. The same corpus, length and seed give the same windows.
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

/// The corpus once through, in order, for recording and for measuring: every token is kept in
/// exactly one window, in a window that starts where a document starts.
class CorpusCover {
public:
    struct Batch {
        at::Tensor ids; ///< [B, T] int64
        at::Tensor isKept; ///< [B, T] bool: the token counts here, and not as the head of a
                           ///< document of the next window.
        at::Tensor isSpecial; ///< [B, T] bool
    };

    /// Stops at the first window with which `maxTokens` tokens are kept (0 = all).
    CorpusCover(
        std::shared_ptr<const TokenCorpus> corpus, std::int64_t length, std::int64_t maxTokens = 0);

    std::int64_t windows() const { return static_cast<std::int64_t>(m_windows.size()); }
    Batch batch(std::int64_t first, std::int64_t windows) const; ///< Fewer at the end.
    /// Tokens kept over all windows, special ones left out.
    std::int64_t keptTokens() const { return m_keptTokens; }

private:
    struct Window {
        std::int64_t firstPiece = 0, pieces = 0; // pieces kept; what follows fills the rest
    };

    std::shared_ptr<const TokenCorpus> m_corpus;
    std::int64_t m_length;
    std::vector<TextPiece> m_pieces;
    std::vector<Window> m_windows;
    std::int64_t m_keptTokens = 0;
};

} // namespace core
