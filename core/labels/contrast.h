#pragma once

#include "core/labels/corpus_text.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace core {

/// Places a feature is held against, one after the other: `kMatchedPlaces` where the tokens stand
/// on which it fires, `kNearPlaces` elsewhere in passages where it fires, `kOtherPlaces` anywhere,
/// `kAlikePlaces` where another token stands after the same one, as another city may.
inline constexpr int kMatchedPlaces = 64, kNearPlaces = 32, kOtherPlaces = 32, kAlikePlaces = 64;
inline constexpr int kContrastPlaces = kMatchedPlaces + kNearPlaces + kOtherPlaces + kAlikePlaces;
/// Of harvests made before there were any alike: their notes still tell of the others.
inline constexpr int kFewestContrastPlaces = kContrastPlaces - kAlikePlaces;

/// Draws them, the same for the same corpus and the same firing places. Whether the feature fires
/// there is not looked at: a harvest notes it (`FiringNotes`). `firing` are the
/// harvest's samples in ascending order; without any there are no places.
std::vector<Place> contrastPlaces(
    const CorpusText& corpus, std::span<const Place> firing, std::uint64_t feature);

/// What a harvest notes of each feature besides its samples: a bit for each of its contrast places,
/// whether it fires there, and how strongly it fires at each of its samples, in 15 steps up to its
/// maximum: places / 8 + samples / 2 bytes a feature.
class FiringNotes {
public:
    FiringNotes() = default;
    /// `samples`: the most a feature has.
    FiringNotes(std::size_t features, std::size_t samples);
    /// Those of as many features; empty where the bytes are of another number of them.
    FiringNotes(std::string bytes, std::size_t features);
    bool isEmpty() const { return m_bytes.empty(); } ///< Of a harvest that did not look.
    int places() const { return m_places; } ///< Contrast places that were looked at.
    const std::string& bytes() const { return m_bytes; }
    void setFires(std::size_t feature, int place);
    bool fires(std::size_t feature, int place) const;
    /// `share` of the maximum, 0 to 1; `sample` counts in ascending order of places.
    void setStrength(std::size_t feature, std::size_t sample, double share);
    int strength(std::size_t feature, std::size_t sample) const; ///< 1 to 15; 0 = not noted.

private:
    std::size_t bytesOfEach() const
    {
        return static_cast<std::size_t>(m_places) / 8 + m_samples / 2;
    }
    std::size_t byteOf(std::size_t feature, int place) const
    {
        return feature * bytesOfEach() + static_cast<std::size_t>(place) / 8;
    }
    std::size_t byteOfSample(std::size_t feature, std::size_t sample) const
    {
        return byteOf(feature, m_places) + sample / 2;
    }

    std::string m_bytes;
    int m_places = kContrastPlaces;
    std::size_t m_samples = 0; ///< Even.
};

} // namespace core
