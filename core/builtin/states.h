#pragma once

#include "core/builtin/sentence_template.h"
#include "core/builtin/slots.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// What is asked about a state.
enum class StateRelation { Capital, Nickname, Flower, Abbreviation };

inline constexpr std::array kStateRelations{StateRelation::Capital, StateRelation::Nickname,
    StateRelation::Flower, StateRelation::Abbreviation};

/// The word sentences use: "capital", "nickname", ...
std::string_view relationWord(StateRelation relation);

/// A state of the United States with the facts the world tells about it.
struct StateFacts {
    std::string name, capital, nickname, flower, abbreviation;
    std::vector<std::string> cities; ///< Never the capital.

    const std::string& value(StateRelation relation) const;
};

const std::vector<StateFacts>& states();

/// A country and cities of it that the world speaks of.
struct Country {
    std::string name;
    std::vector<std::string> cities;
};

const std::vector<Country>& countries(); ///< America, with all cities of states(), comes first.

/// True for the fifth of (city, relation) combinations that no training text ever states as a
/// composition; the two facts it is made of are stated separately.
bool isHeldOut(std::size_t state, std::size_t city, StateRelation relation);

const std::vector<SentenceTemplate>& twoHopSentences(); ///< {rel} {city} {value}
/// The first two-hop sentence up to its value: what is asked of a model.
std::string twoHopPrompt(StateRelation relation, const std::string& city);
const std::vector<SentenceTemplate>& stateSentences(); ///< {rel} {state} {value}
const std::vector<SentenceTemplate>& stateCitySentences(); ///< {city} {state}
const std::vector<SentenceTemplate>&
countrySentences(); ///< {city} {country}: not by way of the state
const std::vector<SentenceTemplate>& stateQuestions(); ///< {rel} {state}

/// Every wording of every slot of the sentences above.
const Slots& stateSlots();

} // namespace core
