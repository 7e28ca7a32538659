#include "core/training/activation_store.h"

#include "core/model/activation_cache.h"
#include "core/model/massive_rows.h"
#include "core/training/activation_files.h"
#include "core/training/token_windows.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

namespace core {

namespace {

/// The pass can end after the last layer that is read; -1 = run it whole.
int lastNeededLayer(const std::vector<HookPoint>& points)
{
    int last = 0;
    for (const HookPoint& point : points) {
        if (!point.layer.isValid())
            return -1;
        last = std::max(last, point.layer.value + 1);
    }
    return last;
}

Result<void> checkMemory(
    std::int64_t tokens, std::int64_t widths, const ActivationStoreOptions& options)
{
    const std::int64_t bytes = tokens * widths * (options.isHalf ? 2 : 4);
    if (bytes <= options.maxBytes)
        return {};
    constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;
    return fail(Error::Code::OutOfMemory,
        fmt::format("Recording {} tokens needs {:.1f} GiB, {:.1f} GiB are allowed. Record fewer "
                    "tokens, fewer "
                    "places at a time, or keep them as float16.",
            tokens, static_cast<double>(bytes) / kGiB,
            static_cast<double>(options.maxBytes) / kGiB));
}

/// Rows of a batch whose activations are recorded, [n] int64.
at::Tensor keptPositions(const CorpusCover::Batch& batch)
{
    return batch.isKept.logical_and(batch.isSpecial.logical_not()).flatten().nonzero().squeeze(1);
}

/// Rows that one worker read.
struct Turn {
    int rank = 0;
    std::int64_t first = 0, rows = 0;
};

Result<void> shareTurns(
    Workers& workers, const std::vector<Turn>& turns, const std::map<HookPoint, at::Tensor>& all)
try {
    for (const Turn& turn : turns) {
        std::vector<at::Tensor> rows;
        for (const auto& [point, values] : all)
            rows.push_back(values.narrow(0, turn.first, turn.rows));
        workers.share(rows, turn.rank);
    }
    return {};
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

} // namespace

Result<std::shared_ptr<const ActivationStore>> ActivationStore::record(const Transformer& model,
    std::shared_ptr<const TokenCorpus> corpus, const std::vector<HookPoint>& points,
    const ActivationStoreOptions& options, const ProgressFn& progress, std::stop_token stop,
    const std::shared_ptr<Workers>& workers)
{
    const at::NoGradGuard noGrad;
    // No pass so long that a click beside it would wait.
    constexpr std::int64_t kMostPrompts = 8;
    const CorpusCover cover(std::move(corpus), options.context_size,
        options.context_size * std::min(options.store_batch_size_prompts, kMostPrompts),
        options.maxTokens);
    if (cover.keptTokens() == 0)
        return fail(
            Error::Code::Unsupported, "The text to record is empty, or holds special tokens only.");
    const Pass pass{model, points, progress, stop};
    auto store = std::make_shared<ActivationStore>();
    if (workers && !options.cacheFolder.empty())
        return fail(Error::Code::Unsupported,
            "Several workers keep activations in memory alone, not on disk.");
    auto recorded = options.cacheFolder.empty()
        ? store->recordInMemory(pass, cover, options, workers)
        : store->recordOnDisk(pass, cover, options);
    if (!recorded)
        return fail(recorded.error());
    if (options.leavesOutMassive)
        store->leaveOutMassive();
    return store;
}

/// The kept rows [n, d] of batch `index` at each point.
Result<std::map<HookPoint, at::Tensor>> ActivationStore::Pass::rowsOf(
    const CorpusCover& cover, std::int64_t index) const
{
    if (stop.stop_requested())
        return cancelled();
    ForwardOptions forward;
    forward.stopAtLayer = lastNeededLayer(points);
    forward.stop = stop;
    const CorpusCover::Batch batch = cover.batch(index);
    const Result<CachedRun> run = runWithCache(model, batch.ids, points, {}, forward);
    if (!run)
        return fail(run.error());
    const at::Tensor kept = keptPositions(batch).to(model.device());
    std::map<HookPoint, at::Tensor> rows;
    for (const auto& [point, value] : run->cache.values())
        rows[point] = value.reshape({batch.ids.numel(), -1}).index_select(0, kept);
    return rows;
}

Result<void> ActivationStore::recordInMemory(const Pass& pass, const CorpusCover& cover,
    const ActivationStoreOptions& options, const std::shared_ptr<Workers>& workers)
{
    const std::int64_t tokens = cover.keptTokens();
    std::vector<Turn> turns; // read by the workers, not yet shared
    const std::int64_t count = workers ? workers->size() : 1, rank = workers ? workers->rank() : 0;
    for (std::int64_t i = 0; i < cover.batches(); ++i) {
        if (pass.stop.stop_requested())
            return cancelled();
        std::int64_t kept = -1;
        if (i == 0 || i % count == rank) { // all read the first: it tells the widths
            const auto batch = pass.rowsOf(cover, i);
            if (!batch)
                return fail(batch.error());
            if (i == 0) {
                std::int64_t widths = 0;
                for (const auto& [point, rows] : *batch)
                    widths += rows.size(1);
                if (auto checked = checkMemory(tokens, widths, options); !checked)
                    return checked;
                for (const auto& [point, rows] : *batch)
                    m_activations[point] = at::empty(
                        {tokens, rows.size(1)}, options.isHalf ? at::kHalf : at::kFloat);
            }
            kept = batch->begin()->second.size(0);
            for (const auto& [point, rows] : *batch)
                m_activations.at(point).narrow(0, m_tokens, kept).copy_(rows);
        } else {
            kept = keptPositions(cover.batch(i)).size(0);
        }
        turns.push_back({static_cast<int>(i % count), m_tokens, kept});
        m_tokens += kept;
        const bool isRound = (i + 1) % count == 0 || i + 1 == cover.batches();
        if (workers && isRound)
            if (auto shared = shareTurns(*workers, turns, m_activations); !shared)
                return shared;
        if (isRound)
            turns.clear();
        if (pass.progress)
            pass.progress({"Recording activations", m_tokens, tokens, "tokens"});
    }
    return {};
}

Result<void> ActivationStore::recordOnDisk(
    const Pass& pass, const CorpusCover& cover, const ActivationStoreOptions& options)
{
    constexpr std::chrono::seconds kSaveEvery(2); // a crash costs no more of the recording
    auto files = ActivationFiles::open(options.cacheFolder,
        fmt::format("{} context {}", options.cacheKey, options.context_size), pass.points,
        cover.keptTokens());
    if (!files)
        return fail(files.error());
    auto saved = std::chrono::steady_clock::now();
    for (std::int64_t i = (*files)->batches(); i < cover.batches(); ++i) {
        const auto batch = pass.rowsOf(cover, i);
        if (!batch) {
            (void)(*files)->save(); // the next try goes on from here
            return fail(batch.error());
        }
        if (auto appended = (*files)->append(*batch); !appended)
            return appended;
        if (std::chrono::steady_clock::now() - saved >= kSaveEvery) {
            saved = std::chrono::steady_clock::now();
            if (auto done = (*files)->save(); !done)
                return done;
        }
        if (pass.progress)
            pass.progress(
                {"Recording activations", (*files)->tokens(), cover.keptTokens(), "tokens"});
    }
    if (auto done = (*files)->save(); !done)
        return done;
    auto mapped = (*files)->mapped();
    if (!mapped)
        return fail(mapped.error());
    m_tokens = (*files)->tokens();
    m_activations = std::move(*mapped);
    return {};
}

std::shared_ptr<const ActivationStore> ActivationStore::fromTensors(
    std::map<HookPoint, at::Tensor> activations)
{
    auto store = std::make_shared<ActivationStore>();
    store->m_tokens = activations.empty() ? 0 : activations.begin()->second.size(0);
    for (const auto& [point, value] : activations)
        TORCH_CHECK(value.dim() == 2 && value.size(0) == store->m_tokens,
            "ActivationStore: one row a token everywhere");
    store->m_activations = std::move(activations);
    return store;
}

void ActivationStore::leaveOutMassive()
{
    constexpr std::int64_t kForMedian = 16'384, kAtOnce = 65'536;
    at::Tensor isLeft = at::ones({m_tokens}, at::kBool);
    for (const auto& [point, values] : m_activations) {
        const double limit = massiveLimit(rowLengths(sampleRows(point, kForMedian)));
        for (std::int64_t first = 0; first < m_tokens; first += kAtOnce) {
            const std::int64_t count = std::min(kAtOnce, m_tokens - first);
            isLeft.narrow(0, first, count)
                .logical_and_(rowLengths(values.narrow(0, first, count)).le(limit));
        }
    }
    const at::Tensor places = isLeft.nonzero().squeeze(1);
    if (places.size(0) == m_tokens)
        return;
    m_massiveTokens = m_tokens - places.size(0);
    m_tokens = places.size(0);
    m_places = places;
}

at::Tensor ActivationStore::rows(HookPoint point, const at::Tensor& indices) const
{
    const at::Tensor places = m_places.defined() ? m_places.index_select(0, indices) : indices;
    return m_activations.at(point).index_select(0, places).to(at::kFloat);
}

at::Tensor ActivationStore::sampleRows(HookPoint point, std::int64_t count) const
{
    const std::int64_t stride
        = std::max<std::int64_t>(1, m_tokens / std::max<std::int64_t>(count, 1));
    if (m_places.defined())
        return rows(point, at::arange(0, m_tokens, stride, at::kLong));
    return m_activations.at(point).slice(0, 0, m_tokens, stride).to(at::kFloat).contiguous();
}

ShuffledBatches::ShuffledBatches(std::int64_t tokens, std::int64_t batchSize, std::uint64_t seed)
    : m_batchSize(std::min(batchSize, tokens))
    , m_seed(seed)
    , m_order(static_cast<std::size_t>(tokens))
{
}

at::Tensor ShuffledBatches::indices(std::int64_t batch)
{
    const std::int64_t batchesPerEpoch = static_cast<std::int64_t>(m_order.size()) / m_batchSize;
    if (const std::int64_t epoch = batch / batchesPerEpoch; epoch != m_epoch) {
        m_epoch = epoch;
        std::iota(m_order.begin(), m_order.end(), 0);
        std::seed_seq mixed{static_cast<std::uint32_t>(m_seed),
            static_cast<std::uint32_t>(m_seed >> 32), static_cast<std::uint32_t>(epoch)};
        std::mt19937_64 random(mixed);
        std::shuffle(m_order.begin(), m_order.end(), random);
    }
    at::Tensor indices = at::empty({m_batchSize}, at::kLong);
    const auto begin = m_order.begin() + batch % batchesPerEpoch * m_batchSize;
    std::copy_n(begin, m_batchSize, indices.data_ptr<std::int64_t>());
    return indices;
}

} // namespace core
