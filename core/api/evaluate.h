#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// How a number is spread over the features of a dictionary: the quantiles that are named.
struct FeatureSpread {
    double q05 = 0, q25 = 0, median = 0, q75 = 0, q95 = 0;
};

/// Quality of one dictionary on one text, as SAELens' core evaluations have it
/// (docs/definitions.md section 2.1).
struct DictionaryQuality {
    std::string dictionary;
    std::int64_t tokens = 0;
    double l0 = 0, fvu = 0, explainedVariance = 0, ceClean = 0, ceDictionary = 0, ceZero = 0,
           ceScore = 0, kl = 0, deadFraction = 0;
    double klZero = 0, klScore = 0; ///< With zero in place; (klZero - kl) / klZero.
    double mse = 0; ///< sum_d (y - y_hat)^2, mean over tokens.
    double cosine = 0; ///< Of the real value and the reconstruction, mean over tokens.
    double l1 = 0; ///< Sum of a token's activations, mean over tokens.
    double l2In = 0, l2Out = 0, l2Ratio = 0; ///< Lengths: real, rebuilt, rebuilt / real.
    double relativeReconstructionBias = 0; ///< mean |y_hat|^2 / mean y.y_hat; below 1 it shrinks.
    double explainedVarianceLegacy = 0; ///< Older SAELens': a mean of shares, token by token.
    FeatureSpread density; ///< Over features that fire.
    FeatureSpread consistency; ///< Tokens on which a feature fires, for each document in which it
                               ///< does; over features that fire.
    FeatureSpread encoderNorm, encoderBias;
    std::optional<FeatureSpread> encoderDecoderCosine; ///< None where widths differ.
    std::vector<double> densityHistogram; ///< Features by log10 of density: below -6, then one bin
                                          ///< for each half decade up to 0.
    std::string note; ///< What was put in front of the text, and why; empty when nothing.
    std::string warning; ///< What the numbers say against believing a picture; empty when nothing.
};

/// Measures one open dictionary on one text.
struct EvaluateRequest {
    using Answer = DictionaryQuality;
    static constexpr std::string_view kName = "evaluate";

    std::string dictionary; ///< Its name.
    std::string text; ///< Documents are separated by blank lines.
    std::string corpusPath; ///< A .txt or .jsonl file or a folder of them, instead of `text`;
                            ///< "builtin": text of the built-in world.
    std::int64_t tokens = 0; ///< At most so many; 0 = all.
    std::string featuresOut = {}; ///< A CSV file to write, a row for each feature; empty: none.
    std::string textField = "text"; ///< The text's field in a .jsonl.
};

} // namespace core
