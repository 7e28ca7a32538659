#include "core/features/feature_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <limits>
#include <span>

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

/// Whether the query keeps a feature by what is not its density.
bool isAsked(const FeatureOrderQuery& query, const FeatureOrderSource& source, std::size_t feature)
{
    if (source.among && !source.among->contains(FeatureId(static_cast<std::int64_t>(feature))))
        return false;
    if (query.isLabelledOnly) {
        const auto found = source.labels.find(FeatureId(static_cast<std::int64_t>(feature)));
        if (found == source.labels.end() || found->second.source != LabelSource::Person)
            return false;
    }
    return query.minOutputScore <= 0.0
        || (source.outputScore
            && feature < source.outputScore->size()
            // also false for NaN
            && static_cast<double>((*source.outputScore)[feature]) >= query.minOutputScore);
}

/// Calls `with(feature counted through all, source, feature there)` for all that are kept; false
/// when it was stopped. Answers how many were hidden.
template <typename With>
bool forEachKept(const std::vector<FeatureOrderSource>& sources, const FeatureOrderQuery& query,
    const std::stop_token& stop, std::int64_t& hidden, With&& with)
{
    hidden = 0;
    std::uint32_t first = 0;
    for (std::size_t s = 0; s < sources.size(); ++s) {
        const FeatureOrderSource& source = sources[s];
        const float* const density
            = source.isHarvested && source.density ? source.density->data() : nullptr;
        // Mostly nothing but the density is asked about, and there may be millions.
        const bool isAskedMore = source.among || query.isLabelledOnly || query.minOutputScore > 0.0;
        const double least = query.minDensity, most = query.maxDensity,
                     everywhere = source.everywhereFrom < 1.0 ? source.everywhereFrom : 2.0;
        const bool hidesDead = query.hideDead;
        std::int64_t hiddenHere = 0;
        for (std::size_t feature = 0; feature < source.size; ++feature) {
            if (feature % 65536 == 0 && stop.stop_requested())
                return false;
            const double value = density ? static_cast<double>(density[feature]) : 1.0;
            if (density && !((!hidesDead || value > 0) && value >= least && value <= most))
                continue;
            if (isAskedMore && !isAsked(query, source, feature))
                continue;
            if (density && value > everywhere)
                ++hiddenHere;
            else
                with(first + static_cast<std::uint32_t>(feature), s, feature);
        }
        hidden += hiddenHere;
        first += static_cast<std::uint32_t>(source.size);
    }
    return true;
}

/// What stands in the lower halves.
std::vector<std::uint32_t> rowsOf(const std::vector<std::uint64_t>& keys)
{
    std::vector<std::uint32_t> rows;
    rows.reserve(keys.size());
    for (const std::uint64_t key : keys)
        rows.push_back(static_cast<std::uint32_t>(key));
    return rows;
}

/// By the key of a number; unknown ones come last, whichever way.
std::uint32_t sortKey(float value, bool isDescending)
{
    if (std::isnan(value))
        return ~0u;
    return isDescending ? ~orderedBits(value) : orderedBits(value);
}

FeatureColumn columnOf(const FeatureOrderSource& source, FeatureOrderQuery::SortBy sortBy)
{
    using SortBy = FeatureOrderQuery::SortBy;
    switch (sortBy) {
    case SortBy::Density:
        return source.density;
    case SortBy::MaxActivation:
        return source.max;
    case SortBy::OutputScore:
        return source.outputScore;
    default:
        return nullptr;
    }
}

float valueAt(const FeatureColumn& column, std::size_t feature)
{
    return column && feature < column->size() ? (*column)[feature]
                                              : std::numeric_limits<float>::quiet_NaN();
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

/// Keys that differ only in lower bits share a part; parts are few enough to be counted in one pass
/// and small enough to be sorted while somebody waits.
class KeyParts {
public:
    /// Zeros, which dead features have, would stretch the range: they get a part of their own.
    void include(const FeatureColumn& column, bool isDescending)
    {
        if (!column)
            return;
        std::uint32_t least = m_least, most = m_most; // as locals, for the compiler's vectors
        for (const float value : *column) {
            const std::uint32_t doubled = std::bit_cast<std::uint32_t>(value) << 1;
            constexpr std::uint32_t kInfinite = 0xff000000u; // doubled; NaNs are above
            const bool counts = doubled != 0 && doubled <= kInfinite;
            const std::uint32_t key = isDescending ? ~orderedBits(value) : orderedBits(value);
            least = std::min(least, counts ? key : ~0u);
            most = std::max(most, counts ? key : 0u);
        }
        m_least = least;
        m_most = most;
    }
    void finish()
    {
        while (m_most > m_least && ((m_most - m_least) >> m_shift) >= kInside)
            ++m_shift;
    }
    std::size_t of(std::uint32_t key) const
    {
        if (key == ~0u)
            return kUnknown;
        if (key < m_least)
            return 0;
        return key > m_most ? kAbove : 1 + ((key - m_least) >> m_shift);
    }
    static constexpr std::size_t kInside = 4096, kAbove = kInside + 1, kUnknown = kAbove + 1,
                                 kParts = kUnknown + 1;

private:
    std::uint32_t m_least = ~0u, m_most = 0;
    int m_shift = 0;
};

} // namespace

