#include "core/features/feature_words.h"

#include "core/text/search_words.h"

#include <algorithm>

namespace core {

namespace {

constexpr double kNextToken = 0.9; // How much less the next promoted token counts.
constexpr double kNextTelling = 0.95;
constexpr double kUnknownRarity = 3.0; // Of what the vectors do not know: one passage in twenty.
constexpr std::size_t kListedOfAFeature = 12; // Words it is listed under.
constexpr std::size_t kListedOfAWord = 256;
constexpr float kLeastShare = 0.02f;

/// Adds up weights by word.
class ShareCounter {
public:
    explicit ShareCounter(const WordVectors& vectors)
        : m_vectors(vectors)
    {
    }
    void add(const SearchWord& word, double weight)
    {
        const std::int32_t known = m_vectors.find(word.stem);
        if (known < 0)
            return addUnknown(weight);
        const double counts = weight * m_vectors.rarity(known);
        m_total += counts;
        const auto same = std::find_if(m_words.begin(), m_words.end(),
            [&](const SharedWord& one) { return one.word == known; });
        if (same == m_words.end())
            m_words.push_back({known, static_cast<float>(counts)});
        else
            same->share += static_cast<float>(counts);
    }
    void addUnknown(double weight) { m_total += weight * kUnknownRarity; }
    std::vector<SharedWord> shares()
    {
        // One more, so that a feature of which one word is known is not all about it.
        for (SharedWord& one : m_words)
            one.share /= static_cast<float>(m_total + 1.0);
        return std::move(m_words);
    }

private:
    const WordVectors& m_vectors;
    std::vector<SharedWord> m_words;
    double m_total = 0;
};

} // namespace

FeatureWords featureWords(const WordVectors& vectors, std::string_view label,
    std::string_view promoted, std::string_view words)
{
    FeatureWords out;
    ShareCounter tokens(vectors), said(vectors);
    double weight = 1.0;
    while (!promoted.empty()) {
        const std::size_t end = std::min(promoted.find('\n'), promoted.size());
        const std::string_view token = promoted.substr(0, end);
        promoted.remove_prefix(std::min(end + 1, promoted.size()));
        const auto found = searchWords(token);
        if (found.empty())
            continue;
        // Without a blank before it a token is more often the end of a word than one.
        if (token.front() == ' ' && found.size() == 1)
            tokens.add(found.front(), weight);
        else
            tokens.addUnknown(weight);
        weight *= kNextToken;
    }
    for (const SearchWord& word : searchWords(label))
        if (word.text.size() > 1)
            said.add(word, 1.0);
    weight = 1.0;
    for (const SearchWord& word : searchWords(words)) {
        said.add(word, weight);
        weight *= kNextTelling;
    }
    out.promoted = tokens.shares();
    out.said = said.shares();
    return out;
}

void WordFeatureLists::add(FeatureId feature, const FeatureWords& words)
{
    std::vector<SharedWord> all = words.promoted;
    for (const SharedWord& one : words.said) {
        const auto same = std::find_if(all.begin(), all.end(),
            [&](const SharedWord& other) { return other.word == one.word; });
        if (same == all.end())
            all.push_back(one);
        else
            same->share = std::max(same->share, one.share);
    }
    std::sort(all.begin(), all.end(), [](const SharedWord& a, const SharedWord& b) {
        return a.share != b.share ? a.share > b.share : a.word < b.word;
    });
    all.resize(std::min(all.size(), kListedOfAFeature));
    for (const SharedWord& one : all)
        if (one.share >= kLeastShare)
            m_lists[one.word].push_back({feature, std::min(one.share, 1.0f)});
}

std::map<std::int32_t, std::vector<WordFeature>> WordFeatureLists::take()
{
    for (auto& [word, list] : m_lists) {
        const std::size_t kept = std::min(list.size(), kListedOfAWord);
        std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(kept),
            list.end(), [](const WordFeature& a, const WordFeature& b) {
                return a.share != b.share ? a.share > b.share : a.feature < b.feature;
            });
        list.resize(kept);
    }
    return std::move(m_lists);
}

} // namespace core
