#include "core/labels/label_maker.h"

#include "core/labels/learn_rule.h"
#include "core/labels/says.h"
#include "core/labels/word_label.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include <fmt/format.h>

namespace core {

namespace {

constexpr std::size_t kQuantiles = 101;
constexpr double kBarQuantile = 0.95;
/// Above chance is not yet a help: 0.65 is a rule that covers four tenths of the firing and errs at
/// one resting place in ten.
constexpr double kLeastUseful = 0.65;

/// Chance reaches higher where fewer places are tested: each of these groups has its own bar.
constexpr std::array<std::size_t, 3> kFewestOfGroup{0, 8, 16};
constexpr std::size_t kShufflesOfGroup = 200;

std::size_t sizeGroupOf(const FiringEvidence& evidence)
{
    std::size_t group = 0;
    while (group + 1 < kFewestOfGroup.size()
        && evidence.test.fires.size() >= kFewestOfGroup[group + 1])
        ++group;
    return group;
}

float quantile(const std::vector<float>& sorted, double share)
{
    return sorted[std::min(
        sorted.size() - 1, static_cast<std::size_t>(share * double(sorted.size())))];
}

std::vector<float> quantilesOf(std::vector<float> values)
{
    std::vector<float> quantiles;
    if (values.empty())
        return quantiles;
    std::sort(values.begin(), values.end());
    for (std::size_t q = 0; q < kQuantiles; ++q)
        quantiles.push_back(
            values[std::min(values.size() - 1, q * values.size() / (kQuantiles - 1))]);
    return quantiles;
}

struct Named {
    LearntRule learnt;
    double score = 0;
};

Named nameOf(const CorpusText& corpus, const FiringEvidence& evidence)
{
    Named named{learnRule(corpus, evidence.learn), 0.5};
    if (!named.learnt.rule.isEmpty())
        named.score = balancedAccuracy(RuleMatcher(named.learnt.rule, corpus), evidence.test);
    return named;
}

/// Runs `work(i)` for each of `count` on two threads; `pause` is called between on this one.
Result<void> forEachOnTwo(std::size_t count, const std::stop_token& stop,
    const std::function<void(std::int64_t)>& pause, const std::function<void(std::size_t)>& work)
{
    std::atomic<std::size_t> next{0};
    std::atomic<bool> isStopped{false};
    const auto take = [&] {
        const std::size_t i = next.fetch_add(1);
        if (i >= count || isStopped)
            return false;
        work(i);
        return true;
    };
    {
        const std::jthread other([&] {
            while (take()) { }
        });
        auto told = std::chrono::steady_clock::now();
        while (take()) {
            if (stop.stop_requested())
                isStopped = true;
            if (const auto now = std::chrono::steady_clock::now();
                now - told > std::chrono::milliseconds(50)) {
                told = now;
                pause(static_cast<std::int64_t>(std::min(count, next.load())));
            }
        }
    }
    return isStopped ? Result<void>(cancelled()) : Result<void>();
}

const char* whereName(TellingWord::Where where)
{
    constexpr const char* kNames[]{"at", "before", "next", "right-before"};
    return kNames[static_cast<std::size_t>(where)];
}

std::string evidenceText(const LearntRule& learnt)
{
    constexpr std::size_t kKept = 6;
    std::string text;
    for (std::size_t i = 0; i < std::min(kKept, learnt.telling.size()); ++i) {
        const TellingWord& one = learnt.telling[i];
        std::string word = one.word;
        std::replace(word.begin(), word.end(), '\n', ' ');
        std::replace(word.begin(), word.end(), '\t', ' ');
        text += fmt::format(
            "{}{}\t{}\t{:.1f}", text.empty() ? "" : "\n", whereName(one.where), word, one.z);
    }
    return text;
}

/// To search in: real words, most telling first.
std::string searchWords(const LearntRule& learnt)
{
    constexpr std::size_t kMostWords = 12;
    std::set<std::string> known;
    std::string text;
    for (const TellingWord& one : learnt.telling)
        if (one.where == TellingWord::Where::At || one.where == TellingWord::Where::Before) {
            const std::string word = foldedWord(one.word);
            const auto first = static_cast<unsigned char>(word.front());
            if (word.size() < 2 || (!std::isalnum(first) && first < 0x80)
                || known.size() == kMostWords || !known.insert(word).second)
                continue;
            text += (text.empty() ? "" : " ") + word;
        }
    return text;
}

} // namespace

/// One dictionary's firing, as the workspace keeps it, or that of one of its features.
struct LabelMaker::Loaded {
    std::size_t features = 0; ///< Of the dictionary.
    std::size_t first = 0; ///< The feature that `firing` begins with.
    std::vector<StoredFiring> firing; ///< By feature.
    FiringNotes notes;
    std::shared_ptr<const FeatureColumns> columns;

