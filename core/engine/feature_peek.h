#pragma once

#include "core/api/training_measurement.h"
#include "core/base/result.h"
#include "core/engine/loaded_model.h"
#include "core/labels/corpus_text.h"
#include "core/training/held_out_text.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// A dozen features of a dictionary in the making: from those that fire often to rare ones, and at
/// the next look the same ones, as long as they fire, so that one sees them form. What tells where
/// they fire is learnt on half of the text's passages and tested on the others, without the bar of
/// a harvest's labels: it is a first guess.
///
/// Costs an encoding of the text and some milliseconds a feature.
class FeaturePeek {
public:
    FeaturePeek(std::shared_ptr<const LoadedModel> model, std::shared_ptr<const HeldOutText> text);

    /// `firings` [d_sae] are those on the held-out text.
    Result<std::vector<PeekFeature>> look(const Dictionary& dictionary,
        const std::vector<std::int64_t>& firings, const std::function<void()>& pause,
        const std::stop_token& stop);

private:
    std::vector<FeatureId> choose(
        const std::string& dictionary, const std::vector<std::int64_t>& firings);
    void addExamples(const std::vector<float>& acts, PeekFeature& feature) const;
    void addLabel(const std::vector<float>& acts, std::uint64_t seed, PeekFeature& feature) const;

    std::shared_ptr<const LoadedModel> m_model;
    std::shared_ptr<const HeldOutText> m_text;
    std::vector<std::vector<std::int64_t>> m_rowOf; ///< By passage and position; -1: no row.
    std::unique_ptr<CorpusText> m_corpus;
    std::map<std::string, std::vector<FeatureId>> m_chosen; ///< By dictionary.
};

} // namespace core
