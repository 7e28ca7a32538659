#include "core/features/search.h"

#include "core/features/feature_cards.h"
#include "core/features/feature_order.h"
#include "core/features/word_index.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>

namespace core {

namespace {

constexpr double kPersonLabel = 3.0; // Beats everything measured: agreement is at most 1.
// A suggested label and the promoted tokens are drawn from the evidence that is weighed anyway.
constexpr double kSuggestedLabel = 0.1;
constexpr double kFiresOnWords
    = 0.5; // Against 1 for the topic: a word is less than what it is about.
constexpr double kPromotes = 0.1;
constexpr double kExampleWords = 0.05;
constexpr double kLeastAgreement = 0.02; // Below is what chance gives.
constexpr int kMostPassages = 20'000;
constexpr int kMostTextHits = 5'000;

struct Evidence {
    double label = 0, promotes = 0, words = 0;
    double topicPrecision = 0, topicRecall = 0, wordPrecision = 0, wordRecall = 0;
    std::string promoted;

    /// Their geometric mean: a passage can be about a concept without saying its words, so the
    /// precision seen is too low by an unknown factor. That factor leaves the order by the product
    /// as it is (Lee and Liu 2003, learning from positive and unlabelled examples), that by F1 not.
    static double agreement(double precision, double recall)
    {
        return std::sqrt(precision * recall);
    }
    double topicAgreement() const { return agreement(topicPrecision, topicRecall); }
    double wordAgreement() const { return agreement(wordPrecision, wordRecall); }
    double score() const
    {
        const double fires = std::max(topicAgreement(), kFiresOnWords * wordAgreement());
        return label + promotes + words + (fires >= kLeastAgreement ? fires : 0);
    }
};

std::string folded(std::string_view text)
{
    std::string lower;
    for (const char c : text)
        lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return lower;
}

/// The beginning that a word shares with its plural.
std::string stemOf(std::string word)
{
    if (word.size() > 4 && word.ends_with("es"))
        word.resize(word.size() - 2);
    else if (word.size() > 3 && (word.ends_with("s") || word.ends_with("e")))
        word.resize(word.size() - 1);
    return word;
}

/// As the full-text index compares: the same word, its plural or, for the last one typed, a longer
/// word.
class Words {
public:
    explicit Words(const std::string& text)
    {
        for (const WordSpan& span : wordsOf({text}))
            m_stems.push_back(stemOf(span.word));
    }
    bool isEmpty() const { return m_stems.empty(); }
    std::size_t size() const { return m_stems.size(); }
    bool matches(const std::string& word) const
    {
        constexpr std::size_t kLongestEnding = 3;
        for (std::size_t i = 0; i < m_stems.size(); ++i) {
            const bool isLast = i + 1 == m_stems.size();
            if (word.starts_with(m_stems[i])
                && (isLast || word.size() <= m_stems[i].size() + kLongestEnding))
                return true;
        }
        return false;
    }
    /// How many of the words a text says.
    std::size_t countIn(const std::string& text) const
    {
        std::vector<char> said(m_stems.size(), 0);
        for (const WordSpan& span : wordsOf({text}))
            for (std::size_t i = 0; i < m_stems.size(); ++i)
                said[i] |= span.word.starts_with(m_stems[i]);
        return static_cast<std::size_t>(std::count(said.begin(), said.end(), 1));
    }

private:
    std::vector<std::string> m_stems;
};

/// The passages of one corpus that say the words, and the tokens that are the words.
struct Topic {
    std::vector<Passage> passages;
    std::unordered_map<std::int64_t, std::vector<char>> isWord; ///< By passage and token.
    double tokens = 0, wordTokens = 0;
};

Result<Topic> findTopic(WorkspaceReader& reader, const std::string& fullText, std::int32_t corpus,
    const Words& words, const std::stop_token& stop)
{
    auto passages = reader.matchPassages(fullText, corpus, kMostPassages, stop);
    if (!passages)
        return fail(passages.error());
    const auto vocabulary = reader.vocabulary();
    if (!vocabulary)
        return fail(vocabulary.error());
    Topic topic;
    topic.passages = std::move(*passages);
    for (const Passage& passage : topic.passages) {
        std::vector<std::string_view> texts;
        for (const TokenId id : passage.tokens)
            texts.push_back(id.isValid() && id.index() < (*vocabulary)->size()
                    ? std::string_view((**vocabulary)[id.index()])
                    : std::string_view());
        std::vector<char> isWord(passage.tokens.size(), 0);
        for (const WordSpan& span : wordsOf(texts))
            if (words.matches(span.word))
                for (int t = span.firstToken; t <= span.lastToken; ++t)
                    isWord[static_cast<std::size_t>(t)] = 1;
        topic.tokens += static_cast<double>(passage.tokens.size());
        topic.wordTokens += static_cast<double>(std::count(isWord.begin(), isWord.end(), 1));
        topic.isWord.emplace(passage.id, std::move(isWord));
    }
    return topic;
}

using EvidenceByFeature = std::map<FeatureKey, Evidence>;

/// How well each feature's firing agrees with the topic, from its samples.
Result<void> weighFiring(WorkspaceReader& reader, const StoredDictionary& dictionary,
    const Topic& topic, EvidenceByFeature& evidence, const std::stop_token& stop)
{
    const auto columns = reader.columns(dictionary);
    if (!columns)
        return fail(columns.error());
    const auto samples = reader.samples(dictionary.id, topic.passages, stop);
    if (!samples)
        return fail(samples.error());
    std::vector<std::uint32_t> inTopic((*columns)->size(), 0), onWord((*columns)->size(), 0);
    for (const PassageSamples& of : *samples) {
        const auto& isWord = topic.isWord.at(of.passage);
        for (const PassageSample& sample : of.samples) {
            const auto feature = sample.feature.index();
            if (!sample.feature.isValid() || feature >= inTopic.size())
                continue;
            ++inTopic[feature];
            const auto position = static_cast<std::size_t>(sample.position);
            onWord[feature] += position < isWord.size() && isWord[position];
        }
    }
    for (std::size_t i = 0; i < inTopic.size(); ++i) {
        if (inTopic[i] == 0)
            continue;
        const double kept = (*columns)->samples[i];
        const double firings = double((*columns)->density[i]) * double(dictionary.harvestedTokens);
        Evidence found;
        found.topicPrecision = inTopic[i] / kept;
        found.topicRecall = std::min(1.0, found.topicPrecision * firings / topic.tokens);
        found.wordPrecision = onWord[i] / kept;
        found.wordRecall = topic.wordTokens > 0
            ? std::min(1.0, found.wordPrecision * firings / topic.wordTokens)
            : 0;
        if (std::max(found.topicAgreement(), kFiresOnWords * found.wordAgreement())
            < kLeastAgreement)
            continue;
        Evidence& of = evidence[{dictionary.id, FeatureId(static_cast<std::int64_t>(i))}];
        of.topicPrecision = found.topicPrecision;
        of.topicRecall = found.topicRecall;
        of.wordPrecision = found.wordPrecision;
        of.wordRecall = found.wordRecall;
    }
    return {};
}

/// What the feature's texts say: label, promoted tokens, words of its examples.
Result<void> weighTexts(WorkspaceReader& reader, const std::string& fullText, const Words& words,
    const std::map<std::int32_t, StoredDictionary>& dictionaries, EvidenceByFeature& evidence,
    const std::stop_token& stop)
{
    const auto hits = reader.matchFeatures(fullText, kMostTextHits, stop);
    if (!hits)
        return fail(hits.error());
    for (const FeatureTextHit& hit : *hits) {
        if (!dictionaries.contains(hit.key.dictionary))
            continue;
        Evidence& of = evidence[hit.key];
        const double wanted = static_cast<double>(words.size());
        if (const auto said = words.countIn(hit.label); said > 0) {
            const auto label = reader.label(hit.key);
            if (!label)
                return fail(label.error());
            // A label that says more than was asked for is a little less of a match.
            const double length = static_cast<double>(wordsOf({hit.label}).size());
            of.label = (label->source == LabelSource::Person ? kPersonLabel : kSuggestedLabel)
                * (double(said) / wanted) * (0.9 + 0.1 * double(said) / std::max(1.0, length));
        }
        double weight = 1.0; // The most promoted token counts most.
        for (std::size_t at = 0; at < hit.promoted.size() && of.promoted.empty();) {
            const std::size_t end = std::min(hit.promoted.find('\n', at), hit.promoted.size());
            const std::string token = hit.promoted.substr(at, end - at);
            const std::string bare
                = folded(token.substr(std::min(token.find_first_not_of(' '), token.size())));
            if (bare.size() > 1 && words.countIn(bare) > 0) {
                of.promotes = kPromotes * weight / wanted;
                of.promoted = token;
            }
            weight *= 0.8;
            at = end + 1;
        }
        if (words.countIn(hit.words) == words.size())
            of.words = kExampleWords;
    }
    return {};
}

std::string percent(double share)
{
    return std::to_string(std::lround(100 * share)) + " %";
}

std::string explain(const Evidence& evidence, const std::string& text)
{
    std::vector<std::string> reasons;
    if (evidence.label > 0)
        reasons.push_back("label");
    if (evidence.topicAgreement() >= kFiresOnWords * evidence.wordAgreement()
        && evidence.topicAgreement() >= kLeastAgreement)
        reasons.push_back(percent(evidence.topicPrecision)
            + " of its firing is in passages that say \"" + text + "\", on "
            + percent(evidence.topicRecall) + " of their tokens");
    else if (evidence.wordAgreement() >= kLeastAgreement)
        reasons.push_back(percent(evidence.wordPrecision) + " of its firing is on the words \""
            + text + "\", " + percent(evidence.wordRecall) + " of them");
    if (evidence.promotes > 0)
        reasons.push_back("promotes '" + evidence.promoted + "'");
    if (reasons.empty())
        reasons.push_back("its strongest examples say it");
    std::string why;
    for (const std::string& reason : reasons)
        why += (why.empty() ? "" : "; ") + reason;
    return why;
}

/// Equal ones stay in the order of the match; without a text they come last, whichever way.
void sortHits(std::vector<SearchHit>& hits, const SearchQuery& query,
    const std::vector<StoredDictionary>& dictionaries)
{
    std::map<std::string, double> place; // of a dictionary, by layer
    for (const StoredDictionary& dictionary : dictionaries)
        place.emplace(dictionary.name, static_cast<double>(place.size()));
    struct Key {
        bool isMissing = false;
        double number = 0, second = 0;
        std::string text;
    };
    const auto keyOf = [&](const SearchHit& hit) -> Key {
        const FeatureRow& row = hit.row;
        const auto text = [](std::string of) {
            const bool isMissing = of.empty();
            return Key{isMissing, 0, 0, std::move(of)};
        };
        switch (query.sort) {
        case FeatureSort::Index:
            return {false, place[row.feature.dictionary], double(row.feature.feature.value), {}};
        case FeatureSort::Density:
            return {false, row.density, 0, {}};
        case FeatureSort::MaxActivation:
            return {false, static_cast<double>(row.maxActivation), 0, {}};
        case FeatureSort::Label:
            return text(sortedAs(row.label.text));
        case FeatureSort::Promotes:
            return text(row.promoted.empty() ? std::string() : sortedAs(row.promoted.front()));
        case FeatureSort::Why:
            return text(sortedAs(hit.why));
        case FeatureSort::OutputScore:
            return {!row.outputScore, row.outputScore.value_or(0), 0, {}};
        case FeatureSort::LabelScore:
            return {!row.label.score, row.label.score.value_or(0), 0, {}};
        case FeatureSort::Match:
            break;
        }
        return {};
    };
    std::vector<std::pair<Key, SearchHit>> keyed;
    for (SearchHit& hit : hits) {
        Key key = keyOf(hit);
        keyed.emplace_back(std::move(key), std::move(hit));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
        if (a.first.isMissing != b.first.isMissing)
            return b.first.isMissing;
        const auto& [left, right]
            = query.isDescending ? std::tie(b.first, a.first) : std::tie(a.first, b.first);
        return std::tie(left.number, left.second, left.text)
            < std::tie(right.number, right.second, right.text);
    });
    hits.clear();
    for (auto& [key, hit] : keyed)
        hits.push_back(std::move(hit));
}

std::string withAnyWord(std::string fullText)
{
    for (std::size_t at = 0; (at = fullText.find(" AND ", at)) != std::string::npos;)
        fullText.replace(at, 5, " OR ");
    return fullText;
}

} // namespace

