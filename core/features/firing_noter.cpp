#include "core/features/firing_noter.h"

#include <cmath>

namespace core {

FiringNoter::FiringNoter(const FeatureAccumulator& counted, const CorpusText& corpus)
    : m_notes(counted.features(), counted.mostSamples())
    , m_begin(static_cast<std::size_t>(corpus.passages()) + 1, 0)
{
    std::vector<std::pair<std::int32_t, Look>> looks; // by passage
    for (std::size_t f = 0; f < counted.features(); ++f) {
        m_max.push_back(counted.max(f));
        std::vector<Place> samples;
        for (const auto& [passage, position] : counted.keptSamples(f))
            samples.push_back(
                {static_cast<std::int32_t>(passage), static_cast<std::int32_t>(position)});
        const auto look = [&](Place place, std::size_t slot) {
            looks.push_back({place.passage,
                {place.position, static_cast<std::uint32_t>(f), static_cast<std::int32_t>(slot)}});
            ++m_begin[static_cast<std::size_t>(place.passage) + 1];
        };
        const std::vector<Place> contrast = contrastPlaces(corpus, samples, f);
        for (std::size_t slot = 0; slot < contrast.size(); ++slot)
            look(contrast[slot], slot);
        for (std::size_t i = 0; i < samples.size(); ++i)
            look(samples[i], kContrastPlaces + i);
    }
    for (std::size_t p = 1; p < m_begin.size(); ++p)
        m_begin[p] += m_begin[p - 1];
    m_looks.resize(looks.size());
    std::vector<std::size_t> next(m_begin.begin(), m_begin.end());
    for (const auto& [passage, look] : looks)
        m_looks[next[static_cast<std::size_t>(passage)]++] = look;
}

void FiringNoter::note(const SparseActs& acts, const std::vector<BatchPassage>& passages)
{
    for (const BatchPassage& passage : passages) {
        const auto index = static_cast<std::size_t>(passage.index);
        for (std::size_t i = m_begin[index]; i < m_begin[index + 1]; ++i) {
            const Look& look = m_looks[i];
            const float value
                = acts.at(passage.firstRow + static_cast<std::size_t>(look.position), look.feature);
            if (value == 0.0f)
                continue;
            if (look.slot < kContrastPlaces)
                m_notes.setFires(look.feature, look.slot);
            else
                m_notes.setStrength(look.feature,
                    static_cast<std::size_t>(look.slot - kContrastPlaces),
                    std::abs(
                        static_cast<double>(value) / static_cast<double>(m_max[look.feature])));
        }
    }
}

bool FiringNoter::restore(std::string bytes)
{
    if (bytes.size() != m_notes.bytes().size())
        return false;
    m_notes = FiringNotes(std::move(bytes), m_max.size());
    return true;
}

} // namespace core
