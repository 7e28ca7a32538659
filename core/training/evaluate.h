#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/dictionary/dictionary.h"
#include "core/model/transformer.h"
#include "core/training/reconstruction_sums.h"
#include "core/training/token_corpus.h"

#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace core {

/// How well a dictionary stands in for what it was trained on, as SAELens' evals.py measures it
/// (docs/definitions.md section 2): means over the text's tokens, special tokens left out, each
/// document read alone.
struct DictionaryEvaluation {
    std::int64_t tokens = 0; ///< Rebuilt and counted.
    /// Left as they are: more than ten times as long as the median (massive_rows.h).
    std::int64_t massiveTokens = 0;
    double l0 = 0;
    double fvu = 0, explainedVariance = 0; ///< They add up to one.
    double ceClean = 0; ///< Cross-entropy of the model as it is, nats a token.
    double ceDictionary = 0; ///< With the dictionary's output in place of the real one.
    double ceZero = 0; ///< With zero in its place.
    double ceScore
        = 0; ///< (ceZero - ceDictionary) / (ceZero - ceClean); 0 where zeroing changes nothing.
    double kl = 0; ///< KL(clean || with dictionary), nats a token.
    double klZero = 0; ///< KL(clean || with zero in its place).
    double klScore = 0; ///< (klZero - kl) / klZero; 0 where zeroing changes nothing.
    ReconstructionQuality reconstruction;
    double deadFraction = 0; ///< Features that fire nowhere on this text.
    std::vector<std::int64_t> firings; ///< [d_sae] tokens on which each feature fires.
    std::vector<std::int64_t> documents; ///< [d_sae] documents (rows) in which it does.
};

struct EvaluationOptions {
    std::int64_t context_size = 128;
    std::int64_t batchWindows = 8; ///< At most so many contexts' tokens a pass.
    std::int64_t maxTokens = 0; ///< 0 = the whole text.
    /// For one layer of a cross-layer transcoder: all its layers, in ascending order, which write
    /// this layer's output together.
    Dictionaries crossLayers = {};
};

/// Features by how often they fire: below 1e-6 (never, that is), then one bin for each half decade
/// up to always.
inline constexpr int kDensityBins = 13;
std::vector<double> densityHistogram(const std::vector<std::int64_t>& firings, std::int64_t tokens);

/// Norms and biases of the encoder and how far it reads what it writes, a number a feature.
FeatureWeights featureWeights(const Dictionary& dictionary);

/// Splices the dictionary in through hooks: an SAE replaces the value it reads by its
/// reconstruction, a transcoder the value at hookOut by its prediction from hookIn. A dictionary of
/// one attention head replaces, and zeroes, that head alone. Three passes of the model over the
/// text.
Result<DictionaryEvaluation> evaluateDictionary(const Transformer& model,
    const Dictionary& dictionary, std::shared_ptr<const TokenCorpus> corpus,
    const EvaluationOptions& options = {}, const ProgressFn& progress = {},
    std::stop_token stop = {});

} // namespace core
