#pragma once

#include "core/base/result.h"
#include "core/features/concept_query.h"
#include "core/features/feature_words.h"
#include "core/store/workspace_reader.h"

#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// A feature that says words near in meaning to a query's.
struct MeaningHit {
    FeatureKey key;
    double score = 0; ///< 0 to 1.
    bool promotes = false; ///< The words are promoted; otherwise it fires where they are said.
    std::vector<std::string> words; ///< The nearest of them, as the corpus writes them.
};

struct MeaningHits {
    std::vector<MeaningHit> hits; ///< Best first; at most a few hundred.
    std::vector<std::string> wanted; ///< The words of the query that the vectors know.
};

/// The word vectors of the corpora that dictionaries were harvested on, by corpus; those of an
/// older program have none.
using CorpusVectors = std::map<std::int32_t, WordVectors>;
Result<CorpusVectors> readVectors(
    WorkspaceReader& reader, const std::map<std::int32_t, StoredDictionary>& dictionaries);

/// How near each word is to all of the query's words: its least cosine to any (so that "french
/// animals" means what is both), below 0 as 0. Empty where no word of the query is known. Words
/// that more than half of the passages say count only where there is no other.
std::vector<float> nearness(const WordVectors& vectors, const ConceptQuery& query,
    std::vector<std::string>* known = nullptr);

/// The mean nearness of what a feature says, by shares: of the tokens it promotes, or of its label
/// and the words of its examples, whichever is more.
MeaningHit meaningOf(
    const WordVectors& vectors, const std::vector<float>& nearness, const FeatureTextHit& feature);

/// Features near in meaning. Looks only at those that the harvest listed under the nearest words,
/// so its cost does not grow with the workspace. Reader thread.
Result<MeaningHits> findMeaning(WorkspaceReader& reader, const ConceptQuery& query,
    const std::map<std::int32_t, StoredDictionary>& dictionaries, const CorpusVectors& vectors,
    std::stop_token stop);

std::string whyNear(const MeaningHit& hit, const std::vector<std::string>& wanted);

} // namespace core
