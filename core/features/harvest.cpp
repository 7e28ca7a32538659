#include "core/features/harvest.h"

#include "core/base/log.h"
#include "core/features/stable_hash.h"
#include "core/model/activation_cache.h"
#include "core/model/massive_rows.h"
#include "core/store/byte_stream.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace core {

namespace {

constexpr std::uint8_t kStateVersion = 2;

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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

} // namespace

Harvest::Harvest(std::shared_ptr<const Transformer> model, Dictionaries dictionaries,
    std::shared_ptr<const Tokenizer> tokenizer, HarvestCorpus corpus, WorkspaceWriter& writer,
    const HarvestSettings& settings)
    : m_model(std::move(model))
    , m_dictionaries(std::move(dictionaries))
    , m_tokenizer(std::move(tokenizer))
    , m_corpus(std::move(corpus))
    , m_writer(writer)
    , m_settings(settings)
{
}

Result<std::unique_ptr<Harvest>> Harvest::start(std::shared_ptr<const Transformer> model,
    Dictionaries dictionaries, std::shared_ptr<const Tokenizer> tokenizer, HarvestCorpus corpus,
    WorkspaceWriter& writer, const HarvestSettings& settings)
{
    const ModelConfig& config = model->config();
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
    std::unique_ptr<Harvest> harvest(new Harvest(std::move(model), std::move(dictionaries),
        std::move(tokenizer), std::move(corpus), writer, settings));
    harvest->planBatches();
    if (auto resumed = harvest->resume(); !resumed)
        return fail(resumed.error());
    return harvest;
}