double everywhereFrom(const std::vector<float>& density)
{
    // By the upper 16 bits of the numbers, which leaves a hundredth: enough for a fence.
    constexpr std::size_t kBins = 1u << 16;
    std::vector<std::uint32_t> counts(kBins, 0);
    std::uint64_t fire = 0;
    for (const float value : density)
        if (value > 0) {
            ++counts[std::bit_cast<std::uint32_t>(value) >> 16];
            ++fire;
        }
    if (fire < 4)
        return 1.0;
    const auto quantile = [&](double share) {
        std::uint64_t below = 0;
        std::size_t bin = 0;
        while (double(below += counts[bin]) < share * double(fire))
            ++bin;
        return double(std::bit_cast<float>(static_cast<std::uint32_t>(bin) << 16));
    };
    const double q1 = quantile(0.25), q3 = quantile(0.75);
    constexpr double kFence = 1.5, kLeast = 0.02, kMost = 0.5;
    return std::clamp(q3 * std::pow(q3 / std::max(q1, 1e-30), kFence), kLeast, kMost);
}

std::string sortedAs(const std::string& text)
{
    std::string key;
    for (const char c : text)
        if (!key.empty() || !std::isspace(static_cast<unsigned char>(c)))
            key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key;
}

Result<std::shared_ptr<const FeatureOrder>> FeatureOrder::build(
    std::vector<FeatureOrderSource> sources, const FeatureOrderQuery& query, std::stop_token stop)
{
    using SortBy = FeatureOrderQuery::SortBy;
    auto order = std::make_shared<FeatureOrder>();
    order->m_isDescending = query.descending;
    std::uint64_t first = 0;
    for (const FeatureOrderSource& source : sources) {
        order->m_sources.push_back(
            {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(source.size),
                source.dictionary, columnOf(source, query.sortBy)});
        first += source.size;
        if (first > std::numeric_limits<std::uint32_t>::max())
            return fail(Error::Code::Unsupported,
                "More than four billion features are open; close some dictionaries.");
    }
    std::int64_t hidden = 0;
    std::vector<std::uint32_t>& rows = order->m_rows;
    bool isDone = true;
    if (query.sortBy == SortBy::LabelScore) { // the scores need not be kept then
        std::vector<std::uint64_t> keys;
        isDone = forEachKept(sources, query, stop, hidden,
            [&](std::uint32_t row, std::size_t s, std::size_t feature) {
                const std::vector<float>& scores = sources[s].labelScores;
                const std::uint32_t key
                    = feature < scores.size() ? sortKey(scores[feature], query.descending) : ~0u;
                keys.push_back(std::uint64_t(key) << 32 | row);
            });
        isDone = isDone && sortByUpperHalf(keys, stop);
        rows = rowsOf(keys);
    } else if (query.sortBy == SortBy::Label || query.sortBy == SortBy::Promotes) {
        const Ranks ranks = ranksFor(query.sortBy, sources);
        std::vector<std::uint64_t> keys;
        isDone = forEachKept(sources, query, stop, hidden,
            [&](std::uint32_t row, std::size_t s, std::size_t feature) {
                const auto found = ranks[s].find(FeatureId(static_cast<std::int64_t>(feature)));
                // Without a text: last, whichever way it is sorted.
                const std::uint32_t key = found == ranks[s].end() ? ~0u
                    : query.descending                            ? ~0u - 1 - found->second
                                                                  : found->second;
                keys.push_back(std::uint64_t(key) << 32 | row);
            });
        isDone = isDone && sortByUpperHalf(keys, stop);
        rows = rowsOf(keys);
    } else if (query.sortBy == SortBy::Index) {
        isDone = forEachKept(sources, query, stop, hidden,
            [&](std::uint32_t row, std::size_t, std::size_t) { rows.push_back(row); });
        if (query.descending)
            std::reverse(rows.begin(), rows.end());
    } else {
        KeyParts parts;
        std::vector<std::span<const float>> values;
        for (const Source& source : order->m_sources) {
            parts.include(source.sortedBy, query.descending);
            values.emplace_back();
            if (source.sortedBy)
                values.back() = *source.sortedBy;
        }
        parts.finish();
        std::vector<std::uint32_t>& begins = order->m_partBegins;
        begins.assign(KeyParts::kParts + 1, 0);
        constexpr std::uint16_t kLeftOut = 0xffff;
        static_assert(KeyParts::kParts < kLeftOut);
        std::vector<std::uint16_t> partOf(first, kLeftOut); // while it is built
        isDone = forEachKept(sources, query, stop, hidden,
            [&, parts, isDescending = query.descending, counts = begins.data() + 1,
                to = partOf.data()](std::uint32_t row, std::size_t s, std::size_t feature) {
                const std::size_t part = parts.of(
                    feature < values[s].size() ? sortKey(values[s][feature], isDescending) : ~0u);
                to[row] = static_cast<std::uint16_t>(part);
                ++counts[part];
            });
        for (std::size_t part = 1; part < begins.size(); ++part)
            begins[part] += begins[part - 1];
        std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
        rows.resize(begins.back());
        for (std::size_t row = 0; isDone && row < partOf.size(); ++row)
            if (partOf[row] != kLeftOut)
                rows[next[partOf[row]]++] = static_cast<std::uint32_t>(row);
        order->m_isPartSorted.assign(KeyParts::kParts, 0);
        for (const std::size_t equal : {std::size_t(0), KeyParts::kAbove, KeyParts::kUnknown})
            order->m_isPartSorted[equal] = 1; // in order as they are
    }
    if (!isDone)
        return cancelled();
    order->m_hiddenEverywhere = hidden;
    return order;
}

