#include "core/builtin/concepts.h"

#include <array>

namespace core {

namespace {

struct AnimalRow {
    const char *noun, *size, *colour, *trait, *place, *food;
    const char *nounFr, *articleFr, *sizeFr, *colourFr, *traitFr, *placeFr, *foodFr;
};

// French adjectives agree with the noun; the trait agrees with "animal", which is masculine.
constexpr std::array kAnimals{
    AnimalRow{"cat", "small", "black", "quiet", "house", "fish", //
        "chat", "le", "petit", "noir", "calme", "la maison", "du poisson"},
    AnimalRow{"dog", "big", "brown", "loyal", "house", "meat", //
        "chien", "le", "grand", "brun", "fidèle", "la maison", "de la viande"},
    AnimalRow{"horse", "big", "brown", "fast", "stable", "hay", //
        "cheval", "le", "grand", "brun", "rapide", "une écurie", "du foin"},
    AnimalRow{"cow", "heavy", "white", "calm", "field", "grass", //
        "vache", "la", "lourde", "blanche", "tranquille", "un champ", "de l'herbe"},
    AnimalRow{"sheep", "soft", "white", "shy", "field", "hay", //
        "mouton", "le", "doux", "blanc", "timide", "un champ", "du foin"},
    AnimalRow{"pig", "fat", "pink", "clever", "farm", "soup", //
        "cochon", "le", "gros", "rose", "malin", "une ferme", "de la soupe"},
    AnimalRow{"hen", "fat", "red", "nervous", "farm", "corn", //
        "poule", "la", "grosse", "rousse", "nerveux", "une ferme", "du grain"},
    AnimalRow{"duck", "small", "green", "noisy", "pond", "bread", //
        "canard", "le", "petit", "vert", "bruyant", "un étang", "du pain"},
    AnimalRow{"mouse", "tiny", "grey", "shy", "cellar", "cheese", //
        "souris", "la", "minuscule", "grise", "timide", "une cave", "du fromage"},
    AnimalRow{"rabbit", "soft", "white", "fast", "garden", "carrots", //
        "lapin", "le", "doux", "blanc", "rapide", "un jardin", "des carottes"},
    AnimalRow{"fox", "thin", "red", "clever", "forest", "eggs", //
        "renard", "le", "mince", "roux", "malin", "la forêt", "des œufs"},
    AnimalRow{"wolf", "thin", "grey", "cruel", "forest", "meat", //
        "loup", "le", "mince", "gris", "cruel", "la forêt", "de la viande"},
    AnimalRow{"lion", "strong", "yellow", "proud", "savanna", "meat", //
        "lion", "le", "fort", "jaune", "fier", "la savane", "de la viande"},
    AnimalRow{"tiger", "strong", "orange", "cruel", "jungle", "meat", //
        "tigre", "le", "fort", "orange", "cruel", "la jungle", "de la viande"},
    AnimalRow{"monkey", "thin", "brown", "funny", "jungle", "bananas", //
        "singe", "le", "mince", "brun", "drôle", "la jungle", "des bananes"},
    AnimalRow{"snake", "long", "green", "quiet", "grass", "eggs", //
        "serpent", "le", "long", "vert", "calme", "les herbes", "des œufs"},
    AnimalRow{"frog", "tiny", "green", "noisy", "pond", "flies", //
        "grenouille", "la", "minuscule", "verte", "bruyant", "un étang", "des mouches"},
    AnimalRow{"goat", "strong", "white", "stubborn", "mountain", "grass", //
        "chèvre", "la", "forte", "blanche", "têtu", "la montagne", "de l'herbe"},
    AnimalRow{"owl", "small", "brown", "wise", "tree", "mice", //
        "hibou", "le", "petit", "brun", "sage", "un arbre", "des souris"},
    AnimalRow{"camel", "tall", "yellow", "stubborn", "desert", "dates", //
        "chameau", "le", "haut", "jaune", "têtu", "le désert", "des dattes"},
};

struct Pair {
    const char *a, *b, *aFr, *bFr;
};

constexpr std::array kOpposites{
    Pair{"small", "big", "petit", "grand"},
    Pair{"hot", "cold", "chaud", "froid"},
    Pair{"black", "white", "noir", "blanc"},
    Pair{"fast", "slow", "rapide", "lent"},
    Pair{"heavy", "light", "lourd", "léger"},
    Pair{"fat", "thin", "gros", "mince"},
    Pair{"strong", "weak", "fort", "faible"},
    Pair{"long", "short", "long", "court"},
    Pair{"soft", "hard", "doux", "dur"},
    Pair{"old", "young", "vieux", "jeune"},
    Pair{"happy", "sad", "heureux", "triste"},
    Pair{"rich", "poor", "riche", "pauvre"},
};

} // namespace

const std::vector<Subject>& animals()
{
    static const std::vector<Subject> all = [] {
        std::vector<Subject> subjects;
        for (const AnimalRow& row : kAnimals) {
            const std::string article = row.articleFr;
            const std::string noun = article + " " + row.nounFr;
            subjects.push_back({row.noun,
                {{"noun", {row.noun}}, {"size", {row.size}}, {"colour", {row.colour}},
                    {"trait", {row.trait}}, {"place", {row.place}}, {"food", {row.food}},
                    {"noun_fr", {noun}}, {"Noun_fr", {capitalised(noun)}},
                    {"Pronoun_fr", {article == "le" ? "Il" : "Elle"}}, {"article_fr", {article}},
                    {"size_fr", {row.sizeFr}}, {"colour_fr", {row.colourFr}},
                    {"trait_fr", {row.traitFr}}, {"place_fr", {row.placeFr}},
                    {"food_fr", {row.foodFr}}}});
        }
        return subjects;
    }();
    return all;
}

const std::vector<Subject>& opposites()
{
    static const std::vector<Subject> all = [] {
        std::vector<Subject> subjects;
        for (const Pair& pair : kOpposites) {
            subjects.push_back({pair.a,
                {{"a", {pair.a}}, {"b", {pair.b}}, {"a_fr", {pair.aFr}}, {"b_fr", {pair.bFr}}}});
            subjects.push_back({pair.b,
                {{"a", {pair.b}}, {"b", {pair.a}}, {"a_fr", {pair.bFr}}, {"b_fr", {pair.aFr}}}});
        }
        return subjects;
    }();
    return all;
}

const std::vector<Subject>& translations()
{
    static const std::vector<Subject> all = [] {
        std::vector<Subject> subjects;
        for (const AnimalRow& row : kAnimals)
            subjects.push_back({row.noun, {{"en", {row.noun}}, {"fr", {row.nounFr}}}});
        for (const Pair& pair : kOpposites) {
            subjects.push_back({pair.a, {{"en", {pair.a}}, {"fr", {pair.aFr}}}});
            subjects.push_back({pair.b, {{"en", {pair.b}}, {"fr", {pair.bFr}}}});
        }
        return subjects;
    }();
    return all;
}

} // namespace core
