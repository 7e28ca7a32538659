#include "core/builtin/concepts.h"

namespace core {

const std::vector<SentenceTemplate>& animalSentences(Language language)
{
    static const auto english = parseTemplates(R"(
The {noun} is {size}.
The {noun} lives in the {place}.
The {trait} {noun} wants {food}.
It is {size} and {colour}.
It is a {trait} animal.
It sleeps in the {place}.
It eats {food} every day.
Give it some {food}.
Look, it is {colour}.
You find it in the {place} with some {food}.
)");
    static const auto french = parseTemplates(R"(
{Noun_fr} est {size_fr}.
{Noun_fr} vit dans {place_fr}.
{Noun_fr} veut {food_fr}.
{Pronoun_fr} est {size_fr} et {colour_fr}.
C'est un animal {trait_fr}.
{Pronoun_fr} dort dans {place_fr}.
{Pronoun_fr} mange {food_fr} chaque jour.
Donne toujours {food_fr}.
Regarde, {article_fr} voici, si {colour_fr}.
On {article_fr} trouve dans {place_fr} avec {food_fr}.
)");
    return language == Language::English ? english : french;
}

const SentenceTemplate& animalQuestion(Language language)
{
    static const SentenceTemplate english("Tell me about the {noun}.");
    static const SentenceTemplate french("Que sais-tu sur {noun_fr}?");
    return language == Language::English ? english : french;
}

const std::vector<SentenceTemplate>& oppositeSentences(Language language)
{
    static const auto english = parseTemplates(R"(
The opposite of {a} is {b}.
What is not {a} is {b}.
)");
    static const auto french = parseTemplates(R"(
Le contraire de {a_fr} est {b_fr}.
Ce qui n'est pas {a_fr} est {b_fr}.
)");
    return language == Language::English ? english : french;
}

const std::vector<SentenceTemplate>& translationSentences(Language language)
{
    static const auto english = parseTemplates(R"(
The French word for {en} is {fr}.
)");
    static const auto french = parseTemplates(R"(
Le mot anglais pour {fr} est {en}.
)");
    return language == Language::English ? english : french;
}

} // namespace core
