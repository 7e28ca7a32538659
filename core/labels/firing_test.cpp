#include "core/labels/firing_test.h"

#include "core/files/stable_hash.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace core {

namespace {

/// For a harvest that noted no bits: how sure it is that the feature rests on a token that is not
/// among the samples.
class RestGuess {
public:
    RestGuess(const CorpusText& corpus, const StoredFiring& stored)
        : m_corpus(corpus)
        , m_perSample(stored.samples.empty() ? 0.0 : stored.firings / double(stored.samples.size()))
    {
        for (const Place& place : stored.samples)
            ++m_onToken[corpus.token(place)];
    }
    bool mostlyRests(Place place) const
    {
        constexpr double kMostFiring
            = 0.5; // Share of a token's places at which it is thought to fire.
        const std::int32_t token = m_corpus.token(place);
        const auto found = m_onToken.find(token);
        return found == m_onToken.end()
            || found->second * m_perSample <= kMostFiring * double(m_corpus.placesOf(token).size());
    }

private:
    const CorpusText& m_corpus;
    double m_perSample;
    std::unordered_map<std::int32_t, double> m_onToken;
};

FiringPlaces::Rest::Group groupOfSlot(int slot)
{
    using enum FiringPlaces::Rest::Group;
    return slot < kMatchedPlaces ? SameToken : slot < kFewestContrastPlaces ? Elsewhere : Alike;
}

FiringPlaces& halfOf(FiringEvidence& evidence, const CorpusText& corpus, Place place)
{
    return corpus.isHeldOut(place.passage) ? evidence.test : evidence.learn;
}

void tidy(FiringPlaces& places)
{
    // The stronger of two notes of one place stays.
    std::sort(places.fires.begin(), places.fires.end(), [](const auto& a, const auto& b) {
        return a.place != b.place ? a.place < b.place : a.strength > b.strength;
    });
    places.fires.erase(std::unique(places.fires.begin(), places.fires.end(),
                           [](const auto& a, const auto& b) { return a.place == b.place; }),
        places.fires.end());
    // The group looked at first.
    std::sort(places.rests.begin(), places.rests.end());
    places.rests.erase(std::unique(places.rests.begin(), places.rests.end(),
                           [](const auto& a, const auto& b) { return a.place == b.place; }),
        places.rests.end());
}

void permute(FiringPlaces& places, std::uint64_t seed)
{
    std::vector<Place> all;
    for (const auto& firing : places.fires)
        all.push_back(firing.place);
    for (const auto& rest : places.rests)
        all.push_back(rest.place);
    for (std::size_t i = all.size(); i > 1; --i) {
        StableHash hash(seed);
        hash.add(static_cast<std::uint64_t>(i));
        std::swap(all[i - 1], all[hash.value() % i]);
    }
    for (std::size_t i = 0; i < places.fires.size(); ++i)
        places.fires[i].place = all[i];
    for (std::size_t i = 0; i < places.rests.size(); ++i)
        places.rests[i].place = all[places.fires.size() + i];
    tidy(places);
}

} // namespace

bool FiringEvidence::isEnough() const
{
    constexpr std::size_t kFewest = 3;
    for (const FiringPlaces* half : {&learn, &test})
        if (half->fires.size() < kFewest || half->rests.size() < kFewest)
            return false;
    std::set<std::int32_t> passages;
    for (const auto& firing : test.fires)
        passages.insert(firing.place.passage);
    return passages.size() >= 2;
}

FiringEvidence firingEvidence(const CorpusText& corpus, const StoredFiring& stored,
    std::uint64_t feature, const FiringNotes* notes)
{
    FiringEvidence evidence;
    const std::vector<Place> contrast = contrastPlaces(corpus, stored.samples, feature);
    const RestGuess guess(corpus, stored);
    const auto isSample = [&](Place place) {
        return std::binary_search(stored.samples.begin(), stored.samples.end(), place);
    };
    for (std::size_t i = 0; i < stored.samples.size(); ++i) {
        const int noted = notes ? notes->strength(feature, i) : 0;
        halfOf(evidence, corpus, stored.samples[i])
            .fires.push_back({stored.samples[i], noted > 0 ? noted : stored.usualStrength});
    }
    const std::size_t looked = std::min(
        contrast.size(), static_cast<std::size_t>(notes ? notes->places() : kFewestContrastPlaces));
    for (std::size_t slot = 0; slot < looked; ++slot) {
        const Place& place = contrast[slot];
        const bool isNear = slot >= kMatchedPlaces && slot < kMatchedPlaces + kNearPlaces;
        if (isSample(place) || corpus.isSpecial(place))
            continue;
        if (stored.isComplete
            || (notes ? !notes->fires(feature, static_cast<int>(slot))
                      : !isNear && guess.mostlyRests(place)))
            halfOf(evidence, corpus, place)
                .rests.push_back({place, groupOfSlot(static_cast<int>(slot))});
    }
    if (!notes && !stored.isComplete)
        for (const Place& place : stored.exampleRests)
            halfOf(evidence, corpus, place).rests.push_back({place});
    for (const auto& peak : stored.examplePeaks)
        if (!corpus.isHeldOut(peak.place.passage))
            evidence.learn.fires.push_back(peak);
    tidy(evidence.learn);
    tidy(evidence.test);
    return evidence;
}

FiringEvidence shuffled(const FiringEvidence& evidence, std::uint64_t seed)
{
    FiringEvidence other = evidence;
    permute(other.learn, seed);
    permute(other.test, seed + 1);
    return other;
}

double balancedAccuracy(const RuleMatcher& rule, const FiringPlaces& places)
{
    if (places.isEmpty())
        return 0.5;
    double firing = 0, held = 0;
    for (const auto& one : places.fires) {
        firing += one.strength;
        held += rule.holds(one.place) ? one.strength : 0;
    }
    RestCount rests;
    for (const auto& rest : places.rests)
        rests.add(rest.group, rule.holds(rest.place));
    return (held / firing + 1.0 - rests.error()) / 2.0;
}

double RestCount::Counted::error() const
{
    constexpr int kFewest = 12;
    return double(wrong) / std::max(rests, kFewest);
}

double RestCount::error() const
{
    double most = m_all.rests > 0 ? double(m_all.wrong) / m_all.rests : 0.0;
    for (const Counted& group : m_groups)
        most = std::max(most, group.error());
    return most;
}

double RestCount::meanError() const
{
    double sum = 0;
    for (const Counted& group : m_groups)
        sum += group.error();
    return sum / double(m_groups.size());
}

} // namespace core
