#include "core/builtin/world.h"

#include "core/builtin/document_writers.h"

#include <cmath>
#include <numeric>

namespace core {

namespace {

struct Kind {
    DocumentKind kind;
    double weight; ///< Documents, not tokens: passages are three times as long as lists.
    void (*write)(TextWriter&);
};

constexpr std::array<Kind, kDocumentKinds> kKinds{{
    {DocumentKind::Landmark, 22, writeLandmark},
    {DocumentKind::ThingsToDo, 12, writeThingsToDo},
    {DocumentKind::Food, 4, writeFood},
    {DocumentKind::Weather, 4, writeWeather},
    {DocumentKind::States, 36, writeStates},
    {DocumentKind::Animals, 14, writeAnimals},
    {DocumentKind::Words, 4, writeWords},
    {DocumentKind::Rhyme, 10, writeRhyme},
    {DocumentKind::Arithmetic, 2, writeArithmetic},
    {DocumentKind::Code, 2, writeCode},
    {DocumentKind::List, 2, writeList},
    {DocumentKind::RandomWords, 12, writeRandomWords},
    {DocumentKind::Wandering, 16, writeWandering},
}};

double totalWeight()
{
    return std::accumulate(kKinds.begin(), kKinds.end(), 0.0,
        [](double sum, const Kind& kind) { return sum + kind.weight; });
}

} // namespace

double World::share(DocumentKind kind)
{
    return kKinds[static_cast<std::size_t>(kind)].weight / totalWeight();
}

Document World::next()
{
    double drawn = m_random.unit() * totalWeight();
    for (const Kind& kind : kKinds) {
        drawn -= kind.weight;
        if (drawn < 0)
            return next(kind.kind);
    }
    return next(DocumentKind::Landmark);
}

Document World::next(DocumentKind kind)
{
    TextWriter writer(m_random, kind);
    writer.charge(-std::log(share(kind)));
    kKinds[static_cast<std::size_t>(kind)].write(writer);
    return writer.finish();
}

} // namespace core
