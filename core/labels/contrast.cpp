#include "core/labels/contrast.h"

#include "core/files/stable_hash.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace core {

namespace {

std::uint64_t draw(std::uint64_t feature, int slot, std::uint64_t attempt, std::uint64_t bound)
{
    StableHash hash;
    hash.add(feature);
    hash.add(static_cast<std::uint64_t>(slot));
    hash.add(attempt);
    return hash.value() % bound;
}

constexpr std::uint64_t kAttempts = 8;
/// Room for as many is always kept: by it notes are told from those of older harvests.
constexpr std::size_t kFewestSamples = 64;

/// A special token tells nothing: no feature fires there.
template <typename Draw> Place firstOrdinary(const CorpusText& corpus, const Draw& drawn)
{
    Place place;
    for (std::uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
        place = drawn(attempt);
        if (!corpus.isSpecial(place))
            break;
    }
    return place;
}

/// Where another token follows the one before `like`; nothing where hardly any does.
std::optional<Place> alikePlace(
    const CorpusText& corpus, Place like, std::uint64_t feature, int slot)
{
    if (like.position == 0)
        return std::nullopt;
    const auto before = corpus.placesOf(corpus.token({like.passage, like.position - 1}));
    for (std::uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
        Place place = before[draw(feature, slot, attempt, before.size())];
        ++place.position;
        if (place.position < corpus.length(place.passage) && !corpus.isSpecial(place)
            && corpus.token(place) != corpus.token(like))
            return place;
    }
    return std::nullopt;
}

} // namespace

FiringNotes::FiringNotes(std::size_t features, std::size_t samples)
    : m_samples(std::max(kFewestSamples, samples + samples % 2))
{
    m_bytes.assign(features * bytesOfEach(), '\0');
}

FiringNotes::FiringNotes(std::string bytes, std::size_t features)
{
    const std::size_t each = features > 0 ? bytes.size() / features : 0;
    m_places = each == (kFewestContrastPlaces / 8 + kFewestSamples / 2) ? kFewestContrastPlaces
                                                                        : kContrastPlaces;
    const auto places = static_cast<std::size_t>(m_places) / 8;
    if (each < places + kFewestSamples / 2 || bytes.size() != features * each)
        return;
    m_samples = 2 * (each - places);
    m_bytes = std::move(bytes);
}

void FiringNotes::setFires(std::size_t feature, int place)
{
    m_bytes[byteOf(feature, place)] |= static_cast<char>(1 << (place % 8));
}

bool FiringNotes::fires(std::size_t feature, int place) const
{
    return m_bytes[byteOf(feature, place)] >> (place % 8) & 1;
}

void FiringNotes::setStrength(std::size_t feature, std::size_t sample, double share)
{
    if (sample >= m_samples)
        return;
    const int step = std::clamp(static_cast<int>(std::ceil(15 * share)), 1, 15);
    m_bytes[byteOfSample(feature, sample)] |= static_cast<char>(step << (sample % 2 * 4));
}

int FiringNotes::strength(std::size_t feature, std::size_t sample) const
{
    return sample < m_samples ? m_bytes[byteOfSample(feature, sample)] >> (sample % 2 * 4) & 15 : 0;
}

std::vector<Place> contrastPlaces(
    const CorpusText& corpus, std::span<const Place> firing, std::uint64_t feature)
{
    std::vector<Place> places;
    if (firing.empty())
        return places;
    for (int slot = 0; slot < kContrastPlaces; ++slot) {
        const Place& like = firing[static_cast<std::size_t>(slot) % firing.size()];
        if (slot < kMatchedPlaces) {
            const auto same = corpus.placesOf(corpus.token(like));
            places.push_back(same[draw(feature, slot, 0, same.size())]);
        } else if (slot < kMatchedPlaces + kNearPlaces) {
            places.push_back(firstOrdinary(corpus, [&](std::uint64_t attempt) {
                return Place{like.passage,
                    static_cast<std::int32_t>(draw(feature, slot, attempt,
                        static_cast<std::uint64_t>(corpus.length(like.passage))))};
            }));
        } else if (const auto alike = slot < kFewestContrastPlaces
                ? std::nullopt
                : alikePlace(corpus, like, feature, slot)) {
            places.push_back(*alike);
        } else {
            places.push_back(firstOrdinary(corpus, [&](std::uint64_t attempt) {
                return corpus.placeOf(static_cast<std::int64_t>(
                    draw(feature, slot, attempt, static_cast<std::uint64_t>(corpus.tokens()))));
            }));
        }
    }
    return places;
}

} // namespace core