void Harvest::planBatches()
{
    for (int id = 0; id < m_tokenizer->size(); ++id)
        m_vocabulary.push_back(m_tokenizer->display(TokenId(id)));
    // Passages of like length together, so that little is spent on padding.
    std::vector<std::size_t> order(m_corpus.passages.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    const auto length = [&](std::size_t i) { return m_corpus.passages[i].tokens.size(); };
    std::stable_sort(
        order.begin(), order.end(), [&](auto a, auto b) { return length(a) < length(b); });
    for (const std::size_t i : order) {
        const auto size = static_cast<std::int64_t>(length(i));
        if (m_batches.empty()
            || size * std::int64_t(m_batches.back().passages.size() + 1) > m_settings.batchTokens)
            m_batches.emplace_back();
        m_batches.back().passages.push_back({static_cast<std::int64_t>(i), 0, length(i)});
        m_batches.back().length = size;
    }
    for (Batch& batch : m_batches)
        for (std::size_t p = 0; p < batch.passages.size(); ++p)
            batch.passages[p].firstRow = p * static_cast<std::size_t>(batch.length);
    m_cache.resize(m_batches.size());

    StableHash hash(m_settings.seed);
    hash.add(m_corpus.hash);
    for (const int setting :
        {m_settings.batchTokens, m_settings.intervals, m_settings.binsPerInterval,
            m_settings.topExamples, m_settings.examplesPerInterval, m_settings.window,
            m_settings.windowBefore, m_settings.samples, m_settings.raisedPlaces})
        hash.add(static_cast<std::uint64_t>(setting));
    for (const auto& dictionary : m_dictionaries) {
        m_weightsHashes.push_back(weightsHash(*dictionary));
        hash.add(dictionary->config().name);
        hash.add(m_weightsHashes.back());
        m_accumulators.emplace_back(dictionary->config().d_sae, m_settings);
        m_outcome.featuresTotal += dictionary->config().d_sae;
    }
    m_stateName = hash.hex();
    m_outcome.tokens = m_corpus.tokens;
}

Result<void> Harvest::resume()
{
    const auto state = m_writer.harvestState(m_stateName);
    if (!state)
        return fail(state.error());
    if (!*state)
        return {};
    ByteReader in(**state, 'H', kStateVersion);
    const auto phase = in.value<std::uint8_t>();
    const std::uint64_t next = in.count();
    auto accumulators = m_accumulators;
    bool fits = phase <= static_cast<std::uint8_t>(Phase::Write) && next <= m_batches.size();
    for (FeatureAccumulator& accumulator : accumulators)
        fits = fits && accumulator.read(in);
    std::vector<std::string> notes;
    if (phase != static_cast<std::uint8_t>(Phase::Count))
        for (std::size_t d = 0; d < m_dictionaries.size(); ++d)
            notes.push_back(in.text());
    if (!fits || !in.check("state"))
        return {}; // Damaged notes only cost the time to start again.
    m_phase = static_cast<Phase>(phase);
    m_next = m_phase == Phase::Write ? 0 : next;
    m_accumulators = std::move(accumulators);
    if (m_phase != Phase::Count) {
        lookForFiring();
        for (std::size_t d = 0; d < m_noters.size(); ++d)
            if (!m_noters[d].restore(std::move(notes[d])))
                return fail(Error::Code::InvalidFile,
                    "The notes of an interrupted harvest are damaged. Harvest into a new "
                    "workspace.");
    }
    return {};
}

Result<void> Harvest::save()
{
    if (m_phase == Phase::Done)
        return {};
    ByteWriter out('H', kStateVersion);
    out.value(static_cast<std::uint8_t>(m_phase));
    out.count(m_next);
    for (const FeatureAccumulator& accumulator : m_accumulators)
        accumulator.write(out);
    for (const FiringNoter& noter : m_noters)
        out.text(noter.notes().bytes());
    const std::string bytes = out.take();
    constexpr std::size_t kLargestState = 900'000'000; // SQLite holds a little more in one value.
    if (bytes.size() > kLargestState) {
        logWarning("harvest: {} MB of progress are too much to save; stopping would start again",
            bytes.size() >> 20);
        return {};
    }
    return m_writer.saveHarvestState(m_stateName, bytes);
}

Progress Harvest::progress() const
{
    const auto total = static_cast<std::int64_t>(2 * m_batches.size() + m_dictionaries.size());
    std::int64_t done = 0;
    switch (m_phase) {
    case Phase::Count:
        done = static_cast<std::int64_t>(m_next);
        break;
    case Phase::Collect:
        done = static_cast<std::int64_t>(m_batches.size() + m_next);
        break;
    case Phase::Write:
        done = static_cast<std::int64_t>(2 * m_batches.size() + m_next);
        break;
    case Phase::Done:
        done = total;
        break;
    }
    const std::string of = m_dictionaries.size() == 1
        ? m_dictionaries.front()->config().name
        : std::to_string(m_dictionaries.size()) + " dictionaries";
    if (m_long)
        return *m_long;
    return {"Harvesting features of " + of, done, total, "batches"};
}

Result<std::vector<SparseActs>> Harvest::activations(
    const Batch& batch, const std::stop_token& stop, const std::function<void()>& pause)
{
    const auto which = static_cast<std::size_t>(&batch - m_batches.data());
    if (!m_cache[which].empty())
        return std::exchange(m_cache[which], {});
    const c10::InferenceMode inference;
    const auto rows = static_cast<std::int64_t>(batch.passages.size());
    at::Tensor ids = at::zeros({rows, batch.length}, at::kLong);
    std::vector<char> isCounted(static_cast<std::size_t>(rows * batch.length), 0);
    for (const BatchPassage& passage : batch.passages) {
        const auto& tokens = m_corpus.passages[static_cast<std::size_t>(passage.index)].tokens;
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

Result<bool> Harvest::step(std::stop_token stop, const ProgressFn& progress)
{
    const auto pause = [&] {
        if (progress)
            progress(this->progress());
    };
    const auto start = std::chrono::steady_clock::now();
    if (stop.stop_requested())
        return cancelled();
    if (m_phase == Phase::Count || m_phase == Phase::Collect) {
        const Batch& batch = m_batches[m_next];
        auto acts = activations(batch, stop, pause);
        if (!acts)
            return fail(acts.error());
        for (std::size_t d = 0; d < m_dictionaries.size(); ++d) {
            pause();
            if (m_phase == Phase::Count) {
                m_accumulators[d].count((*acts)[d], batch.passages);
            } else {
                m_accumulators[d].collect((*acts)[d], batch.passages);
                m_noters[d].note((*acts)[d], batch.passages);
            }
        }
        std::size_t bytes = 0;
        for (const SparseActs& of : *acts)
            bytes += of.bytes();
        if (m_phase == Phase::Count && m_cacheBytes + bytes <= m_settings.cacheBytes) {
            m_cacheBytes += bytes;
            m_cache[m_next] = std::move(*acts);
        }
        if (++m_next == m_batches.size()) {
            m_next = 0;
            if (m_phase == Phase::Count) {
                for (FeatureAccumulator& accumulator : m_accumulators)
                    accumulator.startCollecting();
                lookForFiring();
            }
            m_phase = m_phase == Phase::Count ? Phase::Collect : Phase::Write;
        }
    } else if (m_phase == Phase::Write) {
        if (auto stored = m_maker ? Result<void>() : storeCorpus(stop); !stored)
            return fail(stored.error());
        if (auto stored = storeDictionary(m_next, stop, pause); !stored)
            return fail(stored.error());
        if (auto named = nameFeatures(m_dictionaries[m_next]->config().name, progress, stop);
            !named)
            return fail(named.error());
        if (++m_next == m_dictionaries.size()) {
            if (auto cleared = m_writer.clearHarvestState(m_stateName); !cleared)
                return fail(cleared.error());
            if (auto removed = m_writer.removeUnusedCorpora(); !removed)
                return fail(removed.error());
            m_phase = Phase::Done;
        }
    }
    m_outcome.seconds += secondsSince(start);
    return m_phase == Phase::Done;
}

Result<HarvestOutcome> harvest(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
    HarvestCorpus corpus, WorkspaceWriter& writer, const HarvestSettings& settings,
    const ProgressFn& progress, std::stop_token stop)
{
    auto run = Harvest::start(
        std::move(model), dictionaries, std::move(tokenizer), std::move(corpus), writer, settings);
    if (!run)
        return fail(run.error());
    constexpr double kSecondsBetweenSaves
        = 20; // What a crash may cost; saving takes well under a second.
    auto saved = std::chrono::steady_clock::now();
    for (;;) {
        if (progress)
            progress((*run)->progress());
        const auto isDone = (*run)->step(stop, progress);
        if (!isDone) {
            if (isDone.error().code == Error::Code::Cancelled)
                if (auto kept = (*run)->save(); !kept)
                    return fail(kept.error());
            return fail(isDone.error());
        }
        if (*isDone)
            return (*run)->outcome();
        if (secondsSince(saved) > kSecondsBetweenSaves) {
            if (auto kept = (*run)->save(); !kept)
                return fail(kept.error());
            saved = std::chrono::steady_clock::now();
        }
    }
}

} // namespace core
