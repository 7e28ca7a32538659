#include "core/features/harvest.h"
#include "core/features/logit_effects.h"
#include "core/features/output_score.h"
#include "core/features/raised_tokens.h"
#include "core/features/word_features.h"
#include "core/features/word_vectors.h"
#include "core/labels/says.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <optional>

// What a harvest writes at its end; how it gets there is in harvest.cpp.
namespace core {

void Harvest::lookForFiring()
{
    const CorpusText corpus(m_corpus.passages, m_vocabulary);
    m_noters.clear();
    for (const FeatureAccumulator& accumulator : m_accumulators)
        m_noters.emplace_back(accumulator, corpus);
}

Result<void> Harvest::nameFeatures(
    const std::string& dictionary, const ProgressFn& progress, const std::stop_token& stop)
{
    const auto stored = m_reader->dictionary(dictionary);
    if (!stored)
        return fail(stored.error());
    if (m_settings.namesFeatures)
        if (const auto named = m_maker->label(**stored, m_writer, progress, stop); !named)
            return fail(named.error());
    return storeWordFeatures(*m_reader, m_writer, **stored, stop);
}

Result<void> Harvest::storeCorpus(const std::stop_token& stop)
{
    if (auto put = m_writer.putVocabulary(m_vocabulary); !put)
        return fail(put.error());
    const auto corpus = m_writer.putCorpus(m_corpus.hash, m_corpus.tokens, m_corpus.passages);
    if (!corpus)
        return fail(corpus.error());
    m_corpusId = *corpus;
    // Dictionaries harvested on it before go by the numbers of the words as they are.
    const auto known = m_writer.wordVectors(m_corpusId);
    if (!known)
        return fail(known.error());
    if (!*known) {
        const auto learnt = WordVectors::learn(m_corpus.passages, WordVectors::kMostWords, stop);
        if (stop.stop_requested())
            return cancelled();
        if (auto put = m_writer.putWordVectors(m_corpusId, learnt.write()); !put)
            return fail(put.error());
    }
    m_passageIds.clear();
    for (const Passage& passage : m_corpus.passages)
        m_passageIds.push_back(passage.id);
    auto reader = WorkspaceReader::open(m_writer.path());
    if (!reader)
        return fail(reader.error());
    m_reader = std::move(*reader);
    m_maker = std::make_unique<LabelMaker>(*m_reader);
    return {};
}

Result<std::vector<StoredEffects>> Harvest::raisedWhereItFires(std::size_t which,
    const HarvestedDictionary& harvested, const std::stop_token& stop,
    const std::function<void()>& pause)
{
    if (m_settings.raisedPlaces == 0)
        return std::vector<StoredEffects>();
    RaisedTokenSettings settings;
    settings.places = static_cast<std::size_t>(m_settings.raisedPlaces);
    settings.effects = m_settings.effects;
    const FeatureAccumulator& accumulator = m_accumulators[which];
    const FiringNotes& notes = m_noters[which].notes();
    std::vector<std::vector<Place>> places(accumulator.features());
    for (std::size_t f = 0; f < places.size(); ++f) {
        // Where the direction itself says something, that is the feature's name.
        const float score = harvested.columns.outputScoreOf(f);
        if (!tokensThatStandOut(harvested.effects[f], m_vocabulary,
                std::isnan(score) ? std::nullopt : std::optional(double(score)))
                 .empty())
            continue;
        std::vector<Place> samples;
        std::vector<int> strengths;
        for (const auto& [passage, position] : accumulator.keptSamples(f)) {
            strengths.push_back(notes.strength(f, samples.size()));
            samples.push_back(
                {static_cast<std::int32_t>(passage), static_cast<std::int32_t>(position)});
        }
        places[f] = placesByStrength(samples, strengths, settings.places);
    }
    const Dictionary& dictionary = *m_dictionaries[which];
    auto raised = raisedTokens(*m_model, dictionary, m_corpus.passages, places,
        static_cast<std::int64_t>(m_vocabulary.size()), settings, stop,
        [&](std::int64_t done, std::int64_t total) {
            m_long = {
                "What features of " + dictionary.config().name + " raise", done, total, "places"};
            pause();
        });
    m_long.reset();
    return raised;
}

Result<void> Harvest::storeDictionary(
    std::size_t which, const std::stop_token& stop, const std::function<void()>& pause)
{
    const c10::InferenceMode inference;
    const Dictionary& dictionary = *m_dictionaries[which];
    const FeatureAccumulator& accumulator = m_accumulators[which];
    const DictionaryConfig& config = dictionary.config();
    HarvestedDictionary harvested;
    harvested.dictionary = {0, config.name, config.path.string(), m_batches->weightsHashes()[which],
        config.hookIn.name(), config.hookIn.layer, config.d_sae, config.isTranscoder,
        m_corpus.tokens, m_corpusId};
    harvested.columns = accumulator.columns(m_corpus.tokens);

    // A chunk of decoder rows at a time: those of a cross-layer transcoder are summed over layers.
    constexpr std::int64_t kRows = 4096;
    for (std::int64_t from = 0; from < config.d_sae; from += kRows) {
        const at::Tensor rows = addedDirections(*m_model, dictionary,
            at::arange(from, std::min<std::int64_t>(from + kRows, config.d_sae), at::kLong));
        auto effects = logitEffects(*m_model, rows, m_settings.effects,
            static_cast<std::int64_t>(m_vocabulary.size()), stop, pause);
        if (!effects)
            return fail(effects.error());
        std::move(effects->begin(), effects->end(), std::back_inserter(harvested.effects));
    }
    // A model without a tokenizer cannot read the neutral text: its scores stay unknown.
    if (const auto prompt = neutralPrompt(*m_tokenizer, m_dictionaries)) {
        auto scores = outputScores(*m_model, dictionary, *prompt,
            static_cast<std::int64_t>(m_vocabulary.size()), {}, stop, [&](std::int64_t done) {
                m_long = {"Output scores of " + config.name, done, config.d_sae, "features"};
                pause();
            });
        m_long.reset();
        if (!scores)
            return fail(scores.error());
        harvested.columns.outputScore = std::move(*scores);
    }
    auto raised = raisedWhereItFires(which, harvested, stop, pause);
    if (!raised)
        return fail(raised.error());
    harvested.raised = std::move(*raised);
    // Comparing all pairs of a very wide dictionary takes minutes: there the card asks for one
    // feature's at a time.
    constexpr int kWidestCompared = 40'000;
    if (config.d_sae <= kWidestCompared) {
        auto nearest
            = nearestFeatures(dictionary, 0, config.d_sae, m_settings.nearest, stop, pause);
        if (!nearest)
            return fail(nearest.error());
        harvested.nearest = std::move(*nearest);
    } else {
        harvested.nearest.resize(static_cast<std::size_t>(config.d_sae));
    }
    for (std::size_t feature = 0; feature < static_cast<std::size_t>(config.d_sae); ++feature) {
        constexpr std::size_t kFewFeatures = 64;
        if (feature % kFewFeatures == 0)
            pause();
        m_outcome.featuresAlive += harvested.columns.max[feature] != 0;
        harvested.evidence.push_back(accumulator.evidence(feature, m_passageIds));
        harvested.cofiring.push_back(accumulator.cofiring(feature, m_settings.cofiring));
        std::string promoted;
        for (const auto& [token, effect] : harvested.effects[feature].positive)
            promoted += m_vocabulary[token.index()] + "\n";
        harvested.promoted.push_back(std::move(promoted));
        harvested.words.emplace_back();
        harvested.suggestedLabels.emplace_back();
    }
    harvested.contrast = m_noters[which].notes().bytes();
    harvested.samples = accumulator.samples(m_passageIds);
    return m_writer.putHarvest(harvested);
}

} // namespace core
