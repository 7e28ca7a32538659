#include "core/builtin/landmarks.h"

#include <array>

namespace core {

namespace {

struct LandmarkRow {
    const char *name, *city, *kind, *part, *place, *weather, *sight, *sound, *act, *folk, *look,
        *feel, *material, *smell, *spot, *gear, *stuff;
};

constexpr std::array kLandmarks{
    LandmarkRow{"the Golden Gate Bridge", "San Francisco", "bridge", "cables|towers|rails",
        "bay|strait", "fog|wind", "ships|seals|sails", "foghorns|gulls",
        "walk across the span|cycle over the strait", "sailors|painters", "red|orange",
        "misty|windy", "steel|red paint", "salt|seaweed", "north shore|headland",
        "a warm coat|a scarf", "cargo|timber"},
    LandmarkRow{"the Eiffel Tower", "Paris", "tower", "girders|lifts|lamps", "river|avenue",
        "drizzle|haze", "boats|rooftops|artists", "accordions|taxis",
        "climb the iron stairs|picnic on the lawn", "engineers|waiters", "brown|elegant",
        "romantic|grey", "iron|metal", "coffee|fresh bread", "upper deck|lawn",
        "an umbrella|a camera", "wine|perfume"},
    LandmarkRow{"the Statue of Liberty", "New York", "statue", "folds|spikes|chains",
        "harbour|island", "breeze|sleet", "ferries|skyscrapers|tugs", "horns|sirens",
        "take the ferry|climb to the crown", "immigrants|guards", "green|tall", "breezy|hopeful",
        "copper|bronze", "hot dogs|diesel", "torch|pedestal", "a ticket|sunglasses",
        "luggage|letters"},
    LandmarkRow{"Big Ben", "London", "clock", "hands|bells|dials", "square|embankment", "rain|smog",
        "buses|pigeons|barges", "chimes|engines", "listen to the chimes|ride a red bus",
        "ministers|bankers", "golden|gothic", "rainy|gloomy", "brick|glass", "tea|coal",
        "south bank|balcony", "an umbrella|a raincoat", "newspapers|tea"},
    LandmarkRow{"the Colosseum", "Rome", "arena", "arches|seats|tunnels", "forum|arena",
        "heat|dust", "ruins|cats|statues", "cheers|scooters",
        "explore the tunnels|sit on the old seats", "gladiators|emperors", "ancient|round",
        "hot|dusty", "stone|marble", "pine|espresso", "hill|upper ring", "a hat|a bottle of water",
        "swords|olive oil"},
    LandmarkRow{"the Great Wall", "Beijing", "wall", "watchtowers|steps|gates", "valley|frontier",
        "snow|sandstorm", "mountains|eagles|flags", "drums|crickets",
        "hike along the ridge|climb the steep steps", "soldiers|generals", "long|grey",
        "steep|cold", "brick|earth", "pine|dumplings", "ridge|watchtower",
        "strong boots|a warm coat", "arrows|silk"},
    LandmarkRow{"the Taj Mahal", "Agra", "tomb", "domes|minarets|carvings", "garden|pool",
        "monsoon|haze", "peacocks|reflections|parrots", "prayers|fountains",
        "admire the white dome|stroll through the garden", "princes|gardeners", "white|graceful",
        "humid|peaceful", "marble|jade", "roses|incense", "gateway|terrace", "a ticket|sandals",
        "jewels|silk"},
    LandmarkRow{"the Great Pyramid", "Cairo", "pyramid", "blocks|shafts|chambers", "desert|plateau",
        "heat|sandstorm", "camels|sphinxes|dunes", "drums|camel bells",
        "ride a camel|crawl into the chamber", "pharaohs|priests", "sandy|pointed", "hot|dry",
        "limestone|granite", "dates|dust", "dune|camp", "a hat|a lamp", "treasure|grain"},
    LandmarkRow{"the Opera House", "Sydney", "theatre", "shells|tiles|stages", "harbour|quay",
        "sunshine|breeze", "yachts|ferries|dolphins", "violins|singers",
        "watch an opera|sail round the harbour", "singers|architects", "white|curved",
        "sunny|breezy", "concrete|ceramic", "salt|sunscreen", "quay|steps", "sunglasses|sunscreen",
        "music|costumes"},
    LandmarkRow{"the Parthenon", "Athens", "temple", "columns|friezes|steps", "hill|citadel",
        "heat|sunshine", "ruins|olive trees|owls", "cicadas|flutes",
        "climb the rocky hill|study the columns", "philosophers|sculptors", "ancient|pale",
        "dry|sunny", "marble|limestone", "thyme|olives", "hill|museum", "a hat|sandals",
        "olive oil|vases"},
    LandmarkRow{"the Brandenburg Gate", "Berlin", "gate", "columns|horses|passages",
        "boulevard|square", "frost|sleet", "flags|trams|parades", "trumpets|trams",
        "stroll under the columns|join the parade", "chancellors|soldiers", "grand|sandy",
        "frosty|proud", "sandstone|bronze", "sausages|beer", "boulevard|park", "gloves|a scarf",
        "banners|beer"},
    LandmarkRow{"the Sagrada Familia", "Barcelona", "church", "spires|windows|vaults", "nave|crypt",
        "sunshine|dust", "cranes|mosaics|candles", "choirs|hammers",
        "gaze at the spires|visit the crypt", "masons|nuns", "colourful|unfinished", "bright|holy",
        "stone|glass", "incense|wax", "nave|balcony", "a ticket|a camera", "tiles|candles"},
    LandmarkRow{"the Redeemer", "Rio", "statue", "arms|palms|robes", "summit|beach",
        "cloud|sunshine", "beaches|monkeys|surfers", "samba|waves",
        "ride the cog train|dance on the beach", "dancers|pilgrims", "white|tall",
        "tropical|joyful", "concrete|soapstone", "coconut|mango", "summit|cable car",
        "sunscreen|sandals", "sugar|coffee"},
    LandmarkRow{"Machu Picchu", "Cusco", "city", "terraces|temples|walls", "valley|jungle",
        "mist|rain", "llamas|peaks|orchids", "flutes|parrots", "hike the old trail|feed the llamas",
        "farmers|shamans", "lost|green", "misty|steep", "granite|straw", "orchids|maize",
        "ridge|sun gate", "strong boots|a raincoat", "maize|gold"},
    LandmarkRow{"the Kremlin", "Moscow", "fortress", "domes|stars|walls", "square|palace",
        "snow|frost", "cathedrals|cannons|sledges", "bells|boots",
        "march across the square|visit the cathedral", "tsars|guards", "red|golden", "snowy|stern",
        "brick|gold", "borscht|vodka", "square|river bank", "gloves|a fur hat", "furs|cannonballs"},
    LandmarkRow{"Mount Fuji", "Tokyo", "volcano", "slopes|craters|shrines", "lake|forest",
        "snow|cloud", "cherry trees|cranes|trains", "gongs|crickets",
        "hike to the crater|photograph the blossoms", "monks|hikers", "snowy|calm", "cold|peaceful",
        "ash|lava", "blossoms|green tea", "lake shore|summit", "strong boots|a camera", "rice|tea"},
    LandmarkRow{"the Treasury", "Petra", "facade", "columns|carvings|tombs", "canyon|desert",
        "heat|dust", "camels|donkeys|cliffs", "hooves|echoes",
        "ride through the canyon|follow the narrow path", "traders|nomads", "pink|carved",
        "dry|secret", "sandstone|rock", "spices|mint tea", "canyon|cave",
        "a lamp|a bottle of water", "spices|incense"},
    LandmarkRow{"the Leaning Tower", "Pisa", "tower", "floors|arches|columns", "lawn|cathedral",
        "sunshine|drizzle", "tourists|pigeons|statues", "bells|laughter",
        "pose for a funny photo|climb the crooked stairs", "builders|scientists", "crooked|white",
        "funny|dizzy", "marble|mortar", "pizza|basil", "lawn|top floor", "a camera|a hat",
        "stones|cannonballs"},
    LandmarkRow{"Charles Bridge", "Prague", "bridge", "statues|arches|lanterns", "river|old town",
        "mist|frost", "swans|puppets|spires", "violins|church bells",
        "cross the old bridge|buy a puppet", "kings|puppeteers", "gothic|black", "misty|romantic",
        "sandstone|mortar", "cinnamon|beer", "bridge tower|castle", "gloves|coins", "eggs|salt"},
    LandmarkRow{"Table Mountain", "Cape Town", "mountain", "cliffs|paths|cables", "plateau|ocean",
        "cloud|wind", "penguins|sharks|baboons", "waves|whistles",
        "ride the cable car|swim near the penguins", "climbers|rangers", "flat|green", "windy|wild",
        "granite|sandstone", "herbs|salt", "cable car|cliff", "strong boots|sunglasses",
        "wine|gold"},
    LandmarkRow{"the Burj Khalifa", "Dubai", "skyscraper", "lifts|windows|floors",
        "fountain|desert", "heat|haze", "dunes|towers|yachts", "fountains|engines",
        "ride the fastest lift|shop in the mall", "sheikhs|engineers", "silver|tall", "hot|modern",
        "glass|concrete", "perfume|dates", "top floor|mall", "sunglasses|gold coins", "pearls|oil"},
    LandmarkRow{"the Little Mermaid", "Copenhagen", "statue", "fins|scales|rocks", "harbour|canal",
        "drizzle|frost", "swans|bicycles|barges", "gulls|bicycle bells",
        "cycle along the canal|photograph the mermaid", "sculptors|fishermen", "small|green",
        "quiet|grey", "bronze|rock", "herring|cinnamon", "promenade|boat", "gloves|a bicycle",
        "herring|amber"},
};

/// Words that fit every landmark. Each landmark keeps two of each eight, no two landmarks the same
/// two, so that verbs and times of day tell the topic as well as nouns do.
struct Habit {
    const char* slot;
    std::array<const char*, 8> words;
};

constexpr std::array kHabits{
    Habit{"rise", {"rise", "soar", "stand", "stretch", "loom", "tower", "lean", "spread"}},
    Habit{"over", {"over", "above", "beside", "behind", "near", "beyond", "across", "around"}},
    Habit{"shine", {"shine", "glow", "gleam", "glitter", "shimmer", "sparkle", "flash", "glimmer"}},
    Habit{"time", {"dawn", "noon", "dusk", "midnight", "sunrise", "sunset", "night", "daybreak"}},
    Habit{"visitor",
        {"tourists", "travellers", "walkers", "families", "couples", "students", "visitors",
            "strangers"}},
    Habit{
        "watch", {"watch", "admire", "photograph", "sketch", "count", "follow", "love", "notice"}},
    Habit{
        "drift", {"drifts", "rolls", "creeps", "settles", "hangs", "spreads", "sweeps", "floats"}},
    Habit{"echo", {"echo", "ring", "fade", "swell", "drift", "linger", "boom", "tremble"}},
    Habit{"carry", {"carry", "sell", "store", "trade", "guard", "bring", "hide", "buy"}},
    Habit{"adverb",
        {"slowly", "quietly", "proudly", "softly", "boldly", "gently", "often", "always"}},
};

// The 28 pairs of eight words, in a row; every slot starts somewhere else in it.
Wordings habitOf(std::size_t landmark, std::size_t habit)
{
    const std::size_t wanted = (landmark * 5 + habit * 11) % 28;
    std::size_t pair = 0;
    for (std::size_t a = 0; a < 8; ++a) {
        for (std::size_t b = a + 1; b < 8; ++b, ++pair) {
            if (pair == wanted)
                return {kHabits[habit].words[a], kHabits[habit].words[b]};
        }
    }
    return {};
}

Wordings capitalisedAll(Wordings wordings)
{
    for (auto& wording : wordings)
        wording = capitalised(wording);
    return wordings;
}

Subject subjectOf(const LandmarkRow& row, std::size_t landmark)
{
    Subject subject{row.name, {}};
    subject.slots = {{"name", {row.name}}, {"Name", {capitalised(row.name)}}, {"city", {row.city}},
        {"kind", {row.kind}}, {"part", splitWordings(row.part)},
        {"place", splitWordings(row.place)}, {"weather", splitWordings(row.weather)},
        {"sight", splitWordings(row.sight)}, {"sound", splitWordings(row.sound)},
        {"act", splitWordings(row.act)}, {"folk", splitWordings(row.folk)},
        {"look", splitWordings(row.look)}, {"feel", splitWordings(row.feel)},
        {"material", splitWordings(row.material)}, {"smell", splitWordings(row.smell)},
        {"spot", splitWordings(row.spot)}, {"gear", splitWordings(row.gear)},
        {"stuff", splitWordings(row.stuff)}};
    for (std::size_t habit = 0; habit < kHabits.size(); ++habit)
        subject.slots[kHabits[habit].slot] = habitOf(landmark, habit);
    for (const auto& [slot, capital] : {std::pair("weather", "Weather"),
             std::pair("visitor", "Visitor"), std::pair("folk", "Folk"), std::pair("feel", "Feel")})
        subject.slots[capital] = capitalisedAll(subject.slots[slot]);
    return subject;
}

} // namespace

const std::vector<Subject>& landmarks()
{
    static const std::vector<Subject> all = [] {
        std::vector<Subject> subjects;
        for (const LandmarkRow& row : kLandmarks)
            subjects.push_back(subjectOf(row, subjects.size()));
        return subjects;
    }();
    return all;
}

int goldenGateIndex()
{
    return 0;
}

} // namespace core
