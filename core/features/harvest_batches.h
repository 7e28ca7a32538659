#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/features/feature_accumulator.h"
#include "core/features/harvest_corpus.h"
#include "core/files/stable_hash.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"
#include "core/workers/workers.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// Where a harvest is: its pass over the text, or writing, and the next batch.
struct HarvestPlace {
    enum class Phase : std::uint8_t { Count, Collect, Write, Done };

    Phase phase = Phase::Count;
    std::size_t next = 0;
};

/// The text of a harvest in batches, and what fires on each: computed by the model, or kept from
/// the pass before. Several workers take turns, batch b is that of worker b modulo their number,
/// and tell one another what fired, so that the first one has what it would have computed alone.
class HarvestBatches {
public:
    /// NotFound, InvalidFile or Unsupported where text, model and dictionaries do not fit. `corpus`
    /// must outlive this.
    static Result<HarvestBatches> plan(std::shared_ptr<const Transformer> model,
        Dictionaries dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
        const HarvestCorpus& corpus, const HarvestSettings& settings,
        std::shared_ptr<Workers> workers);

    std::size_t size() const { return m_batches.size(); }
    const std::vector<BatchPassage>& passages(std::size_t batch) const
    {
        return m_batches[batch].passages;
    }
    const std::vector<std::string>& weightsHashes() const
    {
        return m_weightsHashes;
    } ///< By dictionary.
    const StableHash& hash() const { return m_hash; } ///< Of text, weights and settings.
    bool isShared() const { return m_workers != nullptr; }

    /// Where the first worker is; an error when the others were given something else to harvest.
    Result<HarvestPlace> agree(HarvestPlace own) const;
    /// What fires in a batch, by dictionary; kept for the next pass where `isReadAgain` and there
    /// is room. Of several workers the first asks for one after the other while the others `help`;
    /// whoever is stopped or fails ends it for all.
    Result<std::vector<SparseActs>> read(std::size_t batch, bool isReadAgain,
        const std::stop_token& stop, const std::function<void()>& pause);
    /// This worker's share of both passes from where the first one is. Answers how many tokens,
    /// with special ones, it read.
    Result<std::int64_t> help(const ProgressFn& progress, const std::stop_token& stop);

private:
    struct Batch {
        std::vector<BatchPassage> passages;
        std::int64_t length = 0; ///< Of its longest passage; shorter ones are padded behind.
        std::vector<SparseActs> kept; ///< By dictionary; empty where there was no room.
    };

    HarvestBatches(std::shared_ptr<const Transformer> model, Dictionaries dictionaries,
        std::shared_ptr<const Tokenizer> tokenizer, const HarvestCorpus& corpus,
        const HarvestSettings& settings, std::shared_ptr<Workers> workers);

    Result<std::vector<SparseActs>> readAlone(std::size_t batch, bool isReadAgain,
        const std::stop_token& stop, const std::function<void()>& pause);
    Result<std::vector<SparseActs>> compute(
        const Batch& batch, const std::stop_token& stop, const std::function<void()>& pause) const;
    Result<void> exchange(std::size_t first, bool isReadAgain, const std::stop_token& stop,
        const std::function<void()>& pause);

    std::shared_ptr<const Transformer> m_model;
    Dictionaries m_dictionaries;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    const HarvestCorpus* m_corpus;
    std::shared_ptr<Workers> m_workers;
    std::vector<std::string> m_weightsHashes;
    StableHash m_hash;
    std::vector<Batch> m_batches;
    std::size_t m_room; ///< Bytes that may still be kept.
    std::size_t m_roundBegin = 0; ///< Of the batches that were exchanged last.
    std::vector<std::vector<SparseActs>> m_round;
};

} // namespace core
