#pragma once

#include "core/features/feature_accumulator.h"
#include "core/features/sparse_acts.h"
#include "core/labels/contrast.h"

#include <cstdint>
#include <string>
#include <vector>

namespace core {

/// Looks, in a harvest's second pass, at places that the first one chose: whether each feature of a
/// dictionary fires at its contrast places, and how strongly at its samples. 12 bytes a place.
class FiringNoter {
public:
    FiringNoter(const FeatureAccumulator& counted, const CorpusText& corpus);

    void note(const SparseActs& acts, const std::vector<BatchPassage>& passages);
    const FiringNotes& notes() const { return m_notes; }
    /// Goes on from what was noted before; false when the bytes do not fit.
    bool restore(std::string bytes);

private:
    struct Look {
        std::int32_t position = 0;
        std::uint32_t feature = 0;
        std::int32_t slot = 0; ///< A contrast place, or behind those a sample.
    };

    FiringNotes m_notes;
    std::vector<float> m_max;
    std::vector<std::size_t> m_begin; ///< By corpus index.
    std::vector<Look> m_looks;
};

} // namespace core
