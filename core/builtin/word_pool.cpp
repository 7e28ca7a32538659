#include "core/builtin/word_pool.h"

#include "core/builtin/concepts.h"
#include "core/builtin/landmarks.h"
#include "core/builtin/rhymes.h"

#include <algorithm>
#include <set>

namespace core {

namespace {

bool isSmallWord(const std::string& word)
{
    return std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

} // namespace

const std::vector<std::string>& wordPool()
{
    static const std::vector<std::string> pool = [] {
        std::set<std::string> words;
        const auto take
            = [&](const std::vector<Subject>& subjects, std::initializer_list<const char*> slots) {
                  for (const auto& subject : subjects)
                      for (const char* slot : slots)
                          for (const auto& wording : subject.slots.find(slot)->second)
                              if (isSmallWord(wording))
                                  words.insert(wording);
              };
        take(landmarks(),
            {"part", "place", "weather", "sight", "sound", "folk", "look", "feel", "material",
                "smell", "rise", "shine", "time", "visitor", "watch", "drift", "carry", "adverb"});
        take(animals(),
            {"noun", "size", "colour", "trait", "place", "food", "size_fr", "colour_fr",
                "trait_fr"});
        take(opposites(), {"a", "a_fr"});
        for (const auto& family : rhymeFamilies())
            for (const auto& rhyme : family)
                words.insert(rhyme.word);
        return std::vector<std::string>(words.begin(), words.end());
    }();
    return pool;
}

} // namespace core
