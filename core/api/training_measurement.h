#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace core {

/// A stretch of held-out text around a token on which a feature fires.
struct PeekExample {
    std::vector<std::string> tokens; ///< As they are shown.
    std::vector<double> activations; ///< One a token.
    int peak = 0; ///< The token that it was chosen for.
};

/// A feature while it forms.
struct PeekFeature {
    std::int64_t feature = 0;
    double density = 0; ///< Share of the measured held-out tokens on which it fires.
    double maximum = 0; ///< Its largest activation there.
    std::string label; ///< What tells where it fires, tested on other tokens; empty: nothing does.
    double labelScore = 0; ///< Balanced accuracy of the label on those tokens.
    std::vector<std::string> promoted; ///< The tokens it promotes most, the first the strongest.
    std::vector<PeekExample> examples; ///< The strongest first.
};

/// Features by how often they fire: below 1e-6, then one bin for each half decade up to always.
inline constexpr int kTrainingDensityBins = 13;

/// What is measured of a dictionary now and then while it is trained, as it would be saved then.
/// The first group is of text that it does not learn from (docs/definitions.md section 2).
struct TrainingMeasurement {
    std::int64_t heldOutTokens = 0; ///< 0: no text was held out; the group is empty.
    double l0 = 0, fvu = 0;
    double ceClean = 0, ceDictionary = 0, ceZero = 0, ceScore = 0, kl = 0;

    double denseShare = 0; ///< Of the features, those that fire on more than a tenth of the tokens.
    double rareShare = 0; ///< Those that fire on fewer than one in 100,000, the dead among them.
    std::vector<double> densities; ///< [kTrainingDensityBins] features, by how often they fire.
    double decoderCosine = 0; ///< Mean over features of the largest cosine with another's decoder.
    double threshold = 0; ///< Mean over features, JumpReLU and BatchTopK; else 0.
    double lambda = 0; ///< As its warm-up has it now; 0 where there is no penalty.
    double seconds = 0; ///< That measuring took.
    std::int64_t nextStep = 0; ///< About where it is measured next; 0: not known. Not
                               ///< kept in files.

    std::vector<PeekFeature> peek; ///< Not kept in files.
};

} // namespace core
