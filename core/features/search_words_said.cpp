#include "core/features/search_words_said.h"

#include "core/features/search_topic.h"

#include <algorithm>
#include <cmath>
#include <set>

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
constexpr double kExactAgreement = 0.25;
// Of all dictionaries together, where they are soon read and where there are millions.
constexpr int kManyTextHits = 800, kFewTextHits = 320;
constexpr std::size_t kManyFiring = 2'000, kFewFiring = 800; // The same, of those that agree.
constexpr int kLeastTextHits = 16; // Of each.
constexpr std::size_t kLeastFiring = 32;

/// Their geometric mean: a passage can be about a concept without saying its words, so the
/// precision seen is too low by an unknown factor. That factor leaves the order by the product
/// as it is (Lee and Liu 2003, learning from positive and unlabelled examples), that by F1 not.
double agreement(double precision, double recall)
{
    return std::sqrt(precision * recall);
}

double firesAgreement(const SaidEvidence& evidence)
{
    return std::max(evidence.topicAgreement(), kFiresOnWords * evidence.wordAgreement());
}

/// How well each feature's firing agrees with the topic, from its samples.
Result<void> weighFiring(WorkspaceReader& reader, const StoredDictionary& dictionary,
    const Topic& topic, std::size_t most, std::size_t mostHits, EvidenceByFeature& evidence,
    const std::stop_token& stop)
{
    const auto density = reader.column(dictionary, "density");
    if (!density)
        return fail(density.error());
    const auto mostKept = reader.mostSamples(dictionary);
    if (!mostKept)
        return fail(mostKept.error());
    const auto counted = countSamples(reader, dictionary, topic, most, stop);
    if (!counted)
        return fail(counted.error());
    const auto evidenceOf = [&](const TopicSamples::OfFeature& of) {
        const double firings
            = double((**density)[of.feature.index()]) * double(dictionary.harvestedTokens);
        const double kept = std::min(double(*mostKept), std::max(1.0, std::round(firings)));
        SaidEvidence found;
        found.topicPrecision = std::min(1.0, counted->scale * of.inTopic / kept);
        found.topicRecall = std::min(1.0, found.topicPrecision * firings / topic.tokens);
        found.wordPrecision = std::min(1.0, counted->scale * of.onWords / kept);
        found.wordRecall = topic.wordTokens > 0
            ? std::min(1.0, found.wordPrecision * firings / topic.wordTokens)
            : 0;
        return found;
    };
    std::vector<std::pair<double, const TopicSamples::OfFeature*>> agreeing;
    // One of many that a sample stands for may be chance.
    const double leastSamples = counted->scale > 1.5 ? 2.0 : 1.0;
    for (const TopicSamples::OfFeature& of : counted->features) {
        if (of.inTopic < leastSamples)
            continue;
        if (const double agrees = firesAgreement(evidenceOf(of)); agrees >= kLeastAgreement)
            agreeing.emplace_back(-agrees, &of);
    }
    const std::size_t kept = std::min(mostHits, agreeing.size());
    std::partial_sort(
        agreeing.begin(), agreeing.begin() + static_cast<std::ptrdiff_t>(kept), agreeing.end());
    for (std::size_t i = 0; i < kept; ++i) {
        const TopicSamples::OfFeature& of = *agreeing[i].second;
        const SaidEvidence found = evidenceOf(of);
        SaidEvidence& known = evidence[{dictionary.id, of.feature}];
        known.topicPrecision = found.topicPrecision;
        known.topicRecall = found.topicRecall;
        known.wordPrecision = found.wordPrecision;
        known.wordRecall = found.wordRecall;
    }
    return {};
}

/// What the feature's texts say: label, promoted tokens, words of its examples.
Result<void> weighText(WorkspaceReader& reader, const FeatureTextHit& hit,
    const ConceptQuery& query, EvidenceByFeature& evidence)
{
    const auto wanted = static_cast<double>(query.wanted().size());
    SaidEvidence& of = evidence[hit.key];
    const auto labelWords = query.wordsOf(hit.label);
    if (const auto said = query.countSaid(labelWords); said > 0) {
        const auto label = reader.label(hit.key);
        if (!label)
            return fail(label.error());
        const auto marks = query.saidWords(labelWords);
        const auto saying = double(std::count(marks.begin(), marks.end(), char(1)));
        // A label that says more than was asked for is a little less of a match.
        of.label = (label->source == LabelSource::Person ? kPersonLabel : kSuggestedLabel)
            * (double(said) / wanted)
            * (0.9 + 0.1 * saying / std::max(1.0, double(labelWords.size())));
        of.saysAll = said == query.wanted().size();
    }
    double weight = 1.0; // The most promoted token counts most.
    for (std::size_t at = 0; at < hit.promoted.size() && of.promoted.empty();) {
        const std::size_t end = std::min(hit.promoted.find('\n', at), hit.promoted.size());
        const std::string token = hit.promoted.substr(at, end - at);
        const auto tokenWords = query.wordsOf(token);
        constexpr std::size_t kShortestWord = 2; // A single letter is a piece of a word.
        if (!tokenWords.empty() && tokenWords.front().text.size() >= kShortestWord) {
            const auto said = query.countSaid(tokenWords);
            if (said > 0) {
                of.promotes = kPromotes * weight / wanted;
                of.promoted = token;
                of.saysAll = of.saysAll || said == query.wanted().size();
            }
        }
        weight *= 0.8;
        at = end + 1;
    }
    if (query.countSaid(query.wordsOf(hit.words)) == query.wanted().size())
        of.words = kExampleWords;
    return {};
}

