#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/model/transformer.h"
#include "core/training/token_corpus.h"
#include "core/workers/workers.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

class CorpusCover;

struct ActivationStoreOptions {
    std::int64_t context_size = 128;
    std::int64_t store_batch_size_prompts = 32; ///< At most so many contexts' tokens a pass.
    std::int64_t maxTokens = 0; ///< About this many are recorded; 0 = the whole text.
    /// Tokens that are massive (massive_rows.h) at any of the points are left out of every one.
    bool leavesOutMassive = false;
    bool isHalf = false; ///< Kept as float16: half the memory, three digits.
    std::int64_t maxBytes = 4LL << 30; ///< Refused beforehand when more would be needed in memory.
    /// Kept as files in this folder, mapped, instead of in memory; a recording that was stopped
    /// goes on from there. `cacheKey` says of which text they are.
    std::filesystem::path cacheFolder;
    std::string cacheKey;
};

/// The activations of one pass over a text at several hook points at once, so that the model runs
/// only once for all dictionaries. Each document is read alone, as `CorpusCover` lays them. Special
/// tokens are left out; row i is the same token at every point. Of several workers each reads a
/// part of the text, and all have the whole afterwards, in memory. Immutable.
class ActivationStore {
public:
    static Result<std::shared_ptr<const ActivationStore>> record(const Transformer& model,
        std::shared_ptr<const TokenCorpus> corpus, const std::vector<HookPoint>& points,
        const ActivationStoreOptions& options = {}, const ProgressFn& progress = {},
        std::stop_token stop = {}, const std::shared_ptr<Workers>& workers = {});
    /// From activations made elsewhere: [tokens, d] each, all of the same length.
    static std::shared_ptr<const ActivationStore> fromTensors(
        std::map<HookPoint, at::Tensor> activations);

    std::int64_t tokens() const { return m_tokens; }
    std::int64_t massiveTokens() const { return m_massiveTokens; } ///< Left out.
    bool has(HookPoint point) const { return m_activations.contains(point); }
    int width(HookPoint point) const { return static_cast<int>(m_activations.at(point).size(1)); }
    at::Tensor rows(HookPoint point, const at::Tensor& indices) const; ///< [n, d] float32, a copy.
    /// About `count` rows evenly spaced over the text (all, when there are fewer), for means and
    /// norms.
    at::Tensor sampleRows(HookPoint point, std::int64_t count) const;

private:
    /// What one pass over the text takes.
    struct Pass {
        const Transformer& model;
        const std::vector<HookPoint>& points;
        const ProgressFn& progress;
        const std::stop_token& stop;

        Result<std::map<HookPoint, at::Tensor>> rowsOf(
            const CorpusCover& cover, std::int64_t index) const;
    };
    Result<void> recordInMemory(const Pass& pass, const CorpusCover& cover,
        const ActivationStoreOptions& options, const std::shared_ptr<Workers>& workers);
    Result<void> recordOnDisk(
        const Pass& pass, const CorpusCover& cover, const ActivationStoreOptions& options);

    void leaveOutMassive();

    std::int64_t m_tokens = 0, m_massiveTokens = 0;
    std::map<HookPoint, at::Tensor> m_activations;
    at::Tensor m_places; ///< [tokens] int64: the rows that are left; undefined while all are.
};

/// Endless shuffled batches of row numbers: every epoch is a permutation of its own, its last
/// incomplete batch left out. Batch i is a function of (tokens, batch size, seed, i), so a run can
/// go on from any step.
class ShuffledBatches {
public:
    ShuffledBatches(std::int64_t tokens, std::int64_t batchSize, std::uint64_t seed);
    at::Tensor indices(std::int64_t batch); ///< [batchSize] int64

private:
    std::int64_t m_batchSize;
    std::uint64_t m_seed;
    std::int64_t m_epoch = -1;
    std::vector<std::int32_t> m_order;
};

} // namespace core
