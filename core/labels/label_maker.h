#pragma once

#include "core/base/progress.h"
#include "core/labels/corpus_text.h"
#include "core/labels/firing_test.h"
#include "core/store/workspace_reader.h"
#include "core/store/workspace_writer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <tuple>
#include <vector>

namespace core {

/// What came of the labels of one dictionary.
struct LabelOutcome {
    std::string dictionary;
    std::int64_t features = 0; ///< That fire.
    std::int64_t tested = 0; ///< Of those, with enough places for a test.
    std::int64_t labelled = 0; ///< With a suggestion.
    bool isExact = false; ///< The harvest noted where features rest.
    double bar = 0; ///< Of features with sixteen and more firing places in the test.
    std::vector<float> scores; ///< 101 quantiles; empty where nothing was tested.
    std::vector<float> shuffled; ///< The same of shuffled features.
};

/// Names the features of a workspace by what separates where they fire from where they do not
/// (docs/definitions.md section 7). Reads and writes the workspace alone: no model is needed.
class LabelMaker {
public:
    /// `seed` decides what is shuffled, nothing else.
    explicit LabelMaker(WorkspaceReader& reader, std::uint64_t seed = 1);
    ~LabelMaker();

    /// Suggests anew for one dictionary, and tests its persons' labels. Some milliseconds a
    /// feature, on two threads; the workspace changes at the end, at once.
    Result<LabelOutcome> label(const StoredDictionary& dictionary, WorkspaceWriter& writer,
        const ProgressFn& progress = {}, std::stop_token stop = {});

    /// What a test reads of a dictionary: all of it, for many labels, or what one feature takes.
    enum class Loads : std::uint8_t { WholeDictionary, OneFeature };

    /// How well the words of a label predict one feature; `score` is nothing where they cannot be
    /// tested. `bar` is that of the dictionary's suggestions, where they were made.
    Result<StoredLabelTest> test(const StoredDictionary& dictionary, FeatureId feature,
        const std::string& label, Loads loads = Loads::WholeDictionary, std::stop_token stop = {});

private:
    struct Loaded;
    Result<void> loadCorpus(const StoredDictionary& dictionary, const std::stop_token& stop);
    /// Of one feature, or of all.
    Result<const Loaded*> load(const StoredDictionary& dictionary, std::optional<FeatureId> only,
        const std::stop_token& stop);
    /// Adds what the feature's examples tell.
    Result<void> addExamples(Loaded& loaded, FeatureKey key, StoredFiring& firing) const;
    /// Nothing where it leads outside the corpus, as damage may.
    std::optional<Place> placeOf(std::int64_t passage, std::int64_t position) const;

    WorkspaceReader& m_reader;
    std::uint64_t m_seed;
    std::int32_t m_corpusId = -1, m_dictionaryId = -1;
    std::optional<FeatureId> m_only; ///< The feature that is loaded, where it is not all.
    std::vector<std::int64_t> m_passageIds;
    std::unique_ptr<CorpusText> m_corpus;
    std::unique_ptr<Loaded> m_loaded;
};

} // namespace core
