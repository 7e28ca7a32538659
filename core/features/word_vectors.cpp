#include "core/features/word_vectors.h"

#include "core/store/byte_stream.h"
#include "core/text/search_words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <unordered_map>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace core {

namespace {

constexpr std::uint8_t kVectorsVersion = 1;
constexpr std::int64_t kLeastPassages = 3; // A word said in fewer has no company to speak of.
constexpr double kMostPairs = 3e8; // Of words in passages: about a second.

/// What is known of a stem while the passages are read.
struct SeenWord {
    std::int64_t passages = 0, lastPassage = -1;
    std::unordered_map<std::string, std::int64_t> spellings;
};

/// As a person writes it, in lower case: with its accents.
std::string spelledAs(const std::string& text, const SearchWord& word)
{
    std::string spelling = text.substr(word.begin, word.end - word.begin);
    for (char& c : spelling)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + 32);
    return spelling;
}

/// How many passages say both words, for every two different ones.
at::Tensor countTogether(const std::vector<std::vector<std::int32_t>>& passages, std::size_t words,
    const std::stop_token& stop)
{
    const auto n = static_cast<std::int64_t>(words);
    at::Tensor counts = at::zeros({n, n}, at::kFloat);
    float* const data = counts.data_ptr<float>();
    double pairs = 0;
    for (const auto& passage : passages)
        pairs += double(passage.size()) * double(passage.size());
    const auto stride = static_cast<std::size_t>(std::max(1.0, std::ceil(pairs / kMostPairs)));
    for (std::size_t p = 0; p < passages.size() && !stop.stop_requested(); p += stride)
        for (const std::int32_t a : passages[p])
            for (const std::int32_t b : passages[p])
                data[a * n + b] += a == b ? 0.0f : 1.0f;
    return counts;
}

} // namespace

at::Tensor positivePmi(const at::Tensor& counts)
{
    const double total = std::max(1e-30, counts.sum().item<double>());
    const at::Tensor of = counts.sum(1, false, at::kDouble).to(at::kFloat);
    constexpr double kSmoothing = 0.75;
    const at::Tensor powers = of.pow(kSmoothing);
    const at::Tensor context = powers / std::max(1e-30, powers.sum().item<double>());
    // A pair that never meets has ln 0, which the positive part takes away.
    at::Tensor pmi = (counts / total).div_((of / total).clamp_min(1e-30).unsqueeze(1));
    pmi.div_(context.clamp_min(1e-30).unsqueeze(0)).log_().clamp_min_(0);
    return (pmi + pmi.t()).div_(2);
}

at::Tensor leadingRows(const at::Tensor& matrix, std::int64_t dimensions)
{
    const std::int64_t n = matrix.size(0);
    constexpr std::int64_t kSpare = 16, kIterations = 8, kSmall = 256;
    at::Tensor U, S;
    if (n <= kSmall) {
        std::tie(U, S, std::ignore) = at::linalg_svd(matrix, false);
    } else {
        const std::int64_t width = std::min(n, dimensions + kSpare);
        at::Tensor start = at::empty({n, width}, at::kFloat);
        std::mt19937 random(1); // the same words always get the same vectors
        for (std::int64_t i = 0; i < start.numel(); ++i)
            start.data_ptr<float>()[i]
                = static_cast<float>(random()) / static_cast<float>(std::mt19937::max()) - 0.5f;
        at::Tensor Q = std::get<0>(at::linalg_qr(start));
        for (std::int64_t i = 0; i < kIterations; ++i)
            Q = std::get<0>(at::linalg_qr(at::matmul(matrix, Q)));
        std::tie(U, S, std::ignore) = at::linalg_svd(at::matmul(matrix, Q).t(), false);
        // The rows of Q^T M belong to Q; M is symmetric, so its left vectors do as well.
        U = at::matmul(Q, U);
    }
    const std::int64_t kept = std::min(dimensions, S.size(0));
    at::Tensor rows = U.narrow(1, 0, kept) * S.narrow(0, 0, kept);
    return kept == dimensions ? rows.contiguous()
                              : at::cat({rows, at::zeros({n, dimensions - kept}, at::kFloat)}, 1);
}

