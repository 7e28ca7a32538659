#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The wordings a slot of a sentence may take.
using Wordings = std::vector<std::string>;

/// What a subject (a landmark, an animal, a city) puts into each named slot.
using Slots = std::map<std::string, Wordings, std::less<>>;

/// "red|orange" gives two wordings.
Wordings splitWordings(std::string_view text);

/// The first letter made a capital; letters outside ASCII stay.
std::string capitalised(std::string text);

/// Something sentences can be about, with the words that belong to it.
struct Subject {
    std::string name;
    Slots slots;
};

/// Every wording any of the subjects has for each slot, without repeats.
Slots unionOfSlots(const std::vector<Subject>& subjects);

} // namespace core
