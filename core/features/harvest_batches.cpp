#include "core/features/harvest_batches.h"

#include "core/features/stable_hash.h"
#include "core/model/activation_cache.h"
#include "core/model/massive_rows.h"
#include "core/store/byte_stream.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace core {

namespace {

/// In place of a number of bytes, from a worker that has none.
constexpr std::int64_t kStopped = -1, kFailed = -2;

Result<void> checkFits(
    const Transformer& model, const Dictionaries& dictionaries, const HarvestCorpus& corpus)
{
    const ModelConfig& config = model.config();
    if (dictionaries.empty())
        return fail(Error::Code::NotFound, "There is no dictionary to harvest. Open one first.");
    if (corpus.tokens == 0)
        return fail(Error::Code::InvalidFile, "The text to harvest on is empty. Choose another.");
    for (const Passage& passage : corpus.passages) {
        if (std::int64_t(passage.tokens.size()) > config.n_ctx)
            return fail(Error::Code::Unsupported,
                "A passage has " + std::to_string(passage.tokens.size())
                    + " tokens, the model reads " + std::to_string(config.n_ctx)
                    + ". Cut the text shorter.");
        for (const TokenId id : passage.tokens)
            if (id.value < 0 || id.value >= config.d_vocab)
                return fail(Error::Code::InvalidFile,
                    "The text holds token " + std::to_string(id.value) + ", the model knows "
                        + std::to_string(config.d_vocab)
                        + " tokens. The tokenizer belongs to another model.");
    }
    for (const auto& dictionary : dictionaries)
        if (dictionary->config().hookIn.layer.value >= config.n_layers)
            return fail(Error::Code::Unsupported,
                dictionary->config().name + ": it reads " + dictionary->config().hookIn.name()
                    + ", the model has " + std::to_string(config.n_layers)
                    + " layers. The dictionary belongs to another model.");
    return {};
}

/// Of the tokens that count, those whose activation is not massive: as dictionaries are trained and
/// measured, and lest a feature's maximum be that of a token which no text is about.
std::vector<char> ordinaryOf(std::vector<char> isCounted, const at::Tensor& x)
{
    const at::Tensor counted
        = at::from_blob(isCounted.data(), {std::ssize(isCounted)}, at::kChar).to(at::kBool);
    const at::Tensor lengths = rowLengths(x).cpu();
    const at::Tensor isOrdinary
        = lengths.le(massiveLimit(lengths.masked_select(counted))).logical_and(counted);
    std::copy_n(isOrdinary.data_ptr<bool>(), isCounted.size(), isCounted.begin());
    return isCounted;
}

/// What tells a model from another one, or from itself in another precision: [1] float64.
at::Tensor sumOfLogits(const Transformer& model)
{
    const c10::InferenceMode inference;
    const std::int64_t tokens = std::min(8, model.config().n_ctx);
    const at::Tensor ids
        = at::arange(tokens, at::kLong).remainder(model.config().d_vocab).unsqueeze(0);
    const auto run = runWithCache(model, ids, {});
    return run ? run->logits.to(at::kCPU, at::kDouble).abs().sum().reshape({1})
               : at::zeros({1}, at::kDouble);
}

std::string bytesOf(const std::vector<SparseActs>& acts)
{
    ByteWriter out;
    for (const SparseActs& of : acts) {
        out.array(of.rowBegin);
        out.array(of.features);
        out.array(of.values);
    }
    return out.take();
}

std::vector<SparseActs> actsOf(std::string_view bytes, std::size_t dictionaries)
{
    ByteReader in(bytes);
    std::vector<SparseActs> acts(dictionaries);
    for (SparseActs& of : acts) {
        of.rowBegin = in.array<std::uint32_t>();
        of.features = in.array<std::uint32_t>();
        of.values = in.array<float>();
    }
    return acts;
}

} // namespace

Result<HarvestBatches> HarvestBatches::plan(std::shared_ptr<const Transformer> model,
    Dictionaries dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
    const HarvestCorpus& corpus, const HarvestSettings& settings, std::shared_ptr<Workers> workers)
{
    if (auto fits = checkFits(*model, dictionaries, corpus); !fits)
        return fail(fits.error());
    return HarvestBatches(std::move(model), std::move(dictionaries), std::move(tokenizer), corpus,
        settings, std::move(workers));
}

