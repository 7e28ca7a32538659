#pragma once

#include "core/base/progress.h"
#include "core/circuits/graph_matrix.h"
#include "core/circuits/intervention.h"

#include <stop_token>
#include <vector>

namespace core {

/// What is taken out of a run and read in it: features at their places, or one word.
struct MeasuredBox {
    std::vector<FeatureAt> features; ///< Empty for a word.
    Position word; ///< Valid for a word.
};

/// The boxes and the answer in one run.
struct BoxValues {
    std::vector<double> activations; ///< [boxes]: sum over the features; 0 for words.
    double logit = 0; ///< Of the answer; of a difference that of both.
    double probability = 0; ///< Of the answer's token.
};

struct MeasuredBoxes {
    BoxValues whole; ///< Nothing taken out.
    std::vector<BoxValues> without; ///< [boxes]: with that one taken out.
};

/// Runs the prompt once whole and once without each box: its features set to 0 at their places, a
/// word's embedding set to the vocabulary's mean. A forward pass each.
Result<MeasuredBoxes> measureBoxes(const Transformer& model, const Dictionaries& dictionaries,
    const std::vector<TokenId>& ids, const std::vector<MeasuredBox>& boxes,
    const GraphLogit& answer, bool freezesAttention, const ProgressFn& progress = {},
    std::stop_token stop = {});

} // namespace core
