#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// What an SAE of one architecture recovered of a world whose features are known
/// (docs/definitions.md section 2.3).
struct KnownFeaturesRow {
    std::string architecture;
    double mmcs = 0, mmcsBack = 0; ///< Mean max cosine, of the features and of the live latents.
    double recall = 0, precision = 0; ///< At the bar.
    double f1 = 0; ///< Of "its latent fires" as a test of "the feature fires".
    double absorption = 0; ///< A child fires and the latent of its parent is silent.
    double parentMissed = 0; ///< The parent fires alone and its latent is silent.
    std::int64_t parents = 0, parentsFound = 0;
    double l0 = 0, trueL0 = 0, fvu = 0, deadFraction = 0;
    double seconds = 0; ///< Of its training.
};

struct KnownFeaturesTable {
    std::int64_t width = 0, features = 0, latents = 0, tokens = 0;
    double trueL0 = 0; ///< Expected.
    double bar = 0;
    std::vector<KnownFeaturesRow> rows;
};

/// Trains an SAE of each architecture, with its default settings, on activations made of known
/// features, and measures what it found. Needs no model.
struct KnownFeaturesRequest {
    using Answer = KnownFeaturesTable;
    using Part = KnownFeaturesRow;
    static constexpr std::string_view kName = "known-features";

    std::vector<std::string> architectures; ///< Empty = all.
    std::int64_t width = 128; ///< Of the activation.
    std::int64_t families = 16; ///< Parents with three children each.
    std::int64_t groups = 16; ///< Of four features that fire together.
    std::int64_t alone = 192; ///< Features that fire independently of all others.
    double l0 = 8; ///< Features that fire on a token.
    std::int64_t latents = 0; ///< Features of the SAE; 0 = as many as the world has.
    std::int64_t tokens = 4'000'000; ///< Trained on.
    std::int64_t k = 0; ///< Of the architectures with a k; 0 = the world's L0.
    double lambda = 0; ///< Of those with a penalty; 0 = their default.
    double learningRate = 0; ///< 0 = the default.
    double bar = 0.9; ///< The cosine from which on a feature counts as found.
    std::int64_t seed = 1;
};

} // namespace core
