#pragma once

#include "core/base/progress.h"
#include "core/steering/write_texts.h"

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

/// What one strength does, over all its samples.
struct SweetSpotTrial {
    double multiple = 0.0; ///< 0 is the model as it is.
    double kl = 0.0; ///< Mean KL(steered || normal) per token, nats.
    double repetition = 0.0;
    double deltaNormRatio = 0.0; ///< Mean per token.
    double surprisal = 0.0; ///< Mean -ln p of the text's tokens for the model without the change,
                            ///< reading the same text.
    bool isWhole = true;
    std::string text; ///< Of the first sample.
};

struct SweetSpotResult {
    double multiple = 0.0; ///< The proposal; 0 when even the weakest strength breaks the text.
    SweetSpotTrial normal;
    std::vector<SweetSpotTrial> trials;
};

/// Proposes how strongly to clamp a feature: tries all multiples in one batch and takes the
/// strongest below the first that breaks the text. A text is whole while
/// - it repeats itself at most `kMoreRepetition` more than the normal text does, and
/// - the unchanged model, reading it, is not more surprised than by its own text plus
/// `kSurprisalShare` of the way to
///   tokens drawn blindly (ln d_vocab). A text on another topic passes: once it is there, the model
///   follows it.
Result<SweetSpotResult> findSweetSpot(const std::shared_ptr<const Transformer>& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const FeatureRef& feature, const Dictionaries& dictionaries,
    const MaxActivationFn& maxActivation, const SweetSpotSettings& settings = {},
    const ProgressFn& progress = {}, std::stop_token stop = {});

inline constexpr double kMoreRepetition = 0.2;
inline constexpr double kSurprisalShare = 1.0 / 8.0;

} // namespace core
