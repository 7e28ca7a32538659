#pragma once

#include "core/dictionary/dictionary.h"
#include "core/training/known_features.h"

#include <cstdint>

namespace core {

/// How much of a known world a dictionary has found (docs/definitions.md section 2.3). A feature's
/// *latent* is the dictionary's feature whose decoder row has the largest cosine with its
/// direction; a latent is *live* when it fires on the sample.
struct Recovery {
    double bar = 0.9; ///< The cosine from which on a feature counts as found.
    double mmcs = 0; ///< Mean over the world's features of the largest cosine with any latent.
    double mmcsBack = 0; ///< Mean over live latents of the largest cosine with any feature.
    double recall = 0; ///< Share of the world's features that are found.
    double precision = 0; ///< Share of live latents that have found one.
    double f1 = 0; ///< Mean over features: F1 of "its latent fires" as a test of "it fires".
    /// Of the tokens where a child fires whose parent is found, the share where the parent's latent
    /// is silent.
    double absorption = 0;
    double parentMissed = 0; ///< The same where the parent fires without a child.
    std::int64_t parents = 0, parentsFound = 0;
    double l0 = 0, trueL0 = 0; ///< Of the dictionary, and of the world, on the sample.
    double fvu = 0;
    double deadFraction = 0; ///< Latents that are not live.
};

/// `acts` [tokens, n]: what fires on a sample, as `KnownFeatures::draw` gives it. Latents that fire
/// below zero count by the size of their cosine.
Recovery recovery(const KnownFeatures& world, const Dictionary& dictionary, const at::Tensor& acts,
    double bar = 0.9);

} // namespace core