const FeatureOrder::Source& FeatureOrder::sourceOf(std::uint32_t feature) const
{
    return *std::prev(std::upper_bound(m_sources.begin(), m_sources.end(), feature,
        [](std::uint32_t value, const Source& entry) { return value < entry.first; }));
}

std::uint32_t FeatureOrder::keyOf(std::uint32_t feature) const
{
    const Source& source = sourceOf(feature);
    return sortKey(valueAt(source.sortedBy, feature - source.first), m_isDescending);
}

void FeatureOrder::sortPartOf(std::size_t row) const
{
    if (m_isPartSorted.empty())
        return;
    const auto end = std::upper_bound(
        m_partBegins.begin(), m_partBegins.end(), static_cast<std::uint32_t>(row));
    const auto part = static_cast<std::size_t>(end - m_partBegins.begin()) - 1;
    if (std::exchange(m_isPartSorted[part], 1))
        return;
    std::vector<std::uint64_t> keys;
    keys.reserve(m_partBegins[part + 1] - m_partBegins[part]);
    for (std::uint32_t at = m_partBegins[part]; at < m_partBegins[part + 1]; ++at)
        keys.push_back(std::uint64_t(keyOf(m_rows[at])) << 32 | m_rows[at]);
    if (!std::is_sorted(keys.begin(), keys.end())) // equal ones are in order already
        std::sort(keys.begin(), keys.end());
    for (std::size_t i = 0; i < keys.size(); ++i)
        m_rows[m_partBegins[part] + i] = static_cast<std::uint32_t>(keys[i]);
}

FeatureRef FeatureOrder::at(std::int64_t row) const
{
    const std::lock_guard lock(m_mutex);
    sortPartOf(static_cast<std::size_t>(row));
    const std::uint32_t feature = m_rows[static_cast<std::size_t>(row)];
    const Source& source = sourceOf(feature);
    return {source.dictionary, FeatureId(static_cast<std::int64_t>(feature - source.first))};
}

std::int64_t FeatureOrder::rowOf(const FeatureRef& feature) const
{
    const auto source = std::find_if(m_sources.begin(), m_sources.end(),
        [&](const Source& one) { return one.dictionary == feature.dictionary; });
    if (source == m_sources.end() || !feature.feature.isValid()
        || feature.feature.index() >= source->size)
        return -1;
    const std::uint64_t wanted = source->first + std::uint64_t(feature.feature.value);
    const std::lock_guard lock(m_mutex);
    const auto find = [&] { return std::find(m_rows.begin(), m_rows.end(), wanted); };
    const auto found = find();
    if (found == m_rows.end())
        return -1;
    sortPartOf(static_cast<std::size_t>(found - m_rows.begin()));
    return find() - m_rows.begin();
}

std::size_t FeatureOrder::bytes() const
{
    std::size_t bytes = m_rows.capacity() * sizeof(std::uint32_t)
        + m_partBegins.capacity() * sizeof(std::uint32_t) + m_isPartSorted.capacity();
    for (const Source& source : m_sources)
        bytes += source.sortedBy ? source.sortedBy->size() * sizeof(float) : 0;
    return bytes;
}

} // namespace core
