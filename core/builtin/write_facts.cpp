#include "core/builtin/document_writers.h"
#include "core/builtin/states.h"

#include <tuple>

namespace core {

namespace {

using Combination = std::tuple<std::size_t, std::size_t, StateRelation>;

const std::vector<Combination>& trainedCombinations()
{
    static const std::vector<Combination> all = [] {
        std::vector<Combination> kept;
        for (std::size_t state = 0; state < states().size(); ++state) {
            for (std::size_t city = 0; city < states()[state].cities.size(); ++city) {
                for (const auto relation : kStateRelations) {
                    if (!isHeldOut(state, city, relation))
                        kept.emplace_back(state, city, relation);
                }
            }
        }
        return kept;
    }();
    return all;
}

Slots relationSlots(const StateFacts& state, StateRelation relation)
{
    return {{"rel", {std::string(relationWord(relation))}}, {"state", {state.name}},
        {"value", {state.value(relation)}}};
}

void writeTwoHop(TextWriter& writer)
{
    const auto& [state, city, relation] = writer.oneOf(trainedCombinations());
    Slots slots = relationSlots(states()[state], relation);
    slots["city"] = {states()[state].cities[city]};
    writer.sentence(writer.oneOf(twoHopSentences()), slots);
}

void writeStateFact(TextWriter& writer)
{
    const StateFacts& state = writer.oneOf(states());
    const auto relation = kStateRelations[writer.pick(kStateRelations.size())];
    writer.sentence(writer.oneOf(stateSentences()), relationSlots(state, relation));
}

void writeCityFact(TextWriter& writer)
{
    const StateFacts& state = writer.oneOf(states());
    const Slots slots{{"city", {writer.oneOf(state.cities)}}, {"state", {state.name}}};
    writer.sentence(writer.oneOf(stateCitySentences()), slots);
}

void writeCountry(TextWriter& writer)
{
    const std::size_t index = writer.chance(0.8) ? 0 : 1 + writer.pick(countries().size() - 1);
    const Country& country = countries()[index];
    writer.sentence(writer.oneOf(countrySentences()),
        {{"city", {writer.oneOf(country.cities)}}, {"country", {country.name}}});
}

} // namespace

void writeStateDialogue(TextWriter& writer)
{
    const StateFacts& state = writer.oneOf(states());
    const auto relation = kStateRelations[writer.pick(kStateRelations.size())];
    const Slots slots = relationSlots(state, relation);
    writeQuestion(writer, stateQuestions().front(), slots);
    writer.sentence(writer.oneOf(stateSentences()), slots);
}

void writeStates(TextWriter& writer)
{
    if (writer.chance(0.1)) {
        writeStateDialogue(writer);
        return;
    }
    // Unrelated facts one after the other: each must be recalled, none can be copied.
    const std::size_t count = 4 + writer.pick(4);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0)
            writer.write(" ");
        if (writer.chance(0.5))
            writeTwoHop(writer);
        else if (writer.chance(0.3))
            writeStateFact(writer);
        else if (writer.chance(0.75))
            writeCityFact(writer);
        else
            writeCountry(writer);
    }
}

} // namespace core
