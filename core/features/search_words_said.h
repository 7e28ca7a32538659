#pragma once

#include "core/base/result.h"
#include "core/features/concept_query.h"
#include "core/store/workspace_reader.h"

#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// What speaks for a feature being about the words of a query.
struct SaidEvidence {
    double label = 0, promotes = 0, words = 0;
    double topicPrecision = 0, topicRecall = 0, wordPrecision = 0, wordRecall = 0;
    std::string promoted; ///< The token.
    bool saysAll = false; ///< Its label or one promoted token says all that is wanted.

    double topicAgreement() const;
    double wordAgreement() const;
    double score() const;
    /// The words alone are reason enough: nothing near in meaning goes before it.
    bool isExact() const;
};

using EvidenceByFeature = std::map<FeatureKey, SaidEvidence>;

struct SaidWords {
    EvidenceByFeature evidence;
    bool isOfAllTerms = true; ///< Otherwise nothing says all of them, and any will do.
};

/// What the words of the query hit in these dictionaries: labels, promoted tokens and words of
/// examples, and how well firing agrees with the passages that say them.
///
/// What it reads is bounded, whatever the workspace holds: of texts the first few of each
/// dictionary, of passages and samples an even share, from which the rest is estimated.
Result<SaidWords> findSaidWords(WorkspaceReader& reader, const ConceptQuery& query,
    const std::map<std::int32_t, StoredDictionary>& dictionaries, std::stop_token stop);

/// In words, best reason first.
std::string whySaid(const SaidEvidence& evidence, const ConceptQuery& query);

} // namespace core
