#pragma once

#include "core/labels/contrast.h"
#include "core/labels/label_rule.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace core {

/// Places where it is known whether a feature fires.
struct FiringPlaces {
    struct Firing {
        Place place;
        int strength = 15; ///< In 15 steps up to the feature's maximum.

        auto operator<=>(const Firing&) const = default;
    };
    /// A place at which the feature rests, and why it was looked at.
    struct Rest {
        Place place;
        enum class Group : std::uint8_t { SameToken, Elsewhere, Alike } group = Group::Elsewhere;

        auto operator<=>(const Rest&) const = default;
    };
    std::vector<Firing> fires;
    std::vector<Rest> rests;

    bool isEmpty() const { return fires.empty() || rests.empty(); }
};

/// A feature's places in two halves by passage: a rule is learnt on one and tested on the other.
struct FiringEvidence {
    FiringPlaces learn, test;

    /// At least three firing and three resting places in each half, the firing ones of the test in
    /// two passages.
    bool isEnough() const;
};

/// What a harvest kept of one feature's firing.
struct StoredFiring {
    std::vector<Place> samples; ///< Drawn evenly from all firing tokens; ascending.
    int usualStrength = 15; ///< Where that of a sample was not noted.
    bool isComplete = false; ///< The samples are all of them.
    /// Windows with every token known: `examples` fire at the places named here, ...
    std::vector<FiringPlaces::Firing> examplePeaks;
    std::vector<Place> exampleRests; ///< ... and at these they do not.
    double firings = 0; ///< Over the whole corpus.
};

/// Samples against contrast places. With `notes` (or complete samples) it is known where the
/// feature fires; without, a place counts as resting where the token is mostly one on which it
/// rests, and near places come from the examples' windows. Peaks of the examples join the half that
/// is learnt on; the test keeps to the even draw.
FiringEvidence firingEvidence(const CorpusText& corpus, const StoredFiring& stored,
    std::uint64_t feature, const FiringNotes* notes);

/// The same places with firing and resting permuted within each half: what nothing can separate but
/// by chance.
FiringEvidence shuffled(const FiringEvidence& evidence, std::uint64_t seed);

/// How many of the resting places there are, and at how many of them a rule holds: of all, and of
/// each group.
class RestCount {
public:
    void add(FiringPlaces::Rest::Group group, bool holds, int count = 1)
    {
        for (Counted* counted : {&m_all, &m_groups[static_cast<std::size_t>(group)]}) {
            counted->rests += count;
            counted->wrong += holds ? count : 0;
        }
    }
    /// The largest share of wrong ones: of all, or of a group, one of fewer than a dozen counted as
    /// a dozen. What is easy to tell apart does not make up for what is not.
    double error() const;
    /// The mean over the groups instead, each as large as the other: what a search climbs along,
    /// since a first word that is right about one group may be wrong about another.
    double meanError() const;

private:
    struct Counted {
        int rests = 0, wrong = 0;

        double error() const;
    };
    Counted m_all;
    std::array<Counted, 3> m_groups;
};

/// (share of the firing, counted by its strength, where the rule holds + 1 - `RestCount::error`)
/// / 2.
double balancedAccuracy(const RuleMatcher& rule, const FiringPlaces& places);

} // namespace core