WordVectors WordVectors::learn(
    const std::vector<Passage>& passages, std::size_t mostWords, std::stop_token stop)
{
    const c10::InferenceMode inference;
    std::unordered_map<std::string, SeenWord> seen;
    std::vector<std::vector<std::string>> said(passages.size()); // each stem once
    for (std::size_t p = 0; p < passages.size() && !stop.stop_requested(); ++p)
        for (const SearchWord& word : searchWords(passages[p].text)) {
            if (word.text.size() < 2)
                continue;
            SeenWord& of = seen[word.stem];
            ++of.spellings[spelledAs(passages[p].text, word)];
            if (of.lastPassage == static_cast<std::int64_t>(p))
                continue;
            of.lastPassage = static_cast<std::int64_t>(p);
            ++of.passages;
            said[p].push_back(word.stem);
        }
    std::vector<std::pair<std::int64_t, std::string>> common;
    for (const auto& [stem, of] : seen)
        if (of.passages >= kLeastPassages)
            common.emplace_back(-of.passages, stem);
    std::sort(common.begin(), common.end());
    common.resize(std::min(common.size(), mostWords));

    WordVectors vectors;
    std::map<std::string, std::int32_t> numbers;
    for (const auto& [count, stem] : common)
        numbers[stem] = 0;
    for (auto& [stem, number] : numbers) {
        number = static_cast<std::int32_t>(vectors.m_words.size());
        const SeenWord& of = seen.at(stem);
        const auto most = std::max_element(
            of.spellings.begin(), of.spellings.end(), [](const auto& a, const auto& b) {
                return a.second != b.second ? a.second < b.second : a.first > b.first;
            });
        vectors.m_words.push_back({stem, most->first,
            static_cast<float>(std::log(double(passages.size()) / double(of.passages)))});
    }
    std::vector<std::vector<std::int32_t>> numbered;
    for (const auto& stems : said) {
        std::vector<std::int32_t>& row = numbered.emplace_back();
        for (const std::string& stem : stems)
            if (const auto known = numbers.find(stem); known != numbers.end())
                row.push_back(known->second);
    }
    vectors.m_dimensions = kDimensions;
    if (!vectors.m_words.empty()) {
        const at::Tensor rows
            = leadingRows(positivePmi(countTogether(numbered, vectors.size(), stop)), kDimensions);
        const at::Tensor unit = rows / rows.norm(2, {1}, true).clamp_min(1e-12);
        const at::Tensor rounded = (unit * 127).round().to(at::kChar).contiguous();
        vectors.m_vectors.assign(
            rounded.data_ptr<std::int8_t>(), rounded.data_ptr<std::int8_t>() + rounded.numel());
    }
    vectors.finish();
    return vectors;
}

void WordVectors::finish()
{
    const auto dimensions = static_cast<std::size_t>(m_dimensions);
    m_lengths.assign(m_words.size(), 0.0f);
    for (std::size_t w = 0; w < m_words.size(); ++w) {
        int sum = 0;
        for (std::size_t d = 0; d < dimensions; ++d)
            sum += m_vectors[w * dimensions + d] * m_vectors[w * dimensions + d];
        m_lengths[w] = std::sqrt(static_cast<float>(sum));
    }
}

std::string WordVectors::write() const
{
    ByteWriter out('V', kVectorsVersion);
    out.count(m_words.size());
    out.count(static_cast<std::uint64_t>(m_dimensions));
    for (const Word& word : m_words) {
        out.text(word.stem);
        out.text(word.text);
        out.value(word.rarity);
    }
    out.array(m_vectors);
    return out.take();
}

Result<WordVectors> WordVectors::read(std::string_view bytes, const std::string& what)
{
    ByteReader in(bytes, 'V', kVectorsVersion);
    WordVectors vectors;
    constexpr std::size_t kBytesOfAWord = 6;
    const std::size_t words = in.size(kBytesOfAWord);
    vectors.m_dimensions = static_cast<int>(std::min<std::uint64_t>(in.count(), 4096));
    for (std::size_t w = 0; w < words && in.isGood(); ++w) {
        Word& word = vectors.m_words.emplace_back();
        word.stem = in.text();
        word.text = in.text();
        word.rarity = in.value<float>();
    }
    vectors.m_vectors = in.array<std::int8_t>();
    if (vectors.m_vectors.size()
        != vectors.m_words.size() * static_cast<std::size_t>(vectors.m_dimensions))
        in.spoil();
    if (auto good = in.check(what); !good)
        return fail(good.error());
    vectors.finish();
    return vectors;
}

std::int32_t WordVectors::find(std::string_view stem) const
{
    const auto found = std::lower_bound(m_words.begin(), m_words.end(), stem,
        [](const Word& word, std::string_view wanted) { return word.stem < wanted; });
    return found != m_words.end() && found->stem == stem
        ? static_cast<std::int32_t>(found - m_words.begin())
        : -1;
}

std::vector<std::string> WordVectors::byFrequency() const
{
    std::vector<const Word*> order;
    for (const Word& word : m_words)
        order.push_back(&word);
    std::stable_sort(order.begin(), order.end(),
        [](const Word* a, const Word* b) { return a->rarity < b->rarity; });
    std::vector<std::string> texts;
    for (const Word* word : order)
        texts.push_back(word->text);
    return texts;
}

std::vector<float> WordVectors::cosines(std::int32_t word) const
{
    const auto dimensions = static_cast<std::size_t>(m_dimensions);
    const auto wanted = static_cast<std::size_t>(word);
    const std::int8_t* const own = m_vectors.data() + wanted * dimensions;
    std::vector<float> cosines(m_words.size());
    for (std::size_t w = 0; w < m_words.size(); ++w) {
        const std::int8_t* const other = m_vectors.data() + w * dimensions;
        int sum = 0;
        for (std::size_t d = 0; d < dimensions; ++d)
            sum += own[d] * other[d];
        const float lengths = m_lengths[w] * m_lengths[wanted];
        cosines[w] = lengths > 0 ? static_cast<float>(sum) / lengths : 0.0f;
    }
    return cosines;
}

} // namespace core
