#pragma once

#include "core/labels/firing_test.h"
#include "core/labels/label_rule.h"

#include <string>
#include <vector>

namespace core {

/// A word that tells firing from resting places.
struct TellingWord {
    enum class Where : std::uint8_t { At, Before, Next, RightAfter };
    Where where = Where::At;
    std::string word;
    double z = 0; ///< `logOddsZ`.
};

struct LearntRule {
    LabelRule rule; ///< Empty where nothing separates anything.
    double accuracy = 0.5; ///< Balanced, on the places it was learnt on.
    std::vector<TellingWord> telling; ///< Most telling first; at most twelve of each kind.
};

/// The rule of one or two clauses that tells the places best, fewer words and one clause preferred.
///
/// Candidates are words with a clear z: at the token and next to it against the whole corpus, said
/// before it and just in front of it against the resting places. Of these each clause takes the
/// ones that raise its balanced accuracy, one by one. Cost: about a millisecond.
LearntRule learnRule(const CorpusText& corpus, const FiringPlaces& places);

} // namespace core
