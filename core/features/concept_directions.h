#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/features/harvest_corpus.h"
#include "core/model/transformer.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace core {

/// Texts about one concept; those about the others are what it is told from, so all should be of
/// the same kinds: the same questions answered about each.
struct ConceptTexts {
    std::string name; ///< As the texts write it: "Golden Gate Bridge".
    std::vector<Passage> passages;
};

/// What is known of one direction.
struct ConceptDirection {
    std::int64_t tokens = 0; ///< That it was learnt from, without special ones.
    std::int64_t named = 0; ///< Of these, tokens of its name; 0: it was learnt from topic alone.
    /// How often a held-out text about it has a larger mean activation than one about another
    /// concept: 0.5 is chance (the area under the ROC curve).
    double separation = 0.0;
};

struct ConceptDirections {
    std::shared_ptr<const Dictionary> dictionary; ///< A feature for each concept, in their order.
    std::vector<ConceptDirection> concepts;
};

/// Every so many passages of a concept one is held out.
inline constexpr std::size_t kConceptHoldOut = 4;

/// A direction for each concept in the residual stream after `layer`, as a dictionary that only
/// reads and writes: v = t/|t| + n/|n|, of length one, where t is the mean activation in texts
/// about the concept less that in texts about the others, and n the same at the tokens of its name
/// (Turner et al. 2023, Marks and Tegmark 2023: difference of means). A feature's activation is the
/// projection on v less that of the others' mean, where it exceeds 99 % of the others' tokens; so
/// one unit of it is one unit of the residual stream's length. Special tokens and massive
/// activations are left out. An error where there are fewer than two concepts, one has fewer than
/// `kConceptHoldOut` passages or the layer is not there.
Result<ConceptDirections> conceptDirections(const Transformer& model, const Tokenizer& tokenizer,
    const std::vector<ConceptTexts>& texts, Layer layer, const ProgressFn& progress = {},
    const std::stop_token& stop = {});

} // namespace core