    bool holds(FeatureId feature) const
    {
        return feature.isValid() && feature.index() >= first
            && feature.index() - first < firing.size();
    }
    FiringEvidence evidence(const CorpusText& corpus, std::size_t feature) const
    {
        return firingEvidence(
            corpus, firing[feature - first], feature, notes.isEmpty() ? nullptr : &notes);
    }
    /// In 15 steps up to the feature's maximum.
    int strengthOf(std::size_t feature, double activation) const
    {
        const double max = static_cast<double>(columns->max[feature]);
        return max != 0
            ? std::clamp(static_cast<int>(std::ceil(std::abs(15 * activation / max))), 1, 15)
            : 15;
    }
};

LabelMaker::LabelMaker(WorkspaceReader& reader, std::uint64_t seed)
    : m_reader(reader)
    , m_seed(seed)
{
}

LabelMaker::~LabelMaker() = default;

Result<void> LabelMaker::loadCorpus(const StoredDictionary& dictionary, const std::stop_token& stop)
{
    if (m_corpusId == dictionary.corpus)
        return {};
    const auto passages = m_reader.passages(dictionary.corpus, stop);
    if (!passages)
        return fail(passages.error());
    const auto vocabulary = m_reader.vocabulary();
    if (!vocabulary)
        return fail(vocabulary.error());
    m_corpus = std::make_unique<CorpusText>(*passages, **vocabulary);
    m_passageIds.clear();
    for (const Passage& passage : *passages)
        m_passageIds.push_back(passage.id);
    m_corpusId = dictionary.corpus;
    m_dictionaryId = -1;
    return {};
}

std::optional<Place> LabelMaker::placeOf(std::int64_t passage, std::int64_t position) const
{
    const auto found = std::lower_bound(m_passageIds.begin(), m_passageIds.end(), passage);
    if (found == m_passageIds.end() || *found != passage)
        return std::nullopt;
    const auto index = static_cast<std::int32_t>(found - m_passageIds.begin());
    if (position < 0 || position >= m_corpus->length(index))
        return std::nullopt;
    return Place{index, static_cast<std::int32_t>(position)};
}

Result<void> LabelMaker::addExamples(Loaded& loaded, FeatureKey key, StoredFiring& firing) const
{
    const auto evidence = m_reader.evidence(key);
    if (!evidence)
        return fail(evidence.error());
    for (const StoredInterval& interval : evidence->intervals)
        for (std::size_t e = 0; e < interval.examples.size(); ++e) {
            const StoredExample& example = interval.examples[e];
            const auto& acts = example.activations;
            const auto peak = std::max_element(acts.begin(), acts.end(), [](float a, float b) {
                return std::fabs(a) < std::fabs(b);
            }) - acts.begin();
            if (acts.empty() || acts[static_cast<std::size_t>(peak)] == 0)
                continue;
            if (const auto place = placeOf(example.passage, example.start + peak))
                firing.examplePeaks.push_back({*place,
                    loaded.strengthOf(key.feature.index(),
                        static_cast<double>(acts[static_cast<std::size_t>(peak)]))});
            // A few of the many tokens at which it rests, without a harvest that noted more.
            constexpr std::size_t kStep = 19;
            if (loaded.notes.isEmpty())
                for (std::size_t t = e % kStep; t < acts.size(); t += kStep)
                    if (acts[t] == 0)
                        if (const auto place = placeOf(
                                example.passage, example.start + static_cast<std::int64_t>(t)))
                            firing.exampleRests.push_back(*place);
        }
    return {};
}

Result<const LabelMaker::Loaded*> LabelMaker::load(
    const StoredDictionary& dictionary, std::optional<FeatureId> only, const std::stop_token& stop)
{
    if (auto loaded = loadCorpus(dictionary, stop); !loaded)
        return fail(loaded.error());
    if (m_dictionaryId == dictionary.id && m_only == only)
        return m_loaded.get();
    const auto columns = m_reader.columns(dictionary);
    if (!columns)
        return fail(columns.error());
    const auto samples = m_reader.allSamples(dictionary.id, stop);
    if (!samples)
        return fail(samples.error());
    auto notes = m_reader.contrast(dictionary.id);
    if (!notes)
        return fail(notes.error());
    auto loaded = std::make_unique<Loaded>();
    loaded->columns = *columns;
    loaded->features = static_cast<std::size_t>(dictionary.d_sae);
    loaded->first = only ? only->index() : 0;
    loaded->firing.resize(only ? 1 : loaded->features);
    loaded->notes = FiringNotes(std::move(*notes), loaded->features);
    for (const PassageSamples& of : *samples)
        for (const PassageSample& sample : of.samples)
            if (loaded->holds(sample.feature))
                if (const auto place = placeOf(of.passage, sample.position))
                    loaded->firing[sample.feature.index() - loaded->first].samples.push_back(
                        *place);
    for (std::size_t i = 0; i < loaded->firing.size(); ++i) {
        const std::size_t f = loaded->first + i;
        StoredFiring& firing = loaded->firing[i];
        std::sort(firing.samples.begin(), firing.samples.end());
        firing.firings = double((*columns)->density[f]) * double(dictionary.harvestedTokens);
        firing.isComplete = firing.firings < double(firing.samples.size()) + 0.5;
        if (firing.samples.empty())
            continue;
        firing.usualStrength = loaded->strengthOf(f, static_cast<double>((*columns)->mean[f]));
        if (f % 256 == 0 && stop.stop_requested())
            return cancelled();
        const FeatureKey key{dictionary.id, FeatureId(static_cast<std::int64_t>(f))};
        if (auto added = addExamples(*loaded, key, firing); !added)
            return fail(added.error());
    }
    m_loaded = std::move(loaded);
    m_dictionaryId = dictionary.id;
    m_only = only;
    return m_loaded.get();
}

Result<LabelOutcome> LabelMaker::label(const StoredDictionary& dictionary, WorkspaceWriter& writer,
    const ProgressFn& progress, std::stop_token stop)
{
    const auto tell = [&](std::int64_t done, std::int64_t total) {
        if (progress)
            progress({"Naming features of " + dictionary.name, done, total, "features"});
    };
    tell(0, dictionary.d_sae);
    const auto known = load(dictionary, std::nullopt, stop);
    if (!known)
        return fail(known.error());
    const Loaded& loaded = **known;
    const CorpusText& corpus = *m_corpus;
    const std::size_t size = loaded.firing.size();

    std::vector<Named> named(size);
    std::vector<char> isTested(size, 0);
    std::vector<std::size_t> groups(size, 0);
    const auto total = static_cast<std::int64_t>(size + kFewestOfGroup.size() * kShufflesOfGroup);
    auto done = forEachOnTwo(
        size, stop, [&](std::int64_t n) { tell(n, total); },
        [&](std::size_t f) {
            const FiringEvidence evidence = loaded.evidence(corpus, f);
            isTested[f] = evidence.isEnough();
            if (isTested[f]) {
                groups[f] = sizeGroupOf(evidence);
                named[f] = nameOf(corpus, evidence);
            }
        });
    if (!done)
        return fail(done.error());

    // What chance reaches: features of each group with their firing places shuffled.
    struct Shuffle {
        std::size_t feature = 0, group = 0;
        std::uint64_t seed = 0;
    };
    std::vector<Shuffle> shuffles;
    for (std::size_t g = 0; g < kFewestOfGroup.size(); ++g) {
        std::vector<std::size_t> members;
        for (std::size_t f = 0; f < size; ++f)
            if (isTested[f] && groups[f] == g)
                members.push_back(f);
        for (std::size_t i = 0; i < kShufflesOfGroup && !members.empty(); ++i)
            // Evenly through a large group, again and again through a small one.
            shuffles.push_back(
                {members.size() >= kShufflesOfGroup ? members[i * members.size() / kShufflesOfGroup]
                                                    : members[i % members.size()],
                    g, m_seed + 1000003 * i});
    }
    std::vector<float> chance(shuffles.size());
    done = forEachOnTwo(
        shuffles.size(), stop, [&](std::int64_t n) { tell(dictionary.d_sae + n, total); },
        [&](std::size_t i) {
            const FiringEvidence evidence = loaded.evidence(corpus, shuffles[i].feature);
            chance[i]
                = static_cast<float>(nameOf(corpus, shuffled(evidence, shuffles[i].seed)).score);
        });
    if (!done)
        return fail(done.error());
    std::array<double, kFewestOfGroup.size()> bars{};
    for (std::size_t g = 0; g < bars.size(); ++g) {
        std::vector<float> of;
        for (std::size_t i = 0; i < shuffles.size(); ++i)
            if (shuffles[i].group == g)
                of.push_back(chance[i]);
        std::sort(of.begin(), of.end());
        bars[g] = of.empty()
            ? 1.0
            : std::max(kLeastUseful, static_cast<double>(quantile(of, kBarQuantile)));
    }

    const auto vocabulary = m_reader.vocabulary();
    if (!vocabulary)
        return fail(vocabulary.error());
    LabelOutcome outcome;
    outcome.dictionary = dictionary.name;
    outcome.isExact = !loaded.notes.isEmpty();
    outcome.bar = bars.back();
    DictionaryLabels labels;
    labels.dictionary = dictionary.id;
    std::vector<float> scores;
    for (std::size_t f = 0; f < size; ++f) {
        StoredLabelTest test;
        std::string text;
        const bool fires = !loaded.firing[f].samples.empty();
        outcome.features += fires;
        if (fires) {
            const FeatureKey key{dictionary.id, FeatureId(static_cast<std::int64_t>(f))};
            const auto effects = m_reader.effects(key);
            const auto raised = m_reader.raised(key);
            if (!effects || !raised)
                return fail(!effects ? effects.error() : raised.error());
            const float output = loaded.columns->outputScoreOf(f);
            auto says = tokensThatStandOut(*effects, **vocabulary,
                std::isnan(output) ? std::nullopt : std::optional(double(output)));
            if (says.empty())
                says = raisedThatStandOut(*raised, **vocabulary);
            std::vector<std::string> words;
            for (const TokenId token : says)
                words.push_back(wordsFrom(token, **vocabulary, corpus));
            test.says = describeSays(words);
        }
        if (isTested[f]) {
            ++outcome.tested;
            test.score = named[f].score;
            test.bar = bars[groups[f]];
            scores.push_back(static_cast<float>(named[f].score));
            test.rule = writeRule(named[f].learnt.rule);
            if (*test.score > *test.bar)
                text = describe(named[f].learnt.rule);
            else
                test.evidence = evidenceText(named[f].learnt);
        }
        if (!test.says.empty())
            text += (text.empty() ? "" : " → ") + test.says;
        outcome.labelled += !text.empty();
        labels.labels.push_back(std::move(text));
        labels.words.push_back(searchWords(named[f].learnt));
        labels.tests.push_back(std::move(test));
    }
    outcome.scores = quantilesOf(scores);
    outcome.shuffled = labels.shuffled = quantilesOf(chance);

    const auto shown = m_reader.labels(dictionary.id, stop);
    if (!shown)
        return fail(shown.error());
    std::vector<std::tuple<FeatureKey, std::string, StoredLabelTest>> personal;
    for (const auto& [feature, label] : *shown)
        if (label.source == LabelSource::Person && feature.index() < size) {
            StoredLabelTest test;
            const FiringEvidence evidence = loaded.evidence(corpus, feature.index());
            const LabelRule rule = ruleOfWords(label.text, corpus, evidence.learn);
            test.rule = writeRule(rule);
            if (evidence.isEnough() && !rule.isEmpty()) {
                test.score = balancedAccuracy(RuleMatcher(rule, corpus), evidence.test);
                test.bar = bars[sizeGroupOf(evidence)];
            }
            personal.emplace_back(FeatureKey{dictionary.id, feature}, label.text, std::move(test));
        }
    if (stop.stop_requested())
        return cancelled();
    if (auto put = writer.putLabels(labels); !put)
        return fail(put.error());
    if (auto put = writer.putPersonTests(personal); !put)
        return fail(put.error());
    tell(total, total);
    return outcome;
}

Result<StoredLabelTest> LabelMaker::test(const StoredDictionary& dictionary, FeatureId feature,
    const std::string& label, Loads loads, std::stop_token stop)
{
    StoredLabelTest test;
    if (!feature.isValid() || feature.value >= dictionary.d_sae)
        return test;
    const auto known = load(
        dictionary, loads == Loads::OneFeature ? std::optional(feature) : std::nullopt, stop);
    if (!known)
        return fail(known.error());
    const FiringEvidence evidence = (*known)->evidence(*m_corpus, feature.index());
    const LabelRule rule = ruleOfWords(label, *m_corpus, evidence.learn);
    test.rule = writeRule(rule);
    if (evidence.isEnough() && !rule.isEmpty())
        test.score = balancedAccuracy(RuleMatcher(rule, *m_corpus), evidence.test);
    const auto suggested = m_reader.labelTest({dictionary.id, feature}, LabelSource::Suggested);
    if (!suggested)
        return fail(suggested.error());
    if (*suggested)
        test.bar = (*suggested)->bar;
    return test;
}

} // namespace core
