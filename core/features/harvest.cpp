#include "core/features/harvest.h"

#include "core/base/log.h"
#include "core/store/byte_stream.h"

#include <chrono>

namespace core {

namespace {

constexpr std::uint8_t kStateVersion = 2;

double secondsSince(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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
    WorkspaceWriter& writer, const HarvestSettings& settings, std::shared_ptr<Workers> workers)
{
    std::unique_ptr<Harvest> harvest(new Harvest(std::move(model), std::move(dictionaries),
        std::move(tokenizer), std::move(corpus), writer, settings));
    if (auto planned = harvest->plan(std::move(workers)); !planned)
        return fail(planned.error());
    if (auto resumed = harvest->resume(); !resumed)
        return fail(resumed.error());
    if (auto agreed = harvest->m_batches->agree(harvest->m_place); !agreed)
        return fail(agreed.error());
    return harvest;
}

Result<void> Harvest::plan(std::shared_ptr<Workers> workers)
{
    auto batches = HarvestBatches::plan(
        m_model, m_dictionaries, m_tokenizer, m_corpus, m_settings, std::move(workers));
    if (!batches)
        return fail(batches.error());
    m_batches = std::move(*batches);
    for (int id = 0; id < m_tokenizer->size(); ++id)
        m_vocabulary.push_back(m_tokenizer->display(TokenId(id)));
    for (const auto& dictionary : m_dictionaries) {
        m_accumulators.emplace_back(dictionary->config().d_sae, m_settings);
        m_outcome.featuresTotal += dictionary->config().d_sae;
    }
    m_outcome.tokens = m_corpus.tokens;
    return {};
}

Result<void> Harvest::resume()
{
    const auto state = m_writer.harvestState(m_batches->hash().hex());
    if (!state)
        return fail(state.error());
    if (!*state)
        return {};
    ByteReader in(**state, 'H', kStateVersion);
    const auto phase = in.value<std::uint8_t>();
    const std::uint64_t next = in.count();
    auto accumulators = m_accumulators;
    bool fits = phase <= static_cast<std::uint8_t>(Phase::Write) && next <= m_batches->size();
    for (FeatureAccumulator& accumulator : accumulators)
        fits = fits && accumulator.read(in);
    std::vector<std::string> notes;
    if (phase != static_cast<std::uint8_t>(Phase::Count))
        for (std::size_t d = 0; d < m_dictionaries.size(); ++d)
            notes.push_back(in.text());
    if (!fits || !in.check("state"))
        return {}; // Damaged notes only cost the time to start again.
    m_place.phase = static_cast<Phase>(phase);
    m_place.next = m_place.phase == Phase::Write ? 0 : next;
    m_accumulators = std::move(accumulators);
    if (m_place.phase != Phase::Count) {
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
    if (m_place.phase == Phase::Done)
        return {};
    ByteWriter out('H', kStateVersion);
    out.value(static_cast<std::uint8_t>(m_place.phase));
    out.count(m_place.next);
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
    return m_writer.saveHarvestState(m_batches->hash().hex(), bytes);
}

Progress Harvest::progress() const
{
    const auto total = static_cast<std::int64_t>(2 * m_batches->size() + m_dictionaries.size());
    std::int64_t done = 0;
    switch (m_place.phase) {
    case Phase::Count:
        done = static_cast<std::int64_t>(m_place.next);
        break;
    case Phase::Collect:
        done = static_cast<std::int64_t>(m_batches->size() + m_place.next);
        break;
    case Phase::Write:
        done = static_cast<std::int64_t>(2 * m_batches->size() + m_place.next);
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

Result<bool> Harvest::step(std::stop_token stop, const ProgressFn& progress)
{
    const auto pause = [&] {
        if (progress)
            progress(this->progress());
    };
    const auto start = std::chrono::steady_clock::now();
    const bool isReading = m_place.phase < Phase::Write;
    // Of several workers none leaves the others waiting: they tell one another in `read`.
    if (stop.stop_requested() && !(isReading && m_batches->isShared()))
        return cancelled();
    if (isReading) {
        const bool isFirstPass = m_place.phase == Phase::Count;
        const auto acts = m_batches->read(m_place.next, isFirstPass, stop, pause);
        if (!acts)
            return fail(acts.error());
        const std::vector<BatchPassage>& passages = m_batches->passages(m_place.next);
        for (std::size_t d = 0; d < m_dictionaries.size(); ++d) {
            pause();
            if (isFirstPass) {
                m_accumulators[d].count((*acts)[d], passages);
            } else {
                m_accumulators[d].collect((*acts)[d], passages);
                m_noters[d].note((*acts)[d], passages);
            }
        }
        if (++m_place.next == m_batches->size()) {
            m_place.next = 0;
            if (isFirstPass) {
                for (FeatureAccumulator& accumulator : m_accumulators)
                    accumulator.startCollecting();
                lookForFiring();
            }
            m_place.phase = isFirstPass ? Phase::Collect : Phase::Write;
        }
    } else if (m_place.phase == Phase::Write) {
        if (auto stored = m_maker ? Result<void>() : storeCorpus(stop); !stored)
            return fail(stored.error());
        if (auto stored = storeDictionary(m_place.next, stop, pause); !stored)
            return fail(stored.error());
        if (auto named = nameFeatures(m_dictionaries[m_place.next]->config().name, progress, stop);
            !named)
            return fail(named.error());
        if (++m_place.next == m_dictionaries.size()) {
            if (auto cleared = m_writer.clearHarvestState(m_batches->hash().hex()); !cleared)
                return fail(cleared.error());
            if (auto removed = m_writer.removeUnusedCorpora(); !removed)
                return fail(removed.error());
            m_place.phase = Phase::Done;
        }
    }
    m_outcome.seconds += secondsSince(start);
    return m_place.phase == Phase::Done;
}

Result<HarvestOutcome> harvest(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
    HarvestCorpus corpus, WorkspaceWriter& writer, const HarvestSettings& settings,
    const ProgressFn& progress, std::stop_token stop, std::shared_ptr<Workers> workers)
{
    const bool isShared = workers != nullptr;
    auto run = Harvest::start(std::move(model), dictionaries, std::move(tokenizer),
        std::move(corpus), writer, settings, std::move(workers));
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
            const Error& error = isDone.error();
            const bool isCancelled = error.code == Error::Code::Cancelled;
            const auto kept = isShared || isCancelled ? (*run)->save() : Result<void>();
            if (isCancelled && !kept)
                return fail(kept.error());
            return isCancelled || !isShared
                ? fail(error)
                : fail(error.code,
                    !kept ? error.message + ' ' + kept.error().message
                          : error.message
                            + " What was read before is kept in the workspace: the same "
                              "harvest goes on from there, with any number of workers.");
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

Result<HarvestOutcome> helpHarvest(std::shared_ptr<const Transformer> model,
    const Dictionaries& dictionaries, std::shared_ptr<const Tokenizer> tokenizer,
    const HarvestCorpus& corpus, const HarvestSettings& settings,
    const std::shared_ptr<Workers>& workers, const ProgressFn& progress,
    const std::stop_token& stop)
{
    const auto start = std::chrono::steady_clock::now();
    auto batches = HarvestBatches::plan(
        std::move(model), dictionaries, std::move(tokenizer), corpus, settings, workers);
    if (!batches)
        return fail(batches.error());
    const auto tokens = batches->help(progress, stop);
    if (!tokens)
        return fail(tokens.error());
    HarvestOutcome outcome;
    outcome.tokens = *tokens;
    outcome.seconds = secondsSince(start);
    return outcome;
}

} // namespace core
