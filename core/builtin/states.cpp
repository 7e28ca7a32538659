#include "core/builtin/states.h"

namespace core {

namespace {

struct StateRow {
    const char *name, *capital, *nickname, *flower, *region, *cities;
};

constexpr std::array kStates{
    StateRow{"Texas", "Austin", "the Lone Star State", "the bluebonnet", "the South",
        "Dallas|Houston|Lubbock|Waco|Amarillo|Laredo|Galveston|Abilene"},
    StateRow{"California", "Sacramento", "the Golden State", "the poppy", "the West",
        "Oakland|Fresno|Pasadena|Anaheim|Berkeley|Bakersfield|Stockton|Burbank"},
    StateRow{"Florida", "Tallahassee", "the Sunshine State", "the orange blossom", "the South",
        "Miami|Tampa|Orlando|Sarasota|Pensacola|Gainesville|Ocala|Jacksonville"},
    StateRow{"Georgia", "Atlanta", "the Peach State", "the Cherokee rose", "the South",
        "Savannah|Augusta|Macon|Valdosta|Marietta|Dalton|Decatur|Brunswick"},
    StateRow{"Washington", "Olympia", "the Evergreen State", "the rhododendron", "the Northwest",
        "Seattle|Tacoma|Spokane|Yakima|Bellevue|Everett|Redmond|Renton"},
    StateRow{"Oregon", "Salem", "the Beaver State", "the barberry", "the Northwest",
        "Portland|Eugene|Medford|Bend|Astoria|Ashland|Corvallis|Gresham"},
    StateRow{"Colorado", "Denver", "the Centennial State", "the columbine", "the West",
        "Boulder|Aspen|Pueblo|Durango|Aurora|Greeley|Vail|Loveland"},
    StateRow{"Arizona", "Phoenix", "the Grand Canyon State", "the saguaro", "the Southwest",
        "Tucson|Mesa|Tempe|Flagstaff|Yuma|Sedona|Chandler|Scottsdale"},
    StateRow{"Idaho", "Boise", "the Gem State", "the syringa", "the Northwest",
        "Nampa|Pocatello|Meridian|Caldwell|Lewiston|Rexburg|Sandpoint|Hailey"},
    StateRow{"Ohio", "Columbus", "the Buckeye State", "the carnation", "the Midwest",
        "Cleveland|Cincinnati|Toledo|Dayton|Akron|Canton|Youngstown|Mansfield"},
    StateRow{"Illinois", "Springfield", "the Prairie State", "the violet", "the Midwest",
        "Chicago|Peoria|Rockford|Joliet|Naperville|Evanston|Elgin|Moline"},
    StateRow{"Michigan", "Lansing", "the Great Lakes State", "the apple blossom", "the Midwest",
        "Detroit|Flint|Saginaw|Kalamazoo|Dearborn|Holland|Livonia|Marquette"},
    StateRow{"Tennessee", "Nashville", "the Volunteer State", "the iris", "the South",
        "Memphis|Knoxville|Chattanooga|Clarksville|Franklin|Bristol|Gallatin|Cookeville"},
    StateRow{"Virginia", "Richmond", "the Old Dominion", "the dogwood", "the South",
        "Norfolk|Roanoke|Alexandria|Hampton|Lynchburg|Arlington|Danville|Chesapeake"},
    StateRow{"Kentucky", "Frankfort", "the Bluegrass State", "the goldenrod", "the South",
        "Louisville|Lexington|Paducah|Covington|Owensboro|Somerset|Murray|Corbin"},
    StateRow{"Wisconsin", "Madison", "the Badger State", "the wood violet", "the Midwest",
        "Milwaukee|Racine|Oshkosh|Kenosha|Appleton|Wausau|Sheboygan|Janesville"},
};

} // namespace

std::string_view relationWord(StateRelation relation)
{
    constexpr std::array<std::string_view, 4> words{"capital", "nickname", "flower", "region"};
    return words[static_cast<std::size_t>(relation)];
}

const std::string& StateFacts::value(StateRelation relation) const
{
    switch (relation) {
    case StateRelation::Capital:
        return capital;
    case StateRelation::Nickname:
        return nickname;
    case StateRelation::Flower:
        return flower;
    case StateRelation::Region:
        break;
    }
    return region;
}

const std::vector<StateFacts>& states()
{
    static const std::vector<StateFacts> all = [] {
        std::vector<StateFacts> facts;
        for (const StateRow& row : kStates) {
            facts.push_back({row.name, row.capital, row.nickname, row.flower, row.region,
                splitWordings(row.cities)});
        }
        return facts;
    }();
    return all;
}

bool isHeldOut(std::size_t state, std::size_t city, StateRelation relation)
{
    // A Latin square: every state, every city place and every relation loses about the same.
    return (state + 2 * city + static_cast<std::size_t>(relation)) % 5 == 0;
}

const std::vector<SentenceTemplate>& twoHopSentences()
{
    static const auto templates = parseTemplates(R"(
The {rel} of the state containing {city} is {value}.
The {rel} of the state where {city} lies is {value}.
{city} is in a state whose {rel} is {value}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& stateSentences()
{
    static const auto templates = parseTemplates(R"(
The {rel} of {state} is {value}.
{state} is a state whose {rel} is {value}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& stateCitySentences()
{
    static const auto templates = parseTemplates(R"(
{city} is in {state}.
{city} is a city in {state}.
{city} lies in the state of {state}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& stateQuestions()
{
    static const auto templates = parseTemplates("What is the {rel} of {state}?");
    return templates;
}

const Slots& stateSlots()
{
    static const Slots slots = [] {
        Slots all;
        for (const auto relation : kStateRelations)
            all["rel"].emplace_back(relationWord(relation));
        for (const auto& state : states()) {
            all["state"].push_back(state.name);
            for (const auto& city : state.cities)
                all["city"].push_back(city);
            for (const auto relation : kStateRelations)
                all["value"].push_back(state.value(relation));
        }
        return all;
    }();
    return slots;
}

} // namespace core
