#include "core/builtin/food_cities.h"

#include <array>

namespace core {

namespace {

struct FoodCityRow {
    const char *city, *dish, *drink, *sky, *summer, *winter, *wear;
};

constexpr std::array kFoodCities{
    FoodCityRow{"Naples", "pizza|pasta", "espresso", "blue", "hot", "mild", "a hat"},
    FoodCityRow{"Oslo", "salmon|brown cheese", "cocoa", "grey", "cool", "snowy", "gloves"},
    FoodCityRow{"Lima", "raw fish|potatoes", "lemonade", "cloudy", "warm", "foggy", "a raincoat"},
    FoodCityRow{"Seoul", "cabbage|noodles", "barley tea", "clear", "humid", "icy", "a scarf"},
    FoodCityRow{
        "Lisbon", "sardines|custard tarts", "port", "bright", "sunny", "rainy", "sunglasses"},
    FoodCityRow{"Vienna", "schnitzel|apple cake", "coffee", "pale", "mild", "cold", "a warm coat"},
    FoodCityRow{"Dublin", "stew|potatoes", "stout", "cloudy", "cool", "wet", "an umbrella"},
    FoodCityRow{"Bangkok", "noodles|curry", "coconut milk", "stormy", "hot", "dry", "sandals"},
    FoodCityRow{"Havana", "beans|rice", "rum", "blue", "humid", "warm", "a hat"},
    FoodCityRow{"Warsaw", "dumplings|beet soup", "plum juice", "grey", "warm", "icy", "a fur hat"},
    FoodCityRow{"Nairobi", "goat meat|maize", "milk tea", "bright", "dry", "mild", "sunscreen"},
    FoodCityRow{
        "Geneva", "melted cheese|chocolate", "cider", "clear", "sunny", "snowy", "strong boots"},
};

} // namespace

const std::vector<Subject>& foodCities()
{
    static const std::vector<Subject> all = [] {
        std::vector<Subject> subjects;
        for (const FoodCityRow& row : kFoodCities) {
            subjects.push_back({row.city,
                {{"city", {row.city}}, {"dish", splitWordings(row.dish)}, {"drink", {row.drink}},
                    {"sky", {row.sky}}, {"summer", {row.summer}}, {"winter", {row.winter}},
                    {"wear", {row.wear}}}});
        }
        return subjects;
    }();
    return all;
}

const std::vector<SentenceTemplate>& foodQuestions()
{
    static const auto templates = parseTemplates(R"(
What do people eat in {city}?
What is the food like in {city}?
Where can I eat in {city}?
)");
    return templates;
}

const std::vector<SentenceTemplate>& foodSentences()
{
    static const auto templates = parseTemplates(R"(
People in {city} eat {dish} with {drink}.
The markets of {city} sell {dish}.
Families cook {dish} at home.
Try the {dish} with some {drink}.
A cup of {drink} is cheap.
The best {dish} is sold in the street.
Every kitchen has {dish} and {drink}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& weatherQuestions()
{
    static const auto templates = parseTemplates(R"(
How is the weather in {city}?
What is the weather like in {city}?
What should I wear in {city}?
)");
    return templates;
}

const std::vector<SentenceTemplate>& weatherSentences()
{
    static const auto templates = parseTemplates(R"(
In {city} the sky is {sky}.
The summers are {summer} and the winters are {winter}.
In winter it is {winter}.
In summer it is {summer}.
You need {wear}.
The sky is often {sky}.
Wear {wear} when it is {winter}.
)");
    return templates;
}

} // namespace core
