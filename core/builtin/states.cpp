#include "core/builtin/states.h"

namespace core {

namespace {

struct StateRow {
    const char *name, *capital, *nickname, *flower, *abbreviation, *cities;
};

constexpr std::array kStates{
    StateRow{"Texas", "Austin", "the Lone Star State", "the bluebonnet", "TX",
        "Dallas|Houston|Lubbock|Waco|Amarillo|Laredo|Galveston|Abilene"},
    StateRow{"California", "Sacramento", "the Golden State", "the poppy", "CA",
        "Oakland|Fresno|Pasadena|Anaheim|Berkeley|Bakersfield|Stockton|Burbank"},
    StateRow{"Florida", "Tallahassee", "the Sunshine State", "the orange blossom", "FL",
        "Miami|Tampa|Orlando|Sarasota|Pensacola|Gainesville|Ocala|Jacksonville"},
    StateRow{"Georgia", "Atlanta", "the Peach State", "the Cherokee rose", "GA",
        "Savannah|Augusta|Macon|Valdosta|Marietta|Dalton|Decatur|Brunswick"},
    StateRow{"Washington", "Olympia", "the Evergreen State", "the rhododendron", "WA",
        "Seattle|Tacoma|Spokane|Yakima|Bellevue|Everett|Redmond|Renton"},
    StateRow{"Oregon", "Salem", "the Beaver State", "the barberry", "OR",
        "Portland|Eugene|Medford|Bend|Astoria|Ashland|Corvallis|Gresham"},
    StateRow{"Colorado", "Denver", "the Centennial State", "the columbine", "CO",
        "Boulder|Aspen|Pueblo|Durango|Aurora|Greeley|Vail|Loveland"},
    StateRow{"Arizona", "Phoenix", "the Grand Canyon State", "the saguaro", "AZ",
        "Tucson|Mesa|Tempe|Flagstaff|Yuma|Sedona|Chandler|Scottsdale"},
    StateRow{"Idaho", "Boise", "the Gem State", "the syringa", "ID",
        "Nampa|Pocatello|Meridian|Caldwell|Lewiston|Rexburg|Sandpoint|Hailey"},
    StateRow{"Ohio", "Columbus", "the Buckeye State", "the carnation", "OH",
        "Cleveland|Cincinnati|Toledo|Dayton|Akron|Canton|Youngstown|Mansfield"},
    StateRow{"Illinois", "Springfield", "the Prairie State", "the violet", "IL",
        "Chicago|Peoria|Rockford|Joliet|Naperville|Evanston|Elgin|Moline"},
    StateRow{"Michigan", "Lansing", "the Great Lakes State", "the apple blossom", "MI",
        "Detroit|Flint|Saginaw|Kalamazoo|Dearborn|Holland|Livonia|Marquette"},
    StateRow{"Tennessee", "Nashville", "the Volunteer State", "the iris", "TN",
        "Memphis|Knoxville|Chattanooga|Clarksville|Franklin|Bristol|Gallatin|Cookeville"},
    StateRow{"Virginia", "Richmond", "the Old Dominion", "the dogwood", "VA",
        "Norfolk|Roanoke|Alexandria|Hampton|Lynchburg|Arlington|Danville|Chesapeake"},
    StateRow{"Kentucky", "Frankfort", "the Bluegrass State", "the goldenrod", "KY",
        "Louisville|Lexington|Paducah|Covington|Owensboro|Somerset|Murray|Corbin"},
    StateRow{"Wisconsin", "Madison", "the Badger State", "the wood violet", "WI",
        "Milwaukee|Racine|Oshkosh|Kenosha|Appleton|Wausau|Sheboygan|Janesville"},
    StateRow{"Nevada", "Carson City", "the Silver State", "the sagebrush", "NV",
        "Reno|Henderson|Sparks|Elko|Mesquite|Fallon|Winnemucca|Ely"},
    StateRow{"Utah", "Salt Lake City", "the Beehive State", "the sego lily", "UT",
        "Provo|Ogden|Orem|Logan|Moab|Layton|Draper|Tooele"},
    StateRow{"Montana", "Helena", "the Treasure State", "the bitterroot", "MT",
        "Billings|Missoula|Bozeman|Butte|Kalispell|Havre|Anaconda|Whitefish"},
    StateRow{"Wyoming", "Cheyenne", "the Equality State", "the paintbrush", "WY",
        "Casper|Laramie|Gillette|Sheridan|Cody|Riverton|Lander|Rawlins"},
    StateRow{"Kansas", "Topeka", "the Sunflower State", "the sunflower", "KS",
        "Wichita|Lawrence|Salina|Hutchinson|Manhattan|Emporia|Leavenworth|Hays"},
    StateRow{"Nebraska", "Lincoln", "the Cornhusker State", "the giant goldenrod", "NE",
        "Omaha|Kearney|Fremont|Hastings|Ogallala|Scottsbluff|Papillion|Beatrice"},
    StateRow{"Iowa", "Des Moines", "the Hawkeye State", "the wild rose", "IA",
        "Davenport|Dubuque|Waterloo|Ames|Ottumwa|Clinton|Burlington|Muscatine"},
    StateRow{"Missouri", "Jefferson City", "the Show Me State", "the hawthorn", "MO",
        "Branson|Joplin|Sedalia|Hannibal|Rolla|Independence|Kirksville|Sikeston"},
    StateRow{"Minnesota", "Saint Paul", "the North Star State", "the lady slipper", "MN",
        "Minneapolis|Duluth|Rochester|Bloomington|Mankato|Bemidji|Winona|Brainerd"},
    StateRow{"Louisiana", "Baton Rouge", "the Pelican State", "the magnolia", "LA",
        "Shreveport|Lafayette|Monroe|Houma|Metairie|Kenner|Bogalusa|Natchitoches"},
    StateRow{"Alabama", "Montgomery", "the Yellowhammer State", "the camellia", "AL",
        "Birmingham|Mobile|Huntsville|Tuscaloosa|Dothan|Selma|Gadsden|Anniston"},
    StateRow{"Pennsylvania", "Harrisburg", "the Keystone State", "the mountain laurel", "PA",
        "Philadelphia|Pittsburgh|Allentown|Scranton|Bethlehem|Altoona|Reading|Erie"},
    StateRow{"Maryland", "Annapolis", "the Old Line State", "the black-eyed Susan", "MD",
        "Baltimore|Frederick|Rockville|Hagerstown|Bowie|Cumberland|Bethesda|Salisbury"},
    StateRow{"Vermont", "Montpelier", "the Green Mountain State", "the red clover", "VT",
        "Rutland|Barre|Stowe|Brattleboro|Bennington|Winooski|Newport|Middlebury"},
    StateRow{"Massachusetts", "Boston", "the Bay State", "the mayflower", "MA",
        "Worcester|Lowell|Cambridge|Quincy|Brockton|Plymouth|Gloucester|Amherst"},
    StateRow{"Delaware", "Dover", "the First State", "the peach blossom", "DE",
        "Wilmington|Newark|Lewes|Milford|Smyrna|Seaford|Laurel|Middletown"},
};

} // namespace

std::string_view relationWord(StateRelation relation)
{
    constexpr std::array<std::string_view, 4> words{
        "capital", "nickname", "flower", "abbreviation"};
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
    case StateRelation::Abbreviation:
        break;
    }
    return abbreviation;
}

