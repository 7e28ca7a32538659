#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/features/feature_accumulator.h"
#include "core/features/firing_noter.h"
#include "core/features/harvest_batches.h"
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
    /// `workers`: others that `helpHarvest` with the passes over the text.
    static Result<std::unique_ptr<Harvest>> start(std::shared_ptr<const Transformer> model,
        Dictionaries dictionaries, std::shared_ptr<const Tokenizer> tokenizer, HarvestCorpus corpus,
        WorkspaceWriter& writer, const HarvestSettings& settings = {},
        std::shared_ptr<Workers> workers = {});

    /// One batch, or one dictionary written. True when all is stored.
    Result<bool> step(std::stop_token stop = {}, const ProgressFn& progress = {});
    Result<void> save();
    Progress progress() const;
    HarvestOutcome outcome() const { return m_outcome; }

private:
    using Phase = HarvestPlace::Phase;

    Harvest(std::shared_ptr<const Transformer> model, Dictionaries dictionaries,
        std::shared_ptr<const Tokenizer> tokenizer, HarvestCorpus corpus, WorkspaceWriter& writer,
        const HarvestSettings& settings);

    Result<void> plan(std::shared_ptr<Workers> workers);
    Result<void> resume();
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

    std::optional<HarvestBatches> m_batches; ///< There from the start on.
    std::vector<FeatureAccumulator> m_accumulators; ///< By dictionary.
    HarvestPlace m_place; ///< When writing, `next` is a dictionary.
    std::int32_t m_corpusId = 0;
    std::vector<std::int64_t> m_passageIds;
    std::optional<Progress> m_long; ///< Of a part of writing that takes minutes.
    std::vector<FiringNoter> m_noters; ///< By dictionary, from the second pass on.
    std::unique_ptr<WorkspaceReader> m_reader; ///< Of what was written, for the names.
    std::unique_ptr<LabelMaker> m_maker;
    HarvestOutcome m_outcome;
};

/// All of a harvest at once. Progress is saved every few seconds, when it is stopped, and when
/// another worker is lost.
Result<HarvestOutcome> harvest(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
    HarvestCorpus corpus, WorkspaceWriter& writer, const HarvestSettings& settings = {},
    const ProgressFn& progress = {}, std::stop_token stop = {},
    std::shared_ptr<Workers> workers = {});

/// What every worker but the first does of a harvest: its share of the passes over the text. It
/// writes nothing. The outcome's tokens are those it read, special ones too.
Result<HarvestOutcome> helpHarvest(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
    const HarvestCorpus& corpus, const HarvestSettings& settings,
    const std::shared_ptr<Workers>& workers, const ProgressFn& progress = {},
    const std::stop_token& stop = {});

} // namespace core
