#pragma once

#include "core/steering/sweep.h"

namespace core {

struct SweetSpotSettings {
    std::vector<double> multiples
        = {0.5, 1, 1.5, 2, 3, 4, 6, 8, 10}; ///< Ascending; of the feature's largest activation.
    int maxTokens = 40;
    int samples = 2; ///< Texts written per strength.
    double temperature
        = 0.7; ///< Greedy text loops by itself; drawn text shows what the change does.
    std::uint64_t seed = 0;
    bool skipsBos = true;
};

struct SweetSpotResult {
    double multiple = 0.0; ///< The proposal; 0 when none of the strengths leaves a whole text that
                           ///< is more on topic than normal text.
    double strongestWhole = 0.0; ///< The strongest below the first that breaks the text, or 0.
    Sweep sweep; ///< One row, the clamp at every multiple.
};

/// Proposes how strongly to clamp a feature: tries all multiples in one batch, and of those below
/// the first that breaks the text (isWhole) takes the one whose text is worth most by the feature's
/// own firing when the unsteered model reads it.
Result<SweetSpotResult> findSweetSpot(const std::shared_ptr<const Transformer>& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const FeatureRef& feature, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation, const SweetSpotSettings& settings = {},
    const ProgressFn& progress = {}, std::stop_token stop = {});

} // namespace core
