#pragma once

#include "core/base/result.h"
#include "core/features/sparse_acts.h"
#include "core/store/byte_stream.h"
#include "core/store/feature_record.h"

#include <cstdint>
#include <map>
#include <vector>

namespace core {

/// How much a harvest keeps of each feature.
struct HarvestSettings {
    std::uint64_t seed = 0;
    int batchTokens = 1024; ///< One slice of work; a tenth of a second on a small model.
    int intervals = 5; ///< Equal parts of 0 to the maximum.
    int binsPerInterval = 8;
    int topExamples = 10;
    int examplesPerInterval = 4; ///< Drawn evenly from the passages whose peak lies there.
    int window = 28; ///< Tokens of an example, ...
    int windowBefore = 18; ///< ... of which this many before its peak.
    int samples = 64; ///< Firing tokens kept for search, drawn evenly from all.
    int nearest = 10;
    int cofiring = 10;
    int effects = 10;
    int raisedPlaces = 12; ///< Where what a feature raises is measured, at most; 0: nowhere.
    std::size_t cacheBytes = 512u << 20; ///< Activations kept from the first pass for the second.
    bool namesFeatures = true; ///< Suggests labels at its end.
};

/// A passage's place in a batch: its tokens are consecutive rows.
struct BatchPassage {
    std::int64_t index = 0; ///< In the corpus.
    std::size_t firstRow = 0;
    std::size_t length = 0;
};

/// What a harvest learns about the features of one dictionary, in two passes over the same batches.
///
/// The first pass counts, sums and finds the maximum; the second, which knows the maximum, fills
/// exact equal bins and collects examples. Nothing depends on how often the work was stopped
/// between batches. Memory: about 0.6 kB a feature in the first pass, 5 kB in the second, whatever
/// the length of the corpus; and in the second four bytes for each feature that fires on a sampled
/// token, which is at most 64 tokens a feature and no more than the corpus has.
class FeatureAccumulator {
public:
    FeatureAccumulator(std::int64_t d_sae, const HarvestSettings& settings);

    void count(const SparseActs& acts, const std::vector<BatchPassage>& passages);
    void startCollecting(); ///< Between the passes.
    void collect(const SparseActs& acts, const std::vector<BatchPassage>& passages);

    FeatureColumns columns(std::int64_t tokens) const;
    /// Example passages are corpus indices until `passageIds` (by index) replaces them.
    FeatureEvidence evidence(
        std::size_t feature, const std::vector<std::int64_t>& passageIds) const;
    std::map<std::int64_t, std::vector<PassageSample>> samples(
        const std::vector<std::int64_t>& passageIds) const;
    /// The firing tokens kept of a feature as (corpus index, position), ascending.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> keptSamples(std::size_t feature) const;
    std::size_t mostSamples() const { return static_cast<std::size_t>(m_settings.samples); }
    float max(std::size_t feature) const { return m_counts[feature].max; }
    std::size_t features() const { return m_counts.size(); }
    /// The features that fire most on the tokens where this one does: the largest Jaccard index,
    /// estimated from its sampled tokens (docs/definitions.md section 4.4), largest first; at most
    /// `count`, none that was never seen with it.
    StoredNearest cofiring(std::size_t feature, int count) const;

    void write(ByteWriter& out) const;
    /// False when the bytes do not fit this dictionary.
    bool read(ByteReader& in);

private:
    struct Counts {
        std::uint64_t firings = 0;
        double sum = 0;
        float max = 0; ///< The largest by size, with its sign.
        std::vector<std::pair<std::uint32_t, std::uint32_t>> samples; ///< Passage, position.
    };
    struct Reservoir {
        std::uint64_t seen = 0;
        std::vector<StoredExample> kept;
    };
    struct Evidence {
        std::vector<std::uint32_t> histogram;
        std::vector<StoredExample> top; ///< Strongest first.
        std::vector<Reservoir> intervals; ///< Lowest first.
    };
    /// A feature's strongest token within the passage at hand.
    struct Peak {
        float value = 0;
        std::uint32_t row = 0;
    };

    /// A token of the corpus as one number that sorts by passage, then position.
    static std::uint64_t tokenKey(std::uint64_t passage, std::uint64_t position)
    {
        return passage << 32 | position;
    }
    const std::vector<std::uint32_t>* firingOn(std::uint64_t token) const; ///< Null: not sampled.
    std::uint64_t drawBelow(
        std::uint64_t bound, std::size_t feature, std::uint64_t purpose, std::uint64_t nth) const;
    std::size_t binOf(float value, float max) const; ///< By size.
    void offer(
        std::size_t feature, const Peak& peak, const SparseActs& acts, const BatchPassage& passage);
    StoredExample cut(std::size_t feature, const Peak& peak, const SparseActs& acts,
        const BatchPassage& passage) const;

    HarvestSettings m_settings;
    std::vector<Counts> m_counts;
    std::vector<Evidence> m_evidence;
    std::vector<std::uint64_t> m_sampledTokens; ///< Of all features, ascending, in the second pass.
    std::vector<std::vector<std::uint32_t>> m_firing; ///< By sampled token: who fires there.
    mutable std::vector<std::uint32_t> m_together; ///< Scratch, all zero between features.
    std::vector<Peak> m_peaks; ///< Scratch, all zero between passages.
    std::vector<std::uint32_t> m_touched;
};

/// The strongest activation of an example, the largest by size, with its sign; 0 when it is empty.
float peakOf(const StoredExample& example);

} // namespace core
