#include "core/labels/contrast.h"

#include "core/files/stable_hash.h"

#include <algorithm>
#include <cmath>

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

} // namespace

void FiringNotes::setFires(std::size_t feature, int place)
{
    m_bytes[feature * kNotedBytes + static_cast<std::size_t>(place / 8)]
        |= static_cast<char>(1 << (place % 8));
}

bool FiringNotes::fires(std::size_t feature, int place) const
{
    return m_bytes[feature * kNotedBytes + static_cast<std::size_t>(place / 8)] >> (place % 8) & 1;
}

void FiringNotes::setStrength(std::size_t feature, std::size_t sample, double share)
{
    if (sample >= kMostSamples)
        return;
    const int step = std::clamp(static_cast<int>(std::ceil(15 * share)), 1, 15);
    char& byte = m_bytes[feature * kNotedBytes + kContrastPlaces / 8 + sample / 2];
    byte |= static_cast<char>(step << (sample % 2 * 4));
}

int FiringNotes::strength(std::size_t feature, std::size_t sample) const
{
    if (sample >= kMostSamples)
        return 0;
    return m_bytes[feature * kNotedBytes + kContrastPlaces / 8 + sample / 2] >> (sample % 2 * 4)
        & 15;
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
            continue;
        }
        // A special token tells nothing: no feature fires there.
        constexpr std::uint64_t kAttempts = 8;
        Place place;
        for (std::uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
            place = slot < kMatchedPlaces + kNearPlaces
                ? Place{like.passage,
                    static_cast<std::int32_t>(draw(feature, slot, attempt,
                        static_cast<std::uint64_t>(corpus.length(like.passage))))}
                : corpus.placeOf(static_cast<std::int64_t>(
                    draw(feature, slot, attempt, static_cast<std::uint64_t>(corpus.tokens()))));
            if (!corpus.isSpecial(place))
                break;
        }
        places.push_back(place);
    }
    return places;
}

} // namespace core
