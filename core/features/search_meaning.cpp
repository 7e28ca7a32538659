#include "core/features/search_meaning.h"

#include "core/features/search_topic.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace core {

namespace {

constexpr double kClearlyRarer = 0.69; // ln 2: at most half of all passages say it.
constexpr float kNear = 0.4f;
constexpr std::size_t kNearWords = 24;
constexpr std::size_t kMostListed = 512; // Features of a word, in all dictionaries.
constexpr std::size_t kLeastListed = 8; // Of each.
// Candidates whose texts are read; where there are millions, mostly from the disk.
constexpr std::size_t kManyWeighed = 300, kFewWeighed = 200;
constexpr double kLeastMeaning = 0.15;
constexpr std::size_t kWordsToName = 3;

std::string listed(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) {
        text += text.empty() ? "" : ", ";
        text += word;
    }
    return text;
}

/// The words that are nearest, best first.
std::vector<std::int32_t> nearestWords(const std::vector<float>& nearness)
{
    std::vector<std::int32_t> words(nearness.size());
    std::iota(words.begin(), words.end(), 0);
    const auto value = [&](std::int32_t word) { return nearness[static_cast<std::size_t>(word)]; };
    const std::size_t kept = std::min(kNearWords, words.size());
    std::partial_sort(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(kept), words.end(),
        [&](std::int32_t a, std::int32_t b) {
            return value(a) != value(b) ? value(a) > value(b) : a < b;
        });
    words.resize(kept);
    std::erase_if(words, [&](std::int32_t word) { return value(word) < kNear; });
    return words;
}

/// What the dictionaries of one corpus list under the nearest words, best first.
Result<std::vector<FeatureKey>> candidates(WorkspaceReader& reader,
    const std::vector<std::int32_t>& dictionaries, const std::vector<float>& nearness,
    std::size_t weighed, const std::stop_token& stop)
{
    std::unordered_map<std::int64_t, float> sums;
    const std::size_t most = std::max(kLeastListed, kMostListed / dictionaries.size());
    for (const std::int32_t word : nearestWords(nearness))
        for (const std::int32_t dictionary : dictionaries) {
            if (stop.stop_requested())
                return cancelled();
            const auto features = reader.wordFeatures(dictionary, word, most);
            if (!features)
                return fail(features.error());
            for (const WordFeature& one : *features)
                sums[FeatureKey{dictionary, one.feature}.rowid()]
                    += one.share * nearness[static_cast<std::size_t>(word)];
        }
    std::vector<std::pair<float, std::int64_t>> best;
    for (const auto& [rowid, sum] : sums)
        best.emplace_back(-sum, rowid);
    const std::size_t kept = std::min(weighed, best.size());
    std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(kept), best.end());
    std::vector<FeatureKey> keys;
    for (std::size_t i = 0; i < kept; ++i)
        keys.push_back(FeatureKey::fromRowid(best[i].second));
    return keys;
}

} // namespace

std::vector<float> nearness(
    const WordVectors& vectors, const ConceptQuery& query, std::vector<std::string>* known)
{
    std::vector<std::int32_t> telling, common;
    for (const ConceptQuery::Term& term : query.wanted())
        for (const SearchWord& word : term.words)
            if (const std::int32_t number = vectors.find(word.stem); number >= 0)
                (vectors.rarity(number) > kClearlyRarer ? telling : common).push_back(number);
    std::vector<float> least;
    for (const std::int32_t word : telling.empty() ? common : telling) {
        if (known)
            known->push_back(vectors.text(word));
        const auto cosines = vectors.cosines(word);
        if (least.empty())
            least = cosines;
        for (std::size_t w = 0; w < least.size(); ++w)
            least[w] = std::min(least[w], cosines[w]);
    }
    for (float& value : least)
        value = std::max(value, 0.0f);
    return least;
}

MeaningHit meaningOf(
    const WordVectors& vectors, const std::vector<float>& nearness, const FeatureTextHit& feature)
{
    const FeatureWords words
        = featureWords(vectors, feature.label, feature.promoted, feature.words);
    const auto near = [&](const SharedWord& one) {
        return one.share * nearness[static_cast<std::size_t>(one.word)];
    };
    const auto sum = [&](const std::vector<SharedWord>& of) {
        double total = 0;
        for (const SharedWord& one : of)
            total += static_cast<double>(near(one));
        return total;
    };
    const double promoted = sum(words.promoted), said = sum(words.said);
    MeaningHit hit;
    hit.key = feature.key;
    hit.promotes = promoted >= said;
    hit.score = std::max(promoted, said);
    std::vector<SharedWord> of = hit.promotes ? words.promoted : words.said;
    std::stable_sort(of.begin(), of.end(),
        [&](const SharedWord& a, const SharedWord& b) { return near(a) > near(b); });
    for (std::size_t i = 0; i < std::min(kWordsToName, of.size()) && near(of[i]) > 0; ++i)
        hit.words.push_back(vectors.text(of[i].word));
    return hit;
}

Result<CorpusVectors> readVectors(
    WorkspaceReader& reader, const std::map<std::int32_t, StoredDictionary>& dictionaries)
{
    CorpusVectors all;
    for (const auto& [id, dictionary] : dictionaries) {
        if (dictionary.harvestedTokens == 0 || all.contains(dictionary.corpus))
            continue;
        const auto bytes = reader.wordVectors(dictionary.corpus);
        if (!bytes)
            return fail(bytes.error());
        if (!*bytes)
            continue;
        auto vectors = WordVectors::read(**bytes,
            reader.path().filename().string() + ": the word vectors of corpus "
                + std::to_string(dictionary.corpus));
        if (!vectors)
            return fail(vectors.error());
        all.emplace(dictionary.corpus, std::move(*vectors));
    }
    return all;
}

Result<MeaningHits> findMeaning(WorkspaceReader& reader, const ConceptQuery& query,
    const std::map<std::int32_t, StoredDictionary>& dictionaries, const CorpusVectors& all,
    std::stop_token stop)
{
    if (stop.stop_requested())
        return cancelled();
    MeaningHits found;
    for (const auto& [corpus, vectors] : all) {
        std::vector<std::int32_t> ids;
        for (const auto& [id, dictionary] : dictionaries)
            if (dictionary.corpus == corpus && dictionary.harvestedTokens > 0)
                ids.push_back(id);
        std::vector<std::string> known;
        const auto near = nearness(vectors, query, &known);
        for (std::string& word : known)
            if (std::find(found.wanted.begin(), found.wanted.end(), word) == found.wanted.end())
                found.wanted.push_back(std::move(word));
        if (near.empty())
            continue;
        const auto keys = candidates(
            reader, ids, near, isLarge(dictionaries) ? kFewWeighed : kManyWeighed, stop);
        if (!keys)
            return fail(keys.error());
        const auto texts = reader.featureTexts(*keys, stop);
        if (!texts)
            return fail(texts.error());
        for (const FeatureTextHit& text : *texts)
            if (MeaningHit hit = meaningOf(vectors, near, text); hit.score >= kLeastMeaning)
                found.hits.push_back(std::move(hit));
    }
    std::sort(found.hits.begin(), found.hits.end(), [](const MeaningHit& a, const MeaningHit& b) {
        return a.score != b.score ? a.score > b.score : a.key < b.key;
    });
    return found;
}

std::string whyNear(const MeaningHit& hit, const std::vector<std::string>& wanted)
{
    std::string why = hit.promotes ? "promotes " : "its examples say ";
    why += listed(hit.words);
    why += ": near in meaning to ";
    why += listed(wanted);
    return why;
}

} // namespace core