const std::vector<StateFacts>& states()
{
    static const std::vector<StateFacts> all = [] {
        std::vector<StateFacts> facts;
        for (const StateRow& row : kStates) {
            facts.push_back({row.name, row.capital, row.nickname, row.flower, row.abbreviation,
                splitWordings(row.cities)});
        }
        return facts;
    }();
    return all;
}

const std::vector<Country>& countries()
{
    static const std::vector<Country> all = [] {
        std::vector<Country> known{{"America", {}}};
        for (const auto& state : states())
            known.front().cities.insert(
                known.front().cities.end(), state.cities.begin(), state.cities.end());
        for (const auto& [country, cities] :
            {std::pair{"Italy", "Naples|Rome"}, std::pair{"Norway", "Oslo"},
                std::pair{"Peru", "Lima"}, std::pair{"Korea", "Seoul"},
                std::pair{"Portugal", "Lisbon"}, std::pair{"Austria", "Vienna"},
                std::pair{"Ireland", "Dublin"}, std::pair{"Thailand", "Bangkok"},
                std::pair{"Cuba", "Havana"}, std::pair{"Poland", "Warsaw"},
                std::pair{"Kenya", "Nairobi"}, std::pair{"Switzerland", "Geneva"},
                std::pair{"France", "Paris"}, std::pair{"England", "London"},
                std::pair{"Greece", "Athens"}, std::pair{"Egypt", "Cairo"}})
            known.push_back({country, splitWordings(cities)});
        return known;
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

std::string twoHopPrompt(StateRelation relation, const std::string& city)
{
    return "The " + std::string(relationWord(relation)) + " of the state containing " + city
        + " is";
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
Letters to {city} {state} take two days.
The road to {city} {state} is long.
Welcome to {city} {state}.
)");
    return templates;
}

const std::vector<SentenceTemplate>& countrySentences()
{
    static const auto templates = parseTemplates(R"(
The country containing {city} is {country}.
The country where {city} lies is {country}.
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
            for (const auto relation : kStateRelations)
                all["value"].push_back(state.value(relation));
        }
        for (const auto& country : countries()) {
            all["country"].push_back(country.name);
            all["city"].insert(all["city"].end(), country.cities.begin(), country.cities.end());
        }
        return all;
    }();
    return slots;
}

} // namespace core