/// Looks at `most` features of each dictionary.
Result<void> weighTexts(WorkspaceReader& reader, const std::set<std::int32_t>& dictionaries,
    const ConceptQuery& query, ConceptQuery::Needs needs, int most, EvidenceByFeature& evidence,
    const std::stop_token& stop)
{
    const std::string text = query.fullText(needs, ConceptQuery::Index::KeepsPlaces);
    const auto found = reader.matchFeatures(text, dictionaries, most, stop);
    if (!found)
        return fail(found.error());
    std::map<std::int32_t, int> counts;
    for (const FeatureKey& key : *found)
        ++counts[key.dictionary];
    // Where more match than are looked at, those whose label does come first.
    std::set<std::int32_t> crowded;
    for (const auto& [dictionary, count] : counts)
        if (count == most)
            crowded.insert(dictionary);
    const auto labelled = reader.matchLabels(text, crowded, most, stop);
    if (!labelled)
        return fail(labelled.error());
    std::set<FeatureKey> keys;
    counts.clear();
    for (const std::vector<FeatureKey>* of : {&*labelled, &*found})
        for (const FeatureKey& key : *of)
            if (counts[key.dictionary] < most && keys.insert(key).second)
                ++counts[key.dictionary];
    const auto hits = reader.featureTexts({keys.begin(), keys.end()}, stop);
    if (!hits)
        return fail(hits.error());
    for (const FeatureTextHit& hit : *hits)
        if (auto weighed = weighText(reader, hit, query, evidence); !weighed)
            return fail(weighed.error());
    return {};
}

std::string percent(double share)
{
    return std::to_string(std::lround(100 * share)) + " %";
}

} // namespace

double SaidEvidence::topicAgreement() const
{
    return agreement(topicPrecision, topicRecall);
}

double SaidEvidence::wordAgreement() const
{
    return agreement(wordPrecision, wordRecall);
}

double SaidEvidence::score() const
{
    const double fires = firesAgreement(*this);
    return label + promotes + words + (fires >= kLeastAgreement ? fires : 0);
}

bool SaidEvidence::isExact() const
{
    return saysAll || topicAgreement() >= kExactAgreement || wordAgreement() >= kExactAgreement;
}

Result<SaidWords> findSaidWords(WorkspaceReader& reader, const ConceptQuery& query,
    const std::map<std::int32_t, StoredDictionary>& dictionaries, std::stop_token stop)
{
    SaidWords said;
    const bool large = isLarge(dictionaries);
    const auto count = std::max<std::size_t>(1, dictionaries.size());
    std::set<std::int32_t> ids;
    for (const auto& [id, dictionary] : dictionaries)
        ids.insert(id);
    const int mostTexts = std::max(
        kLeastTextHits, (large ? kFewTextHits : kManyTextHits) / static_cast<int>(count));
    for (const auto needs : {ConceptQuery::Needs::AllTerms, ConceptQuery::Needs::AnyTerm}) {
        said.isOfAllTerms = needs == ConceptQuery::Needs::AllTerms;
        if (auto weighed = weighTexts(reader, ids, query, needs, mostTexts, said.evidence, stop);
            !weighed)
            return fail(weighed.error());
        std::map<std::int32_t, Topic> topics;
        for (const auto& [id, dictionary] : dictionaries) {
            if (stop.stop_requested())
                return cancelled();
            if (dictionary.harvestedTokens == 0)
                continue;
            auto topic = topics.find(dictionary.corpus);
            if (topic == topics.end()) {
                auto found = findTopic(reader, query, needs, dictionary.corpus,
                    large ? kFewPassages : kManyPassages, stop);
                if (!found)
                    return fail(found.error());
                topic = topics.emplace(dictionary.corpus, std::move(*found)).first;
            }
            if (topic->second.tokens > 0)
                if (auto weighed
                    = weighFiring(reader, dictionary, topic->second, kMostSamples / count,
                        std::max(kLeastFiring, (large ? kFewFiring : kManyFiring) / count),
                        said.evidence, stop);
                    !weighed)
                    return fail(weighed.error());
        }
        std::erase_if(said.evidence, [](const auto& one) { return one.second.score() <= 0; });
        if (!said.evidence.empty() || query.wanted().size() == 1) // any one is all of them
            break;
    }
    return said;
}

std::string whySaid(const SaidEvidence& evidence, const ConceptQuery& query)
{
    const std::string text = query.spelled(" ");
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

} // namespace core