Result<SearchHits> searchFeatures(
    WorkspaceReader& reader, const SearchQuery& query, std::stop_token stop)
{
    const Words words(query.text);
    SearchHits result;
    if (words.isEmpty())
        return result;
    const auto all = reader.dictionaries();
    if (!all)
        return fail(all.error());
    std::map<std::int32_t, StoredDictionary> dictionaries;
    for (const StoredDictionary& dictionary : *all)
        if (query.dictionaries.empty()
            || std::find(query.dictionaries.begin(), query.dictionaries.end(), dictionary.name)
                != query.dictionaries.end())
            dictionaries.emplace(dictionary.id, dictionary);

    EvidenceByFeature evidence;
    const std::string strict = fullTextQuery(query.text);
    for (const std::string& fullText : {strict, withAnyWord(strict)}) {
        std::map<std::int32_t, Topic> topics;
        for (const auto& [id, dictionary] : dictionaries) {
            if (dictionary.harvestedTokens == 0)
                continue;
            auto topic = topics.find(dictionary.corpus);
            if (topic == topics.end()) {
                auto found = findTopic(reader, fullText, dictionary.corpus, words, stop);
                if (!found)
                    return fail(found.error());
                topic = topics.emplace(dictionary.corpus, std::move(*found)).first;
            }
            if (topic->second.tokens > 0)
                if (auto weighed = weighFiring(reader, dictionary, topic->second, evidence, stop);
                    !weighed)
                    return fail(weighed.error());
        }
        if (auto weighed = weighTexts(reader, fullText, words, dictionaries, evidence, stop);
            !weighed)
            return fail(weighed.error());
        if (!evidence.empty())
            break;
    }

    std::vector<std::pair<double, FeatureKey>> ranked;
    for (const auto& [key, of] : evidence)
        if (of.score() > 0)
            ranked.emplace_back(-of.score(), key);
    std::sort(ranked.begin(), ranked.end());
    const bool needsRows = query.sort != FeatureSort::Match || query.keeps;
    const auto limit = static_cast<std::size_t>(std::max(0, query.limit));
    result.total = static_cast<std::int64_t>(ranked.size());
    if (!needsRows)
        ranked.resize(std::min(ranked.size(), limit));
    std::vector<FeatureRef> refs;
    for (const auto& [score, key] : ranked)
        refs.push_back({dictionaries.at(key.dictionary).name, key.feature});
    auto rows = featureRows(reader, refs);
    if (!rows)
        return fail(rows.error());
    for (std::size_t i = 0; i < ranked.size(); ++i)
        if (!query.keeps || query.keeps((*rows)[i]))
            result.hits.push_back({std::move((*rows)[i]), -ranked[i].first,
                explain(evidence.at(ranked[i].second), query.text)});
    if (needsRows) {
        result.total = static_cast<std::int64_t>(result.hits.size());
        sortHits(result.hits, query, *all);
        result.hits.resize(std::min(result.hits.size(), limit));
    }
    return result;
}

} // namespace core
