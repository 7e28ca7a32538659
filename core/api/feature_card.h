#pragma once

#include "core/api/feature_row.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// A token and how much a feature's decoder direction raises (or lowers) its logit.
struct LogitEffect {
    TokenId token;
    std::string text;
    float effect = 0.0f;
};

/// One stretch of text with a feature's activation on every token.
struct FeatureExample {
    std::vector<std::string> tokens;
    std::vector<float> activations;
    int peak = 0; ///< Index of the strongest token.
    /// Where it was cut from: the passage's number in the workspace, and the first token there.
    std::int64_t passage = 0;
    std::int32_t start = 0;
};

/// Examples whose peak lies in one interval of activation.
struct ExampleInterval {
    float low = 0.0f;
    float high = 0.0f;
    double share = 0.0; ///< Share of all firing tokens in this interval.
    std::vector<FeatureExample> examples;
};

struct NearFeature {
    FeatureRef feature;
    std::string label;
    float cosine = 0.0f; ///< Of the two decoder directions.
};

/// A word that tells where a feature fires from where it does not.
struct LabelEvidence {
    std::string where; ///< "at" the token, said "before" it, "right-before" it or "next".
    std::string word;
    double z = 0; ///< Standard errors above what chance gives.
};

/// How a label was tested (docs/definitions.md section 7.2).
struct LabelTest {
    /// Balanced accuracy of `rule` on held-out text; nothing where it cannot be tested.
    std::optional<double> score;
    std::optional<double> bar; ///< What a suggestion must exceed to be shown.
    std::string rule; ///< The whole rule as a phrase, with all its words; empty = none.
    std::string input; ///< Where it fires, as the label says it; empty below the bar.
    /// What its direction promotes clearly, else what it raises where it fires: "says Austin";
    /// empty = nothing.
    std::string output;
    std::vector<LabelEvidence> evidence; ///< Where no rule passes; most telling first.
};

/// A feature that fires on the same tokens as another.
struct CofiringFeature {
    FeatureRef feature;
    std::string label;
    float jaccard = 0.0f; ///< Tokens where both fire over tokens where either does.
};

/// Everything known about one feature.
struct FeatureCard {
    FeatureRow row;
    std::int64_t harvestedTokens = 0;
    float meanActivation = 0.0f; ///< Over the tokens where it fires.
    std::vector<float>
        histogram; ///< Counts of positive activations in equal bins from 0 to the maximum.
    std::vector<LogitEffect> positiveLogits; ///< Strongest first.
    std::vector<LogitEffect> negativeLogits;
    /// What it raises where it fires, in logits, later layers included (docs/definitions.md section
    /// 4.9); empty where that was not measured: where the direction itself says something.
    std::vector<LogitEffect> raised = {};
    std::vector<ExampleInterval> intervals; ///< Highest interval first.
    std::vector<NearFeature> nearest;
    std::optional<LabelTest> suggestion
        = {}; ///< Nothing: labels of this workspace were never tested.
    std::optional<LabelTest> personal = {}; ///< Of a person's label, by its words.
    std::vector<CofiringFeature> cofiring; ///< Of its dictionary, the most alike first.
    bool knowsCofiring = false; ///< False where the harvest was made by an older version.
};

struct FeatureCardRequest {
    using Answer = FeatureCard;
    static constexpr std::string_view kName = "card";

    FeatureRef feature;
};

} // namespace core
