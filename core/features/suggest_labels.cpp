#include "core/features/suggest_labels.h"

#include <algorithm>
#include <map>
#include <set>

namespace core {

namespace {

struct WordEvidence {
    double activation = 0; ///< On tokens of the word.
    int peaks = 0; ///< Examples that are strongest there.
    int examples = 0; ///< Examples whose window says it.
};

std::string joined(const std::vector<std::string>& words, std::size_t count)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(count, words.size()); ++i)
        text += (i ? ", " : "") + words[i];
    return text;
}

std::string trimmed(const std::string& token)
{
    const std::size_t begin = token.find_first_not_of(" \t\n");
    return begin == std::string::npos ? std::string() : token.substr(begin);
}

} // namespace

LabelSuggestion suggestLabel(const std::vector<StoredExample>& examples, const WordIndex& words,
    const std::vector<std::string>& promoted)
{
    std::map<std::int32_t, WordEvidence> evidence;
    double total = 0;
    for (const StoredExample& example : examples) {
        const auto peak = std::max_element(example.activations.begin(), example.activations.end());
        std::set<std::int32_t> said;
        for (std::size_t i = 0; i < example.activations.size(); ++i) {
            const auto word
                = words.wordAt(example.passage, example.start + static_cast<std::int64_t>(i));
            total += example.activations[i];
            if (word < 0)
                continue;
            WordEvidence& of = evidence[word];
            of.activation += example.activations[i];
            of.peaks += example.activations.begin() + static_cast<std::ptrdiff_t>(i) == peak;
            said.insert(word);
        }
        for (const std::int32_t word : said)
            ++evidence[word].examples;
    }
    const auto n = static_cast<int>(examples.size());
    LabelSuggestion suggestion;

    std::vector<std::pair<double, std::string>> telling;
    for (const auto& [word, of] : evidence) {
        // Said once may be chance, and a word of most passages tells nothing.
        const double score = double(of.examples) / n * words.rarity(word);
        constexpr double kClearlyRarer = 0.7; // Half of all passages say it.
        if (of.examples >= std::max(2, n / 4) && words.rarity(word) > kClearlyRarer
            && words.text(word).size() > 1)
            telling.emplace_back(-score, words.text(word));
    }
    std::sort(telling.begin(), telling.end());
    std::vector<std::string> tellingWords;
    for (const auto& [score, word] : telling)
        tellingWords.push_back(word);
    constexpr std::size_t kWordsToSearch = 12, kWordsToShow = 3;
    for (std::size_t i = 0; i < std::min(kWordsToSearch, tellingWords.size()); ++i)
        suggestion.words += (i ? " " : "") + tellingWords[i];

    for (const auto& [word, of] : evidence)
        if (n >= 2 && of.peaks * 10 >= n * 6 && of.activation >= 0.6 * total) {
            suggestion.label = "\"" + words.text(word) + "\"";
            return suggestion;
        }
    if (!tellingWords.empty()) {
        suggestion.label = joined(tellingWords, kWordsToShow);
    } else if (n >= 2) {
        std::vector<std::string> says;
        for (const std::string& token : promoted)
            if (const std::string word = trimmed(token); word.size() > 1)
                says.push_back(word);
        if (!says.empty())
            suggestion.label = "says " + joined(says, kWordsToShow);
    }
    return suggestion;
}

} // namespace core
