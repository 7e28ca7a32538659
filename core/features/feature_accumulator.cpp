#include "core/features/feature_accumulator.h"

#include "core/features/stable_hash.h"

#include <algorithm>
#include <cmath>

namespace core {

namespace {

/// Activations may be signed: a feature fires as strongly either way.
bool isWeaker(float a, float b)
{
    return std::fabs(a) < std::fabs(b);
}

} // namespace

float peakOf(const StoredExample& example)
{
    return example.activations.empty()
        ? 0.0f
        : *std::max_element(example.activations.begin(), example.activations.end(), isWeaker);
}

FeatureAccumulator::FeatureAccumulator(std::int64_t d_sae, const HarvestSettings& settings)
    : m_settings(settings)
    , m_counts(static_cast<std::size_t>(d_sae))
    , m_peaks(static_cast<std::size_t>(d_sae))
{
}

/// Random by counting, not by state: the same whatever was stopped and continued in between.
std::uint64_t FeatureAccumulator::drawBelow(
    std::uint64_t bound, std::size_t feature, std::uint64_t purpose, std::uint64_t nth) const
{
    StableHash hash(m_settings.seed);
    hash.add(static_cast<std::uint64_t>(feature));
    hash.add(purpose);
    hash.add(nth);
    return hash.value() % bound;
}

void FeatureAccumulator::count(const SparseActs& acts, const std::vector<BatchPassage>& passages)
{
    const auto kept = static_cast<std::size_t>(m_settings.samples);
    for (const BatchPassage& passage : passages)
        for (std::size_t row = passage.firstRow; row < passage.firstRow + passage.length; ++row)
            for (std::size_t i = acts.rowBegin[row]; i < acts.rowBegin[row + 1]; ++i) {
                const std::size_t feature = acts.features[i];
                Counts& counts = m_counts[feature];
                ++counts.firings;
                counts.sum += acts.values[i];
                counts.max = std::max(counts.max, acts.values[i], isWeaker);
                // Algorithm R (Vitter 1985): each firing token so far is kept with the same
                // probability.
                const std::pair sample(static_cast<std::uint32_t>(passage.index),
                    static_cast<std::uint32_t>(row - passage.firstRow));
                if (counts.samples.size() < kept)
                    counts.samples.push_back(sample);
                else if (const auto slot = drawBelow(counts.firings, feature, 0, counts.firings);
                         slot < kept)
                    counts.samples[slot] = sample;
            }
}

void FeatureAccumulator::startCollecting()
{
    m_sampledTokens.clear();
    for (const Counts& counts : m_counts)
        for (const auto& [passage, position] : counts.samples)
            m_sampledTokens.push_back(tokenKey(passage, position));
    std::sort(m_sampledTokens.begin(), m_sampledTokens.end());
    m_sampledTokens.erase(
        std::unique(m_sampledTokens.begin(), m_sampledTokens.end()), m_sampledTokens.end());
    m_firing.assign(m_sampledTokens.size(), {});
    m_evidence.resize(m_counts.size());
    for (Evidence& evidence : m_evidence) {
        evidence.histogram.assign(
            static_cast<std::size_t>(m_settings.intervals * m_settings.binsPerInterval), 0);
        evidence.intervals.resize(static_cast<std::size_t>(m_settings.intervals));
    }
}

std::size_t FeatureAccumulator::binOf(float value, float max) const
{
    const auto bins = static_cast<std::size_t>(m_settings.intervals * m_settings.binsPerInterval);
    return std::min(
        bins - 1, static_cast<std::size_t>(std::fabs(double(value) / double(max)) * double(bins)));
}

void FeatureAccumulator::collect(const SparseActs& acts, const std::vector<BatchPassage>& passages)
{
    for (const BatchPassage& passage : passages) {
        for (std::size_t row = passage.firstRow; row < passage.firstRow + passage.length; ++row) {
            const auto key
                = tokenKey(static_cast<std::uint64_t>(passage.index), row - passage.firstRow);
            if (const auto* sampled = firingOn(key))
                m_firing[static_cast<std::size_t>(sampled - m_firing.data())].assign(
                    acts.features.begin() + acts.rowBegin[row],
                    acts.features.begin() + acts.rowBegin[row + 1]);
            for (std::size_t i = acts.rowBegin[row]; i < acts.rowBegin[row + 1]; ++i) {
                const std::uint32_t feature = acts.features[i];
                const float value = acts.values[i];
                ++m_evidence[feature].histogram[binOf(value, m_counts[feature].max)];
                Peak& peak = m_peaks[feature];
                if (peak.value == 0.0f)
                    m_touched.push_back(feature);
                if (isWeaker(peak.value, value))
                    peak = {value, static_cast<std::uint32_t>(row)};
            }
        }
        for (const std::uint32_t feature : m_touched) {
            offer(feature, m_peaks[feature], acts, passage);
            m_peaks[feature] = {};
        }
        m_touched.clear();
    }
}

/// Keeps the example around a passage's peak if it is among the strongest, or drawn for its
/// interval.
void FeatureAccumulator::offer(
    std::size_t feature, const Peak& peak, const SparseActs& acts, const BatchPassage& passage)
{
    Evidence& evidence = m_evidence[feature];
    const auto topSize = static_cast<std::size_t>(m_settings.topExamples);
    if (evidence.top.size() < topSize || isWeaker(peakOf(evidence.top.back()), peak.value)) {
        StoredExample example = cut(feature, peak, acts, passage);
        const auto place = std::find_if(evidence.top.begin(), evidence.top.end(),
            [&](const StoredExample& other) { return isWeaker(peakOf(other), peak.value); });
        evidence.top.insert(place, std::move(example));
        if (evidence.top.size() > topSize)
            evidence.top.pop_back();
    }
    const std::size_t interval = binOf(peak.value, m_counts[feature].max)
        / static_cast<std::size_t>(m_settings.binsPerInterval);
    Reservoir& reservoir = evidence.intervals[interval];
    ++reservoir.seen;
    const auto size = static_cast<std::size_t>(m_settings.examplesPerInterval);
    if (reservoir.kept.size() < size)
        reservoir.kept.push_back(cut(feature, peak, acts, passage));
    else if (const auto slot = drawBelow(reservoir.seen, feature, 1 + interval, reservoir.seen);
             slot < size)
        reservoir.kept[slot] = cut(feature, peak, acts, passage);
}

StoredExample FeatureAccumulator::cut(std::size_t feature, const Peak& peak, const SparseActs& acts,
    const BatchPassage& passage) const
{
    const std::size_t window
        = std::min(passage.length, static_cast<std::size_t>(m_settings.window));
    const std::size_t at = peak.row - passage.firstRow;
    std::size_t start = at - std::min(at, static_cast<std::size_t>(m_settings.windowBefore));
    start = std::min(start, passage.length - window); // The whole window lies in the passage.
    StoredExample example{
        passage.index, static_cast<std::int32_t>(start), std::vector<float>(window)};
    for (std::size_t i = 0; i < window; ++i)
        example.activations[i]
            = acts.at(passage.firstRow + start + i, static_cast<std::uint32_t>(feature));
    return example;
}

FeatureColumns FeatureAccumulator::columns(std::int64_t tokens) const
{
    FeatureColumns columns;
    for (const Counts& counts : m_counts) {
        const auto firings = static_cast<double>(counts.firings);
        columns.density.push_back(tokens > 0 ? static_cast<float>(firings / double(tokens)) : 0.0f);
        columns.max.push_back(counts.max);
        columns.mean.push_back(
            counts.firings > 0 ? static_cast<float>(counts.sum / firings) : 0.0f);
        columns.samples.push_back(static_cast<float>(counts.samples.size()));
    }
    return columns;
}

FeatureEvidence FeatureAccumulator::evidence(
    std::size_t feature, const std::vector<std::int64_t>& passageIds) const
{
    FeatureEvidence result;
    const Counts& counts = m_counts[feature];
    if (counts.firings == 0)
        return result;
    const Evidence& evidence = m_evidence[feature];
    result.histogram.assign(evidence.histogram.begin(), evidence.histogram.end());
    const auto bins = static_cast<std::size_t>(m_settings.binsPerInterval);
    for (std::size_t k = evidence.intervals.size(); k-- > 0;) {
        StoredInterval interval;
        const auto parts = static_cast<double>(evidence.intervals.size());
        interval.low = static_cast<float>(double(counts.max) * double(k) / parts);
        interval.high = static_cast<float>(double(counts.max) * double(k + 1) / parts);
        std::uint64_t firings = 0;
        for (std::size_t bin = k * bins; bin < (k + 1) * bins; ++bin)
            firings += evidence.histogram[bin];
        interval.share = double(firings) / double(counts.firings);
        // The strongest of all that lie here, then those drawn by chance that are not among them.
        for (const StoredExample& example : evidence.top)
            if (binOf(peakOf(example), counts.max) / bins == k)
                interval.examples.push_back(example);
        for (const StoredExample& example : evidence.intervals[k].kept)
            if (std::find(interval.examples.begin(), interval.examples.end(), example)
                == interval.examples.end())
                interval.examples.push_back(example);
        std::stable_sort(interval.examples.begin(), interval.examples.end(),
            [](const StoredExample& a, const StoredExample& b) {
                return isWeaker(peakOf(b), peakOf(a));
            });
        for (StoredExample& example : interval.examples)
            example.passage = passageIds[static_cast<std::size_t>(example.passage)];
        result.intervals.push_back(std::move(interval));
    }
    return result;
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> FeatureAccumulator::keptSamples(
    std::size_t feature) const
{
    auto samples = m_counts[feature].samples;
    std::sort(samples.begin(), samples.end());
    return samples;
}

const std::vector<std::uint32_t>* FeatureAccumulator::firingOn(std::uint64_t token) const
{
    const auto found = std::lower_bound(m_sampledTokens.begin(), m_sampledTokens.end(), token);
    return found == m_sampledTokens.end() || *found != token
        ? nullptr
        : &m_firing[static_cast<std::size_t>(found - m_sampledTokens.begin())];
}

StoredNearest FeatureAccumulator::cofiring(std::size_t feature, int count) const
{
    const Counts& own = m_counts[feature];
    m_together.resize(m_counts.size());
    std::vector<std::uint32_t> seen;
    for (const auto& [passage, position] : own.samples)
        if (const auto* firing = firingOn(tokenKey(passage, position)))
            for (const std::uint32_t other : *firing)
                if (other != feature && m_together[other]++ == 0)
                    seen.push_back(other);
    StoredNearest all;
    for (const std::uint32_t other : seen) {
        // The share of this feature's tokens where the other fires too; the rest is counted.
        const double share = double(m_together[other]) / double(own.samples.size());
        const double ratio = double(m_counts[other].firings) / double(own.firings);
        m_together[other] = 0;
        // Both fire on no more tokens than the rarer one does, whatever the sample says.
        const double both = std::min(share, ratio);
        all.emplace_back(FeatureId(static_cast<std::int64_t>(other)),
            static_cast<float>(both / (1.0 + ratio - both)));
    }
    const auto kept = std::min<std::ptrdiff_t>(std::max(0, count), std::ssize(all));
    std::partial_sort(all.begin(), all.begin() + kept, all.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first.value < b.first.value;
    });
    all.resize(static_cast<std::size_t>(kept));
    return all;
}

std::map<std::int64_t, std::vector<PassageSample>> FeatureAccumulator::samples(
    const std::vector<std::int64_t>& passageIds) const
{
    std::map<std::int64_t, std::vector<PassageSample>> all;
    for (std::size_t feature = 0; feature < m_counts.size(); ++feature)
        for (const auto& [passage, position] : m_counts[feature].samples)
            all[passageIds[passage]].push_back({FeatureId(static_cast<std::int64_t>(feature)),
                static_cast<std::int32_t>(position)});
    return all;
}

} // namespace core
