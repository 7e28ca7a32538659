#pragma once

#include "core/circuits/swap.h"
#include "core/circuits/text_features.h"

#include <cstddef>
#include <span>

namespace core {

struct ConceptSwapOptions {
    /// Features whose `ConceptScores::score` is at least this belong to a concept.
    double leastScore = 0.9;
    bool freezeAttention = false; ///< Patterns of the unchanged run.
    std::stop_token stop;
};

/// Turns the features of one concept off and those of another on, and reads the answer.
///
/// `texts` are sentences that differ in what they are about, among them the prompt and the donor;
/// those to which the model gives the same answer stand for the same concept. A concept's features
/// are those that tell its texts from the others, found for each place by itself: the token before
/// the common end, the ones before that as far as the texts differ, and the last token. The
/// prompt's are set to 0 where they fire, the donor's to their typical value: the mean over the
/// donor's texts where they fire. Nothing else is touched, so features that both concepts share,
/// and those of the question itself, go on acting as the model makes them.
Result<FeatureSwap> swapConcepts(const Transformer& model, const Dictionaries& dictionaries,
    std::span<const TextFeatures> texts, std::size_t prompt, std::size_t donor,
    const ConceptSwapOptions& options = {});

} // namespace core
