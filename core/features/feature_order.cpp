#include "core/features/feature_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <limits>

namespace core {

namespace {

/// Keeps the order of floats: negative ones are flipped whole, others get the top bit.
std::uint32_t orderedBits(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/// Sorts by the upper half, stable, in three passes of 11 bits; looks at the stop token between
/// them.
bool sortByUpperHalf(std::vector<std::uint64_t>& keys, const std::stop_token& stop)
{
    std::vector<std::uint64_t> other(keys.size());
    for (const int shift : {32, 43, 54}) {
        if (stop.stop_requested())
            return false;
        std::array<std::size_t, 2049> begin{};
        for (const std::uint64_t key : keys)
            ++begin[((key >> shift) & 2047) + 1];
        for (std::size_t i = 1; i < begin.size(); ++i)
            begin[i] += begin[i - 1];
        for (const std::uint64_t key : keys)
            other[begin[(key >> shift) & 2047]++] = key;
        keys.swap(other);
    }
    return true;
}

bool keeps(const FeatureOrderQuery& query, const FeatureOrderSource& source, std::size_t feature)
{
    if (source.among && !source.among->contains(FeatureId(static_cast<std::int64_t>(feature))))
        return false;
    if (query.isLabelledOnly) {
        const auto found = source.labels.find(FeatureId(static_cast<std::int64_t>(feature)));
        if (found == source.labels.end() || found->second.source != LabelSource::Person)
            return false;
    }
    if (query.minOutputScore > 0.0
        && !(static_cast<double>(source.columns->outputScoreOf(feature)) >= query.minOutputScore))
        return false; // also NaN
    if (!source.isHarvested)
        return true;
    const float density = source.columns->density[feature];
    return (!query.hideDead || density > 0) && density >= query.minDensity
        && density <= query.maxDensity;
}

/// Rank of each feature that has a text among all texts; the same text has the same rank.
using Ranks = std::vector<std::map<FeatureId, std::uint32_t>>;

Ranks rankTexts(const std::vector<std::map<FeatureId, std::string>>& sources)
{
    std::map<std::string, std::uint32_t> texts;
    for (const auto& source : sources)
        for (const auto& [feature, text] : source)
            texts[text];
    std::uint32_t next = 0;
    for (auto& [text, rank] : texts)
        rank = next++;
    Ranks ranks(sources.size());
    for (std::size_t s = 0; s < sources.size(); ++s)
        for (const auto& [feature, text] : sources[s])
            ranks[s][feature] = texts[text];
    return ranks;
}

Ranks ranksFor(FeatureOrderQuery::SortBy sortBy, const std::vector<FeatureOrderSource>& sources)
{
    using SortBy = FeatureOrderQuery::SortBy;
    if (sortBy != SortBy::Label && sortBy != SortBy::Promotes)
        return {};
    std::vector<std::map<FeatureId, std::string>> texts(sources.size());
    const auto put = [&](std::size_t source, FeatureId feature, const std::string& text) {
        if (std::string key = sortedAs(text); !key.empty()) // notes alone are no label
            texts[source].emplace(feature, std::move(key));
    };
    for (std::size_t s = 0; s < sources.size(); ++s)
        if (sortBy == SortBy::Label)
            for (const auto& [feature, label] : sources[s].labels)
                put(s, feature, label.text);
        else
            for (const auto& [feature, text] : sources[s].promoted)
                put(s, feature, text);
    return rankTexts(texts);
}

} // namespace

std::string sortedAs(const std::string& text)
{
    std::string key;
    for (const char c : text)
        if (!key.empty() || !std::isspace(static_cast<unsigned char>(c)))
            key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key;
}

Result<std::shared_ptr<const FeatureOrder>> FeatureOrder::build(
    const std::vector<FeatureOrderSource>& sources, const FeatureOrderQuery& query,
    std::stop_token stop)
{
    using SortBy = FeatureOrderQuery::SortBy;
    const Ranks ranks = ranksFor(query.sortBy, sources);
    auto order = std::make_shared<FeatureOrder>();
    std::vector<std::uint64_t> keys;
    std::uint64_t first = 0;
    for (std::size_t s = 0; s < sources.size(); ++s) {
        const FeatureOrderSource& source = sources[s];
        order->m_sources.emplace_back(static_cast<std::uint32_t>(first), source.dictionary);
        const std::size_t size = source.columns->size();
        if (first + size > std::numeric_limits<std::uint32_t>::max())
            return fail(Error::Code::Unsupported,
                "More than four billion features are open; close some dictionaries.");
        for (std::size_t feature = 0; feature < size; ++feature) {
            if (feature % 65536 == 0 && stop.stop_requested())
                return cancelled();
            if (!keeps(query, source, feature))
                continue;
            std::uint32_t key = 0;
            switch (query.sortBy) {
            case SortBy::Index:
                key = static_cast<std::uint32_t>(first + feature);
                break;
            case SortBy::Density:
                key = orderedBits(source.columns->density[feature]);
                break;
            case SortBy::MaxActivation:
                key = orderedBits(source.columns->max[feature]);
                break;
            case SortBy::OutputScore:
            case SortBy::LabelScore: {
                const float score = query.sortBy == SortBy::OutputScore
                    ? source.columns->outputScoreOf(feature)
                    : feature < source.labelScores.size() ? source.labelScores[feature]
                                                          : std::numeric_limits<float>::quiet_NaN();
                // Unknown: last, whichever way it is sorted.
                key = !std::isnan(score) ? orderedBits(score) : query.descending ? 0 : ~0u;
                break;
            }
            case SortBy::Label:
            case SortBy::Promotes: {
                const auto found = ranks[s].find(FeatureId(static_cast<std::int64_t>(feature)));
                // Without a text: last, whichever way it is sorted.
                key = found != ranks[s].end() ? found->second : query.descending ? 0 : ~0u;
                if (found != ranks[s].end() && query.descending)
                    ++key;
                break;
            }
            }
            if (query.descending)
                key = ~key;
            keys.push_back(std::uint64_t(key) << 32 | std::uint32_t(first + feature));
        }
        first += size;
    }
    if (!sortByUpperHalf(keys, stop))
        return cancelled();
    order->m_rows.reserve(keys.size());
    for (const std::uint64_t key : keys)
        order->m_rows.push_back(static_cast<std::uint32_t>(key));
    return order;
}

FeatureRef FeatureOrder::at(std::int64_t row) const
{
    const std::uint32_t feature = m_rows[static_cast<std::size_t>(row)];
    const auto source = std::prev(std::upper_bound(m_sources.begin(), m_sources.end(), feature,
        [](std::uint32_t value, const auto& entry) { return value < entry.first; }));
    return {source->second, FeatureId(static_cast<std::int64_t>(feature - source->first))};
}

} // namespace core
