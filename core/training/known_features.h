#pragma once

#include "core/base/result.h"
#include "core/training/activation_store.h"

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

namespace core {

/// What a world of known features is made of.
struct KnownFeaturesOptions {
    std::int64_t d = 128; ///< Length of an activation; fewer than features, so that they overlap.
    std::int64_t families = 16; ///< Parents, each with children that fire only where it does.
    std::int64_t children = 3; ///< Of each parent; never two at once.
    double childShare = 0.6; ///< How often one of the children fires where the parent does.
    std::int64_t groups = 16; ///< Of features that fire together.
    std::int64_t groupSize = 4;
    double groupShare = 0.5; ///< How often each fires where its group is on.
    std::int64_t alone = 192; ///< Features that fire independently of all others.
    double l0 = 8; ///< Features that fire on a token, expected.
    double skew = 0.5; ///< The n-th family, group or feature is on in proportion to n^-skew.
    double spread = 0.5; ///< Activations are even in 1 - spread to 1 + spread.
    std::uint64_t seed = 1; ///< Of the directions.
};

/// Features that are known: unit directions in R^d, more of them than dimensions, with the exact
/// probabilities of firing. An activation is the sum of its features' directions times their
/// activations, so what a dictionary has recovered can be measured exactly (docs/definitions.md
/// section 2.3).
///
/// Immutable. The same options and seeds give the same numbers everywhere, but for the last digits
/// of a sum.
class KnownFeatures {
public:
    enum class Kind : std::uint8_t { Parent, Child, Grouped, Alone };

    /// An error where the options contradict each other: no features, an L0 that asks for
    /// probabilities above one half.
    static Result<std::shared_ptr<const KnownFeatures>> create(const KnownFeaturesOptions& options);

    /// Orthonormal where there are no more than d of them, else drawn evenly from the sphere.
    const at::Tensor& directions() const { return m_directions; } ///< [n, d]
    std::int64_t size() const { return static_cast<std::int64_t>(m_kinds.size()); }
    const KnownFeaturesOptions& options() const { return m_options; }
    Kind kind(std::int64_t feature) const { return m_kinds[static_cast<std::size_t>(feature)]; }
    /// The parent of a child, else -1.
    std::int64_t parent(std::int64_t feature) const
    {
        return m_parents[static_cast<std::size_t>(feature)];
    }
    double probability(std::int64_t feature) const
    {
        return m_probabilities[static_cast<std::size_t>(feature)];
    }
    /// Of both on one token.
    double probabilityOfBoth(std::int64_t first, std::int64_t second) const;

    /// What fires on some tokens: [tokens, n].
    at::Tensor draw(std::int64_t tokens, std::uint64_t seed) const;
    /// Activations of tokens, as trainers take recorded ones.
    std::shared_ptr<const ActivationStore> store(
        HookPoint point, std::int64_t tokens, std::uint64_t seed) const;

private:
    explicit KnownFeatures(const KnownFeaturesOptions& options);

    KnownFeaturesOptions m_options;
    std::vector<double> m_on; ///< Of each family, group and feature alone: that it is on.
    std::vector<Kind> m_kinds;
    std::vector<std::int64_t> m_parents, m_events; ///< m_events: which of m_on it belongs to.
    std::vector<double> m_probabilities;
    at::Tensor m_directions;
};

} // namespace core
