#include "core/training/token_windows.h"

#include <algorithm>
#include <numeric>

namespace core {

namespace {

std::vector<TextPiece> cutIntoPieces(
    const TokenCorpus& corpus, std::int64_t length, std::int64_t overlap)
{
    std::vector<TextPiece> pieces;
    for (std::int64_t document = 0; document < corpus.documents(); ++document) {
        const auto size = static_cast<std::int64_t>(corpus.document(document).size());
        std::int64_t begin = 0;
        do {
            pieces.push_back({document, begin, std::min(length, size - begin)});
            begin += length - overlap;
        } while (begin + overlap < size);
    }
    return pieces;
}

/// Copies as much of the piece as fits and says whether that was all of it.
bool copyPiece(const TokenCorpus& corpus, const TextPiece& piece, std::int64_t* row,
    std::int64_t length, std::int64_t& filled)
{
    const auto text
        = corpus.document(piece.document).subspan(static_cast<std::size_t>(piece.begin));
    const std::int64_t n = std::min(piece.length, length - filled);
    std::copy_n(text.begin(), n, row + filled);
    filled += n;
    return n == piece.length;
}

} // namespace

TrainingWindows::TrainingWindows(
    std::shared_ptr<const TokenCorpus> corpus, std::int64_t length, std::uint64_t seed)
    : m_corpus(std::move(corpus))
    , m_length(length)
    , m_seed(seed)
    , m_pieces(cutIntoPieces(*m_corpus, length, 1))
{
    TORCH_CHECK(length >= 2 && !m_pieces.empty(),
        "TrainingWindows: needs a text and at least two tokens a window");
    m_order.resize(m_pieces.size());
    shuffleEpoch();
}

void TrainingWindows::shuffleEpoch()
{
    std::iota(m_order.begin(), m_order.end(), 0);
    std::seed_seq mixed{static_cast<std::uint32_t>(m_seed),
        static_cast<std::uint32_t>(m_seed >> 32), static_cast<std::uint32_t>(m_state.epoch)};
    std::mt19937_64 random(mixed);
    std::shuffle(m_order.begin(), m_order.end(), random);
}

void TrainingWindows::restore(State state)
{
    m_state = state;
    shuffleEpoch();
}

at::Tensor TrainingWindows::next(std::int64_t windows)
{
    at::Tensor ids = at::empty({windows, m_length}, at::kLong);
    for (std::int64_t w = 0; w < windows; ++w) {
        std::int64_t* row = ids.data_ptr<std::int64_t>() + w * m_length;
        for (std::int64_t filled = 0; filled < m_length;) {
            if (m_state.cursor == pieces()) {
                ++m_state.epoch;
                m_state.cursor = 0;
                shuffleEpoch();
            }
            const auto which
                = static_cast<std::size_t>(m_order[static_cast<std::size_t>(m_state.cursor)]);
            if (copyPiece(*m_corpus, m_pieces[which], row, m_length, filled))
                ++m_state.cursor;
        }
    }
    return ids;
}

CorpusCover::CorpusCover(
    std::shared_ptr<const TokenCorpus> corpus, std::int64_t length, std::int64_t maxTokens)
    : m_corpus(std::move(corpus))
    , m_length(length)
    , m_pieces(cutIntoPieces(*m_corpus, length, 0))
{
    std::int64_t filled = length; // the first piece opens the first window
    for (std::size_t p = 0; p < m_pieces.size(); ++p) {
        const TextPiece& piece = m_pieces[p];
        if (filled + piece.length > length) {
            if (maxTokens > 0 && m_keptTokens >= maxTokens)
                break;
            m_windows.push_back({static_cast<std::int64_t>(p), 0});
            filled = 0;
        }
        filled += piece.length;
        ++m_windows.back().pieces;
        const auto text = m_corpus->document(piece.document)
                              .subspan(static_cast<std::size_t>(piece.begin),
                                  static_cast<std::size_t>(piece.length));
        m_keptTokens += std::count_if(
            text.begin(), text.end(), [&](auto id) { return !m_corpus->isSpecial(id); });
    }
}

CorpusCover::Batch CorpusCover::batch(std::int64_t first, std::int64_t windows) const
{
    windows = std::min(windows, this->windows() - first);
    Batch batch{at::zeros({windows, m_length}, at::kLong),
        at::zeros({windows, m_length}, at::kBool), at::zeros({windows, m_length}, at::kBool)};
    for (std::int64_t w = 0; w < windows; ++w) {
        const Window& window = m_windows[static_cast<std::size_t>(first + w)];
        std::int64_t* row = batch.ids.data_ptr<std::int64_t>() + w * m_length;
        bool* isKept = batch.isKept.data_ptr<bool>() + w * m_length;
        bool* isSpecial = batch.isSpecial.data_ptr<bool>() + w * m_length;
        std::int64_t filled = 0;
        auto piece = static_cast<std::size_t>(window.firstPiece);
        for (std::int64_t i = 0; i < window.pieces; ++i)
            copyPiece(*m_corpus, m_pieces[piece++], row, m_length, filled);
        std::fill_n(isKept, filled, true);
        // Real text behind what is kept, so that a kept token never stands before a made-up one.
        while (filled < m_length && piece < m_pieces.size())
            copyPiece(*m_corpus, m_pieces[piece++], row, m_length, filled);
        for (std::int64_t i = 0; i < m_length; ++i)
            isSpecial[i] = m_corpus->isSpecial(row[i]);
    }
    return batch;
}

} // namespace core
