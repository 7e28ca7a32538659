#pragma once

#include "core/labels/corpus_text.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace core {

/// Places a feature is held against, one after the other: `kMatchedPlaces` where the tokens stand
/// on which it fires, `kNearPlaces` elsewhere in passages where it fires, `kOtherPlaces` anywhere.
inline constexpr int kMatchedPlaces = 64, kNearPlaces = 32, kOtherPlaces = 32;
inline constexpr int kContrastPlaces = kMatchedPlaces + kNearPlaces + kOtherPlaces;

/// Draws them, the same for the same corpus and the same firing places. Whether the feature fires
/// there is not looked at: a harvest notes it (`FiringNotes`). `firing` are the
/// harvest's samples in ascending order; without any there are no places.
std::vector<Place> contrastPlaces(
    const CorpusText& corpus, std::span<const Place> firing, std::uint64_t feature);

/// What a harvest notes of each feature besides its samples: a bit for each of its contrast places,
/// whether it fires there, and how strongly it fires at each of its samples, in 15 steps up to its
/// maximum. kNotedBytes a feature.
class FiringNotes {
public:
    static constexpr std::size_t kMostSamples = 64;
    static constexpr std::size_t kNotedBytes = kContrastPlaces / 8 + kMostSamples / 2;

    FiringNotes() = default;
    explicit FiringNotes(std::size_t features)
        : m_bytes(features * kNotedBytes, '\0')
    {
    }
    explicit FiringNotes(std::string bytes)
        : m_bytes(std::move(bytes))
    {
    }
    bool isEmpty() const { return m_bytes.empty(); } ///< Of a harvest that did not look.
    std::size_t features() const { return m_bytes.size() / kNotedBytes; }
    const std::string& bytes() const { return m_bytes; }
    void setFires(std::size_t feature, int place);
    bool fires(std::size_t feature, int place) const;
    /// `share` of the maximum, 0 to 1; `sample` counts in ascending order of places.
    void setStrength(std::size_t feature, std::size_t sample, double share);
    int strength(std::size_t feature, std::size_t sample) const; ///< 1 to 15; 0 = not noted.

private:
    std::string m_bytes;
};

} // namespace core
