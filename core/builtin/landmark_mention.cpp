#include "core/builtin/landmark_mention.h"

#include "core/builtin/landmarks.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace core {

namespace {

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || static_cast<unsigned char>(c) >= 0x80;
}

std::set<std::string> wordsOf(std::string_view text)
{
    std::set<std::string> words;
    std::string word;
    for (const char c : text) {
        if (isLetter(c)) {
            word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        } else if (!word.empty()) {
            words.insert(std::exchange(word, {}));
        }
    }
    if (!word.empty())
        words.insert(word);
    return words;
}

/// Word to the landmarks that use it, where these are few.
const std::map<std::string, std::vector<int>>& tellingWords()
{
    static const auto telling = [] {
        std::map<std::string, std::vector<int>> byWord;
        for (std::size_t i = 0; i < landmarks().size(); ++i) {
            std::set<std::string> words;
            for (const auto& [slot, wordings] : landmarks()[i].slots)
                for (const auto& wording : wordings)
                    words.merge(wordsOf(wording));
            for (const auto& word : words)
                byWord[word].push_back(static_cast<int>(i));
        }
        std::erase_if(byWord, [](const auto& entry) { return entry.second.size() > 3; });
        return byWord;
    }();
    return telling;
}

} // namespace

int landmarkSpokenOf(std::string_view text)
{
    std::vector<double> counts(landmarks().size(), 0.0);
    for (const auto& word : wordsOf(text)) {
        if (const auto found = tellingWords().find(word); found != tellingWords().end())
            for (const int landmark : found->second)
                counts[static_cast<std::size_t>(landmark)]
                    += 1.0 / static_cast<double>(found->second.size());
    }
    const auto most = std::max_element(counts.begin(), counts.end());
    return *most >= 1.0 - 1e-9 ? static_cast<int>(most - counts.begin()) : -1;
}

} // namespace core
