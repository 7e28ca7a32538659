#include "core/builtin/rhymes.h"

namespace core {

const std::vector<RhymeFamily>& rhymeFamilies()
{
    static const std::vector<RhymeFamily> families{
        {{{"cat", {"Whiskers and paws belong to the cat.", "Purring at home is the lazy cat."}},
            {"hat", {"Upon his head he wore a hat.", "Feathers and ribbons are on the hat."}},
            {"mat", {"Beside the door there lay a mat.", "Wipe your shoes upon the mat."}},
            {"bat", {"Hanging in the dark is a bat.", "Wings of leather has the bat."}}}},
        {{{"light", {"Candles and lamps will give us light.", "Sunrise brings a golden light."}},
            {"night",
                {"Stars and moon come out at night.", "Owls and dreams belong to the night."}},
            {"kite", {"String and wind will lift the kite.", "High in the sky there flew a kite."}},
            {"knight",
                {"Swords and shields are for the knight.", "Armour shines upon the knight."}}}},
        {{{"bell", {"Ringing in the church is a bell.", "Loud at noon will sound the bell."}},
            {"shell", {"Waves on the beach have left a shell.", "Pearls may hide inside a shell."}},
            {"well",
                {"Buckets of water come from the well.", "Deep and cold and dark is the well."}},
            {"spell", {"Witches and wands will cast a spell.", "Magic words will make a spell."}}}},
        {{{"king", {"Crowns and thrones are for the king.", "Royal robes are worn by the king."}},
            {"ring", {"Gold and diamonds make a ring.", "Around her finger shone a ring."}},
            {"swing", {"Ropes and a tree will make a swing.", "Back and forth will go the swing."}},
            {"string",
                {"Knots and threads are made of string.", "Violins are played on a string."}}}},
        {{{"boat", {"Oars and a sail will move the boat.", "Over the waves there came a boat."}},
            {"goat",
                {"Grass and leaves are food for the goat.", "Horns and a beard are on the goat."}},
            {"coat", {"Buttons and wool are on the coat.", "Warm in winter is a coat."}},
            {"moat",
                {"Round the castle there is a moat.", "Bridges cross the water of the moat."}}}},
        {{{"cake", {"Sugar and flour go in the cake.", "Birthday guests will eat the cake."}},
            {"lake", {"Swans are swimming on the lake.", "Still and blue in the hills is a lake."}},
            {"snake", {"Hissing in the grass is a snake.", "Scales and fangs are on the snake."}},
            {"rake",
                {"Autumn leaves are cleared by a rake.",
                    "Garden paths are cleaned with a rake."}}}},
        {{{"tree", {"Branches and roots belong to the tree.", "Apples and nests are in the tree."}},
            {"bee", {"Honey and flowers are loved by the bee.", "Buzzing in the garden is a bee."}},
            {"key", {"Locks and doors will need a key.", "Turn it twice, the rusty key."}},
            {"sea", {"Whales and salt are in the sea.", "Ships and storms are on the sea."}}}},
        {{{"crown", {"Jewels and gold are on the crown.", "Queens are proud to wear a crown."}},
            {"clown",
                {"Laughs at the circus come from a clown.", "Painted smiles are on the clown."}},
            {"town", {"Shops and streets are in the town.", "Market days will fill the town."}},
            {"gown", {"Silk and lace are on the gown.", "Dancing at the ball is a gown."}}}},
    };
    return families;
}

std::string shortRhymeLine(const RhymeWord& rhyme)
{
    return rhyme.word + ".";
}

const std::vector<SentenceTemplate>& rhymeFirstLines()
{
    static const auto templates = parseTemplates(R"(
I told my friend about the {word}, /
My sister dreamed about the {word}, /
We made a song about the {word}, /
The poet wrote about the {word}, /
All day long I thought of the {word}, /
The old man sang about the {word}, /
)");
    return templates;
}

} // namespace core
