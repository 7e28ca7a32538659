#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/features/feature_accumulator.h"
#include "core/features/firing_noter.h"
#include "core/features/harvest_corpus.h"
#include "core/labels/label_maker.h"
#include "core/model/transformer.h"
#include "core/store/workspace_writer.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

struct HarvestOutcome {
    std::int64_t tokens = 0;
    std::int64_t featuresAlive = 0;
    std::int64_t featuresTotal = 0;
    double seconds = 0; ///< Of this run; what an interrupted run took before is not counted.
};

/// Runs a corpus through the model once per pass for all dictionaries together and fills a
/// workspace: columns, histograms, examples, logit effects, what is raised
/// where a feature fires, output scores, nearest features, samples for search, and labels by what
/// separates the samples from places where features rest.
///
/// Works in slices on the engine thread: call `step` until it answers true. Special tokens are left
/// out of every statistic. `save` notes the progress in the workspace, and a later Harvest of the
/// same corpus, weights and settings goes on from there with the same result as one that was never
/// stopped.
class Harvest {
public:
    static Result<std::unique_ptr<Harvest>> start(std::shared_ptr<const Transformer> model,
        Dictionaries dictionaries, std::shared_ptr<const Tokenizer> tokenizer, HarvestCorpus corpus,
        WorkspaceWriter& writer, const HarvestSettings& settings = {});

    /// One batch, or one dictionary written. True when all is stored.
    Result<bool> step(std::stop_token stop = {}, const ProgressFn& progress = {});
    Result<void> save();
    Progress progress() const;
    HarvestOutcome outcome() const { return m_outcome; }

private:
    struct Batch {
        std::vector<BatchPassage> passages;
        std::int64_t length = 0; ///< Of its longest passage; shorter ones are padded behind.
    };
    enum class Phase : std::uint8_t { Count, Collect, Write, Done };

    Harvest(std::shared_ptr<const Transformer> model, Dictionaries dictionaries,
        std::shared_ptr<const Tokenizer> tokenizer, HarvestCorpus corpus, WorkspaceWriter& writer,
        const HarvestSettings& settings);

    void planBatches();
    Result<void> resume();
    /// The dictionaries' activations on a batch: from the first pass if kept, or computed.
    Result<std::vector<SparseActs>> activations(
        const Batch& batch, const std::stop_token& stop, const std::function<void()>& pause);
    void lookForFiring(); ///< From here on the second pass also notes where features rest.
    Result<void> storeCorpus(const std::stop_token& stop);
    Result<void> nameFeatures(
        const std::string& dictionary, const ProgressFn& progress, const std::stop_token& stop);
    Result<std::vector<StoredEffects>> raisedWhereItFires(std::size_t which,
        const HarvestedDictionary& harvested, const std::stop_token& stop,
        const std::function<void()>& pause);
    Result<void> storeDictionary(
        std::size_t which, const std::stop_token& stop, const std::function<void()>& pause);

    std::shared_ptr<const Transformer> m_model;
    Dictionaries m_dictionaries;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    HarvestCorpus m_corpus;
    WorkspaceWriter& m_writer;
    HarvestSettings m_settings;
    std::vector<std::string> m_vocabulary;
    std::vector<std::string> m_weightsHashes;
    std::string m_stateName;

    std::vector<Batch> m_batches;
    std::vector<FeatureAccumulator> m_accumulators; ///< By dictionary.
    std::vector<std::vector<SparseActs>> m_cache; ///< By batch; empty where it was not kept.
    std::size_t m_cacheBytes = 0;
    Phase m_phase = Phase::Count;
    std::size_t m_next = 0; ///< Batch, or dictionary when writing.
    std::int32_t m_corpusId = 0;
    std::vector<std::int64_t> m_passageIds;
    std::optional<Progress> m_long; ///< Of a part of writing that takes minutes.
    std::vector<FiringNoter> m_noters; ///< By dictionary, from the second pass on.
    std::unique_ptr<WorkspaceReader> m_reader; ///< Of what was written, for the names.
    std::unique_ptr<LabelMaker> m_maker;
    HarvestOutcome m_outcome;
};

/// All of a harvest at once. Progress is saved every few seconds, and when it is stopped.
Result<HarvestOutcome> harvest(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
    HarvestCorpus corpus, WorkspaceWriter& writer, const HarvestSettings& settings = {},
    const ProgressFn& progress = {}, std::stop_token stop = {});

} // namespace core
