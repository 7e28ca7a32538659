#pragma once

#include "core/steering/sweep.h"

namespace core {

/// A feature and what its best strength writes.
struct SteeringResult {
    FeatureRef feature;
    double multiple = 0.0; ///< Of its largest activation.
    SweepCell best;
    bool steers = false; ///< Its text is whole and more on topic than normal text.
};

struct SteeringRank {
    SweepCell normal;
    std::vector<SteeringResult> ranked; ///< Best first; those that do not steer last.
};

/// Clamps every candidate at every multiple, under the settings' guard, and ranks them by the worth
/// (worthOf) of what they write: the share of its tokens on which the topic's features fire when
/// the unsteered model reads it, less its surprise.
Result<SteeringRank> rankBySteering(const Transformer& model,
    const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& prompt,
    const std::vector<FeatureRef>& candidates, const std::vector<FeatureRef>& topic,
    const std::vector<double>& multiples, const GenerateSettings& settings, int samples,
    const Dictionaries& dictionaries, const MaxActivationFn& maxActivation, bool skipsBos,
    const ProgressFn& progress = {}, std::stop_token stop = {});

/// Of the best hits of a search those that stand for the concept; further ones fire on much else.
inline constexpr std::size_t kTopicFeatures = 6;

} // namespace core
