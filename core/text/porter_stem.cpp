#include "core/text/porter_stem.h"

#include <initializer_list>
#include <string_view>

namespace core {

namespace {

/// `y` is a vowel behind a consonant.
bool isStemVowel(char c, bool isYVowel)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || (isYVowel && c == 'y');
}

/// Where a run of vowels and the consonants' first behind it end; 0 where there is none.
std::size_t skipVowelsToConsonant(std::string_view word, bool wasConsonant)
{
    std::size_t i = 0;
    bool isConsonant = wasConsonant;
    for (; i < word.size(); ++i)
        if (!(isConsonant = !isStemVowel(word[i], isConsonant)))
            break;
    for (++i; i < word.size(); ++i)
        if ((isConsonant = !isStemVowel(word[i], isConsonant)))
            return i + 1;
    return 0;
}

/// Porter's m, up to 2: how often consonants follow vowels.
int measure(std::string_view stem)
{
    const std::size_t first = skipVowelsToConsonant(stem, false);
    if (first == 0)
        return 0;
    return skipVowelsToConsonant(stem.substr(first), true) == 0 ? 1 : 2;
}

bool hasVowel(std::string_view stem)
{
    for (std::size_t i = 0; i < stem.size(); ++i)
        if (isStemVowel(stem[i], i > 0))
            return true;
    return false;
}

/// Porter's *o: ends consonant, vowel, consonant, and the last is not w, x or y.
bool endsShort(std::string_view stem)
{
    if (stem.back() == 'w' || stem.back() == 'x' || stem.back() == 'y')
        return false;
    unsigned ending = 0;
    bool isConsonant = false;
    for (const char c : stem) {
        isConsonant = !isStemVowel(c, isConsonant);
        ending = (ending << 1) + isConsonant;
    }
    return (ending & 7) == 5;
}

struct Ending {
    std::string_view from, to;
};

/// The first ending that fits is the only one tried; it is replaced where the rest measures more
/// than `least`.
bool replaceEnding(std::string& word, std::initializer_list<Ending> endings, int least)
{
    for (const Ending& ending : endings) {
        if (word.size() <= ending.from.size() || !word.ends_with(ending.from))
            continue;
        const std::size_t rest = word.size() - ending.from.size();
        const std::string_view stem = std::string_view(word).substr(0, rest);
        if (measure(stem) <= least)
            return false;
        if (ending.from == "ion" && stem.back() != 's' && stem.back() != 't')
            return false;
        word.resize(rest);
        word.append(ending.to);
        return true;
    }
    return false;
}

void dropPlural(std::string& word)
{
    const std::size_t n = word.size();
    if (word[n - 1] != 's')
        return;
    if (word[n - 2] == 'e') {
        const bool isLong
            = (n > 4 && word[n - 4] == 's' && word[n - 3] == 's') || (n > 3 && word[n - 3] == 'i');
        word.resize(n - (isLong ? 2 : 1));
    } else if (word[n - 2] != 's') {
        word.resize(n - 1);
    }
}

void dropPast(std::string& word)
{
    const std::size_t n = word.size();
    if (n > 3 && word.ends_with("eed")) {
        if (measure(std::string_view(word).substr(0, n - 3)) > 0)
            word.resize(n - 1);
        return;
    }
    const std::size_t length = n > 2 && word.ends_with("ed") ? 2
        : n > 3 && word.ends_with("ing")                     ? 3
                                                             : 0;
    if (length == 0 || !hasVowel(std::string_view(word).substr(0, n - length)))
        return;
    word.resize(n - length);
    const std::size_t left = word.size();
    if (left > 2 && (word.ends_with("at") || word.ends_with("bl") || word.ends_with("iz"))) {
        word += 'e';
        return;
    }
    const char c = word.back();
    if (left > 1 && !isStemVowel(c, false) && c != 'l' && c != 's' && c != 'z'
        && c == word[left - 2])
        word.resize(left - 1);
    else if (measure(word) == 1 && endsShort(word))
        word += 'e';
}

} // namespace

std::string porterStem(std::string word)
{
    constexpr std::size_t kLongest = 64;
    if (word.size() < 3 || word.size() > kLongest)
        return word;
    dropPlural(word);
    if (word.size() >= 2)
        dropPast(word);
    if (word.back() == 'y' && hasVowel(std::string_view(word).substr(0, word.size() - 1)))
        word.back() = 'i';
    replaceEnding(word,
        {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"},
            {"izer", "ize"}, {"logi", "log"}, {"bli", "ble"}, {"alli", "al"}, {"entli", "ent"},
            {"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"},
            {"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"},
            {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"}},
        0);
    replaceEnding(word,
        {{"ical", "ic"}, {"ness", ""}, {"icate", "ic"}, {"iciti", "ic"}, {"ful", ""}, {"ative", ""},
            {"alize", "al"}},
        0);
    replaceEnding(word,
        {{"al", ""}, {"ance", ""}, {"ence", ""}, {"er", ""}, {"ic", ""}, {"able", ""}, {"ible", ""},
            {"ant", ""}, {"ement", ""}, {"ment", ""}, {"ent", ""}, {"ion", ""}, {"ou", ""},
            {"ism", ""}, {"ate", ""}, {"iti", ""}, {"ous", ""}, {"ive", ""}, {"ize", ""}},
        1);
    if (word.back() == 'e') {
        const std::string_view stem = std::string_view(word).substr(0, word.size() - 1);
        const int m = measure(stem);
        if (m > 1 || (m == 1 && !endsShort(stem)))
            word.pop_back();
    }
    if (word.size() > 1 && word.ends_with("ll")
        && measure(std::string_view(word).substr(0, word.size() - 1)) > 1)
        word.pop_back();
    return word;
}

} // namespace core
