#include "core/features/search.h"

#include "core/features/feature_cards.h"
#include "core/features/reciprocal_rank.h"
#include "core/features/search_meaning.h"
#include "core/features/search_sort.h"
#include "core/features/search_words_said.h"

#include <algorithm>
#include <set>

namespace core {

namespace {

/// The features of a ranking whose texts say what the query excludes.
Result<std::set<FeatureKey>> excludedOf(WorkspaceReader& reader, const ConceptQuery& query,
    const std::vector<FeatureKey>& keys, const std::stop_token& stop)
{
    std::set<FeatureKey> excluded;
    if (query.excluded().empty())
        return excluded;
    const auto texts = reader.featureTexts(keys, stop);
    if (!texts)
        return fail(texts.error());
    for (const FeatureTextHit& text : *texts)
        for (const std::string* of : {&text.label, &text.promoted, &text.words})
            if (query.isExcluded(query.wordsOf(*of)))
                excluded.insert(text.key);
    return excluded;
}

/// Both rankings as one.
struct Ranked {
    FeatureKey key;
    double score = 0;
};

std::vector<FeatureKey> byWords(const EvidenceByFeature& evidence)
{
    std::vector<std::pair<double, FeatureKey>> scored;
    for (const auto& [key, of] : evidence)
        scored.emplace_back(-of.score(), key);
    std::sort(scored.begin(), scored.end());
    std::vector<FeatureKey> keys;
    for (const auto& [score, key] : scored)
        keys.push_back(key);
    return keys;
}

/// What is certain by the words goes first, in their order; the rest by reciprocal rank.
std::vector<Ranked> joined(const std::vector<FeatureKey>& words,
    const std::vector<FeatureKey>& meaning, const SaidWords& said)
{
    std::vector<Ranked> ranked;
    std::set<FeatureKey> certain;
    const auto fused = fuseByReciprocalRank<FeatureKey>({words, meaning});
    for (const FeatureKey& key : words) {
        const SaidEvidence& of = said.evidence.at(key);
        if (said.isOfAllTerms && of.isExact()) {
            ranked.push_back({key, 1.0 + of.score()});
            certain.insert(key);
        }
    }
    for (const auto& [key, score] : fused)
        if (!certain.contains(key))
            ranked.push_back({key, score});
    return ranked;
}

} // namespace

Result<SearchHits> searchFeatures(
    WorkspaceReader& reader, const SearchQuery& query, std::stop_token stop)
{
    ConceptQuery wanted(query.text);
    SearchHits result;
    if (wanted.isEmpty())
        return result;
    const WorkspaceReader::Snapshot snapshot(reader);
    const auto all = reader.dictionaries();
    if (!all)
        return fail(all.error());
    std::map<std::int32_t, StoredDictionary> dictionaries;
    for (const StoredDictionary& dictionary : *all)
        if (query.dictionaries.empty()
            || std::find(query.dictionaries.begin(), query.dictionaries.end(), dictionary.name)
                != query.dictionaries.end())
            dictionaries.emplace(dictionary.id, dictionary);

    const auto vectors = readVectors(reader, dictionaries);
    if (!vectors)
        return fail(vectors.error());
    const auto vocabulary = reader.vocabulary();
    if (!vocabulary)
        return fail(vocabulary.error());
    for (const auto& [corpus, known] : *vectors)
        wanted.complete(known.byFrequency());
    if (vectors->empty())
        wanted.complete(**vocabulary);
    const auto said = findSaidWords(reader, wanted, dictionaries, stop);
    if (!said)
        return fail(said.error());
    const auto near = findMeaning(reader, wanted, dictionaries, *vectors, stop);
    if (!near)
        return fail(near.error());
    const bool isHarvested = std::any_of(dictionaries.begin(), dictionaries.end(),
        [](const auto& one) { return one.second.harvestedTokens > 0; });
    if (isHarvested && vectors->empty())
        result.note = "Found by words alone: this workspace was harvested by an older program, "
                      "which did not learn what words mean. Harvest again to search by meaning.";

    std::vector<FeatureKey> words = byWords(said->evidence), meaning;
    std::map<FeatureKey, const MeaningHit*> meant;
    for (const MeaningHit& hit : near->hits) {
        meaning.push_back(hit.key);
        meant[hit.key] = &hit;
    }
    for (std::vector<FeatureKey>* keys : {&words, &meaning}) {
        if (query.admits)
            std::erase_if(*keys, [&](const FeatureKey& key) { return !query.admits(key); });
        const auto excluded = excludedOf(reader, wanted, *keys, stop);
        if (!excluded)
            return fail(excluded.error());
        std::erase_if(*keys, [&](const FeatureKey& key) { return excluded->contains(key); });
    }
    if (stop.stop_requested())
        return cancelled();
    std::vector<Ranked> ranked = joined(words, meaning, *said);
    const bool isSorted = query.sort != FeatureSort::Match;
    const auto limit = static_cast<std::size_t>(std::max(0, query.limit));
    result.total = static_cast<std::int64_t>(ranked.size());
    if (!isSorted && !query.keeps)
        ranked.resize(std::min(ranked.size(), limit));
    std::vector<FeatureRef> refs;
    for (const Ranked& one : ranked)
        refs.push_back({dictionaries.at(one.key.dictionary).name, one.key.feature});
    std::vector<FeatureRow> rows(refs.size());
    if (query.needsRows || isSorted || query.keeps) {
        auto read = featureRows(reader, refs);
        if (!read)
            return fail(read.error());
        rows = std::move(*read);
    }
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        rows[i].feature = refs[i];
        if (query.keeps && !query.keeps(rows[i]))
            continue;
        const auto byWord = said->evidence.find(ranked[i].key);
        const auto byMeaning = meant.find(ranked[i].key);
        std::string why = byWord == said->evidence.end() ? "" : whySaid(byWord->second, wanted);
        if (byMeaning != meant.end())
            why.append(why.empty() ? "" : "; ").append(whyNear(*byMeaning->second, near->wanted));
        result.hits.push_back({std::move(rows[i]), ranked[i].score, std::move(why)});
    }
    if (isSorted)
        sortHits(result.hits, query, *all);
    if (query.keeps)
        result.total = static_cast<std::int64_t>(result.hits.size());
    result.hits.resize(std::min(result.hits.size(), limit));
    return result;
}

} // namespace core