HarvestBatches::HarvestBatches(std::shared_ptr<const Transformer> model, Dictionaries dictionaries,
    std::shared_ptr<const Tokenizer> tokenizer, const HarvestCorpus& corpus,
    const HarvestSettings& settings, std::shared_ptr<Workers> workers)
    : m_model(std::move(model))
    , m_dictionaries(std::move(dictionaries))
    , m_tokenizer(std::move(tokenizer))
    , m_corpus(&corpus)
    , m_workers(std::move(workers))
    , m_hash(settings.seed)
    , m_room(settings.cacheBytes)
{
    // Passages of like length together, so that little is spent on padding.
    std::vector<std::size_t> order(corpus.passages.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    const auto length = [&](std::size_t i) { return corpus.passages[i].tokens.size(); };
    std::stable_sort(
        order.begin(), order.end(), [&](auto a, auto b) { return length(a) < length(b); });
    for (const std::size_t i : order) {
        const auto size = static_cast<std::int64_t>(length(i));
        if (m_batches.empty()
            || size * std::int64_t(m_batches.back().passages.size() + 1) > settings.batchTokens)
            m_batches.emplace_back();
        m_batches.back().passages.push_back({static_cast<std::int64_t>(i), 0, length(i)});
        m_batches.back().length = size;
    }
    for (Batch& batch : m_batches)
        for (std::size_t p = 0; p < batch.passages.size(); ++p)
            batch.passages[p].firstRow = p * static_cast<std::size_t>(batch.length);

    m_hash.add(corpus.hash);
    for (const int setting : {settings.batchTokens, settings.intervals, settings.binsPerInterval,
             settings.topExamples, settings.examplesPerInterval, settings.window,
             settings.windowBefore, settings.samples, settings.raisedPlaces})
        m_hash.add(static_cast<std::uint64_t>(setting));
    for (const auto& dictionary : m_dictionaries) {
        m_weightsHashes.push_back(weightsHash(*dictionary));
        m_hash.add(dictionary->config().name);
        m_hash.add(m_weightsHashes.back());
    }
}

Result<HarvestPlace> HarvestBatches::agree(HarvestPlace own) const
try {
    if (!m_workers)
        return own;
    const at::Tensor told
        = at::tensor({static_cast<std::int64_t>(m_hash.value()),
                         static_cast<std::int64_t>(own.phase), static_cast<std::int64_t>(own.next)},
            at::kLong);
    const std::vector<at::Tensor> all = m_workers->gather(told);
    const std::vector<at::Tensor> sums = m_workers->gather(sumOfLogits(*m_model));
    const auto* first = all.front().data_ptr<std::int64_t>();
    for (int rank = 1; rank < m_workers->size(); ++rank)
        if (all[static_cast<std::size_t>(rank)].data_ptr<std::int64_t>()[0] != first[0])
            return fail(Error::Code::Unsupported,
                fmt::format("Worker {} of {} reads another text, or has other dictionaries or "
                            "settings than worker 0. Give all the same options and files.",
                    rank, m_workers->size()));
        else if (!at::allclose(sums[static_cast<std::size_t>(rank)], sums.front(), 1e-4))
            return fail(Error::Code::Unsupported,
                fmt::format("Worker {} of {} has opened another model than worker 0, or in another "
                            "precision. Give all the same one.",
                    rank, m_workers->size()));
    return HarvestPlace{
        static_cast<HarvestPlace::Phase>(first[1]), static_cast<std::size_t>(first[2])};
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

Result<std::vector<SparseActs>> HarvestBatches::compute(
    const Batch& batch, const std::stop_token& stop, const std::function<void()>& pause) const
{
    const c10::InferenceMode inference;
    const auto rows = static_cast<std::int64_t>(batch.passages.size());
    at::Tensor ids = at::zeros({rows, batch.length}, at::kLong);
    std::vector<char> isCounted(static_cast<std::size_t>(rows * batch.length), 0);
    for (const BatchPassage& passage : batch.passages) {
        const auto& tokens = m_corpus->passages[static_cast<std::size_t>(passage.index)].tokens;
        for (std::size_t t = 0; t < tokens.size(); ++t) {
            ids.data_ptr<std::int64_t>()[passage.firstRow + t] = tokens[t].value;
            isCounted[passage.firstRow + t] = !m_tokenizer->isSpecial(tokens[t]);
        }
    }
    std::vector<HookPoint> points;
    ForwardOptions options;
    options.stop = stop;
    options.stopAtLayer = 0;
    for (const auto& dictionary : m_dictionaries) {
        const HookPoint point = dictionary->config().hookIn;
        if (std::find(points.begin(), points.end(), point) == points.end())
            points.push_back(point);
        if (point.kind >= HookKind::FinalScale)
            options.stopAtLayer = -1;
        else if (options.stopAtLayer >= 0)
            options.stopAtLayer = std::max(options.stopAtLayer, point.layer.value + 1);
    }
    const auto run = runWithCache(*m_model, ids, points, {}, options);
    if (!run)
        return fail(run.error());
    std::vector<SparseActs> all;
    for (const auto& dictionary : m_dictionaries) {
        pause();
        if (stop.stop_requested())
            return cancelled();
        const DictionaryConfig& config = dictionary->config();
        const at::Tensor& value = run->cache.at(config.hookIn);
        if (value.numel() != rows * batch.length * config.d_in)
            return fail(Error::Code::Unsupported,
                config.name + ": it reads vectors of " + std::to_string(config.d_in)
                    + ", the model's " + config.hookIn.name() + " has "
                    + std::to_string(value.numel() / (rows * batch.length))
                    + ". It belongs to another model.");
        const at::Tensor x = value.reshape({rows * batch.length, config.d_in});
        all.push_back(sparseActs(dictionary->activations(x), ordinaryOf(isCounted, x)));
    }
    return all;
}

Result<std::vector<SparseActs>> HarvestBatches::readAlone(std::size_t which, bool isReadAgain,
    const std::stop_token& stop, const std::function<void()>& pause)
{
    Batch& batch = m_batches[which];
    if (!batch.kept.empty())
        return std::exchange(batch.kept, {});
    auto acts = compute(batch, stop, pause);
    if (!acts || !isReadAgain)
        return acts;
    std::size_t bytes = 0;
    for (const SparseActs& of : *acts)
        bytes += of.bytes();
    if (bytes <= m_room) {
        m_room -= bytes;
        batch.kept = *acts;
    }
    return acts;
}

Result<std::vector<SparseActs>> HarvestBatches::read(std::size_t batch, bool isReadAgain,
    const std::stop_token& stop, const std::function<void()>& pause)
{
    if (!m_workers)
        return readAlone(batch, isReadAgain, stop, pause);
    if (batch < m_roundBegin || batch >= m_roundBegin + m_round.size()
        || m_round[batch - m_roundBegin].empty())
        if (auto exchanged = exchange(batch, isReadAgain, stop, pause); !exchanged)
            return fail(exchanged.error());
    return std::exchange(m_round[batch - m_roundBegin], {});
}

Result<void> HarvestBatches::exchange(std::size_t first, bool isReadAgain,
    const std::stop_token& stop, const std::function<void()>& pause)
try {
    const auto count = static_cast<std::size_t>(m_workers->size());
    const std::size_t begin = first / count * count; // lower where it goes on within a round
    const std::size_t own = begin + static_cast<std::size_t>(m_workers->rank());
    Result<std::vector<SparseActs>> acts;
    std::string bytes;
    if (stop.stop_requested())
        acts = cancelled();
    else if (own >= first && own < size())
        acts = readAlone(own, isReadAgain, stop, pause);
    if (acts)
        bytes = bytesOf(*acts);
    // The lengths first, since all must gather the same number of bytes.
    at::Tensor lengths = at::zeros({m_workers->size()}, at::kLong);
    lengths[m_workers->rank()] = acts                 ? std::ssize(bytes)
        : acts.error().code == Error::Code::Cancelled ? kStopped
                                                      : kFailed;
    m_workers->sum({lengths});
    if (!acts)
        return fail(acts.error());
    for (int rank = 0; rank < m_workers->size(); ++rank) {
        const auto length = lengths[rank].item<std::int64_t>();
        if (length == kStopped)
            return cancelled();
        if (length == kFailed)
            return fail(Error::Code::Io,
                fmt::format("Worker {} of {} could not go on; what it says itself is why.", rank,
                    m_workers->size()));
    }
    at::Tensor buffer = at::zeros({lengths.max().item<std::int64_t>()}, at::kByte);
    std::memcpy(buffer.data_ptr(), bytes.data(), bytes.size());
    const std::vector<at::Tensor> all = m_workers->gather(buffer);
    m_round.clear();
    m_roundBegin = begin;
    if (m_workers->isFirst()) // the others only compute
        for (std::size_t rank = 0; rank < count; ++rank)
            m_round.push_back(
                actsOf(std::string_view(static_cast<const char*>(all[rank].data_ptr()),
                           static_cast<std::size_t>(
                               lengths[static_cast<std::int64_t>(rank)].item<std::int64_t>())),
                    lengths[static_cast<std::int64_t>(rank)].item<std::int64_t>() == 0
                        ? 0
                        : m_dictionaries.size()));
    return {};
} catch (const WorkerLost& lost) {
    return fail(Error::Code::Io, lost.what());
}

Result<std::int64_t> HarvestBatches::help(const ProgressFn& progress, const std::stop_token& stop)
{
    const auto place = agree({});
    if (!place)
        return fail(place.error());
    const auto count = static_cast<std::size_t>(m_workers->size());
    std::int64_t tokens = 0;
    std::size_t from = place->next;
    for (auto phase = place->phase; phase < HarvestPlace::Phase::Write; from = 0) {
        const bool isFirstPass = phase == HarvestPlace::Phase::Count;
        while (from < size()) {
            const auto pause = [&] {
                if (progress)
                    progress({fmt::format("Reading for worker 0 of {}", count),
                        static_cast<std::int64_t>(from + (isFirstPass ? 0 : size())),
                        static_cast<std::int64_t>(2 * size()), "batches"});
            };
            pause();
            if (auto exchanged = exchange(from, isFirstPass, stop, pause); !exchanged)
                return fail(exchanged.error());
            const std::size_t begin = from / count * count;
            const std::size_t own = begin + static_cast<std::size_t>(m_workers->rank());
            if (own >= from && own < size())
                for (const BatchPassage& passage : passages(own))
                    tokens += static_cast<std::int64_t>(passage.length);
            from = begin + count;
        }
        phase = isFirstPass ? HarvestPlace::Phase::Collect : HarvestPlace::Phase::Write;
    }
    return tokens;
}

} // namespace core
