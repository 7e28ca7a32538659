#include "core/training/token_windows.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace core {

namespace {

std::span<const std::int32_t> textOf(const TokenCorpus& corpus, const TextPiece& piece)
{
    return corpus.document(piece.document)
        .subspan(static_cast<std::size_t>(piece.begin), static_cast<std::size_t>(piece.length));
}

/// Each piece but the first begins with the last token of the one before, so that every token but
/// a document's first is predicted once.
std::vector<TextPiece> cutIntoPieces(const TokenCorpus& corpus, std::int64_t length)
{
    std::vector<TextPiece> pieces;
    for (std::int64_t document = 0; document < corpus.documents(); ++document) {
        const auto size = static_cast<std::int64_t>(corpus.document(document).size());
        std::int64_t begin = 0;
        do {
            pieces.push_back({document, begin, std::min(length, size - begin)});
            begin += length - 1;
        } while (begin + 1 < size);
    }
    return pieces;
}

/// Copies as much of the piece as fits and says whether that was all of it.
bool copyPiece(const TokenCorpus& corpus, const TextPiece& piece, std::int64_t* row,
    std::int64_t length, std::int64_t& filled)
{
    const std::int64_t n = std::min(piece.length, length - filled);
    std::copy_n(textOf(corpus, piece).begin(), n, row + filled);
    filled += n;
    return n == piece.length;
}

} // namespace

TrainingWindows::TrainingWindows(
    std::shared_ptr<const TokenCorpus> corpus, std::int64_t length, std::uint64_t seed)
    : m_corpus(std::move(corpus))
    , m_length(length)
    , m_seed(seed)
    , m_pieces(cutIntoPieces(*m_corpus, length))
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

CorpusCover::CorpusCover(std::shared_ptr<const TokenCorpus> corpus, std::int64_t length,
    std::int64_t batchTokens, std::int64_t maxTokens)
    : m_corpus(std::move(corpus))
{
    for (std::int64_t d = 0; d < m_corpus->documents(); ++d) {
        const auto size = static_cast<std::int64_t>(m_corpus->document(d).size());
        for (TextPiece piece{d, 0, 0}; piece.begin < size; piece.begin += piece.length) {
            if (maxTokens > 0 && m_keptTokens >= maxTokens)
                break;
            const auto room = length - static_cast<std::int64_t>(head(piece).size());
            piece.length = std::min(std::max<std::int64_t>(room, 1), size - piece.begin);
            m_pieces.push_back(piece);
            m_keptTokens += std::ranges::count_if(
                textOf(*m_corpus, piece), [&](auto id) { return !m_corpus->isSpecial(id); });
        }
    }
    std::ranges::stable_sort(
        m_pieces, std::less<>(), [this](const TextPiece& piece) { return rowLength(piece); });
    for (std::int64_t row = 0; row < rows(); ++row)
        if (const std::int64_t before = row - m_batchBegins.back(); before > 0
            && (before + 1) * rowLength(m_pieces[static_cast<std::size_t>(row)]) > batchTokens)
            m_batchBegins.push_back(row);
    if (rows() > 0)
        m_batchBegins.push_back(rows());
}

std::span<const std::int32_t> CorpusCover::head(const TextPiece& piece) const
{
    const auto text = m_corpus->document(piece.document);
    std::size_t special = 0;
    while (piece.begin > 0 && special < text.size() && m_corpus->isSpecial(text[special]))
        ++special;
    return text.first(special);
}

std::int64_t CorpusCover::rowLength(const TextPiece& piece) const
{
    return static_cast<std::int64_t>(head(piece).size()) + piece.length;
}

CorpusCover::Batch CorpusCover::batch(std::int64_t index) const
{
    const auto begin = static_cast<std::size_t>(m_batchBegins[static_cast<std::size_t>(index)]);
    const auto end = static_cast<std::size_t>(m_batchBegins[static_cast<std::size_t>(index) + 1]);
    const auto B = static_cast<std::int64_t>(end - begin), T = rowLength(m_pieces[end - 1]);
    Batch batch{
        at::zeros({B, T}, at::kLong), at::zeros({B, T}, at::kBool), at::zeros({B, T}, at::kBool)};
    for (std::int64_t w = 0; w < B; ++w) {
        const TextPiece& piece = m_pieces[begin + static_cast<std::size_t>(w)];
        std::int64_t* const row = batch.ids.data_ptr<std::int64_t>() + w * T;
        std::int64_t* const text = std::ranges::copy(head(piece), row).out;
        std::ranges::copy(textOf(*m_corpus, piece), text);
        std::fill_n(batch.isKept.data_ptr<bool>() + w * T + (text - row), piece.length, true);
        for (std::int64_t i = 0; i < T; ++i)
            batch.isSpecial.data_ptr<bool>()[w * T + i] = m_corpus->isSpecial(row[i]);
    }
    return batch;
}

} // namespace core
