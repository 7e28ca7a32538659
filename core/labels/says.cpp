#include "core/labels/says.h"

#include "core/api/feature_row.h"

#include <algorithm>
#include <cctype>
#include <map>

namespace core {

namespace {

/// The largest of V normal numbers is about 1.3 times the tenth largest for V = 2,000 and 1.2 times
/// for V = 50,000 (their expected values are 3.4 to 2.6 and 4.2 to 3.5 standard deviations).
constexpr double kFirstOverTenth = 1.6;
constexpr double kOthersOverTenth = 1.4, kOthersOverFirst = 0.6;
constexpr std::size_t kRank = 10, kMostTokens = 3;
constexpr double kLeastRaised = 0.25; // Logits; of less the model's choice knows nothing.

std::string withoutSpace(const std::string& token)
{
    const std::size_t begin = token.find_first_not_of(" \t");
    return begin == std::string::npos
        ? std::string()
        : token.substr(begin, token.find_last_not_of(" \t") + 1 - begin);
}

std::string textOf(TokenId token, const std::vector<std::string>& vocabulary)
{
    return token.isValid() && token.index() < vocabulary.size() ? vocabulary[token.index()]
                                                                : std::string();
}

std::vector<TokenId> standOut(
    const StoredEffects& effects, const std::vector<std::string>& vocabulary)
{
    std::vector<TokenId> tokens;
    if (effects.positive.size() < kRank)
        return tokens;
    const double first = static_cast<double>(effects.positive.front().second),
                 tenth = static_cast<double>(effects.positive[kRank - 1].second);
    if (!(first > 0) || first < kFirstOverTenth * tenth)
        return tokens;
    std::vector<std::string> texts;
    for (const auto& [token, effect] : effects.positive) {
        const auto value = static_cast<double>(effect);
        if (value < kOthersOverTenth * tenth || value < kOthersOverFirst * first
            || tokens.size() == kMostTokens)
            break;
        const std::string text = withoutSpace(textOf(token, vocabulary));
        if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) {
            texts.push_back(text);
            tokens.push_back(token);
        }
    }
    return tokens;
}

bool isLetter(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return std::isalpha(byte) || byte >= 0x80;
}

bool isCapital(char c)
{
    return std::isupper(static_cast<unsigned char>(c));
}

} // namespace

std::vector<TokenId> tokensThatStandOut(const StoredEffects& effects,
    const std::vector<std::string>& vocabulary, std::optional<double> outputScore)
{
    return outputScore && *outputScore < kWritesFrom ? std::vector<TokenId>()
                                                     : standOut(effects, vocabulary);
}

std::vector<TokenId> raisedThatStandOut(
    const StoredEffects& raised, const std::vector<std::string>& vocabulary)
{
    return raised.positive.empty()
            || static_cast<double>(raised.positive.front().second) < kLeastRaised
        ? std::vector<TokenId>()
        : standOut(raised, vocabulary);
}

std::string wordsFrom(
    TokenId token, const std::vector<std::string>& vocabulary, const CorpusText& corpus)
{
    constexpr std::size_t kFewest = 10;
    constexpr double kShare = 0.9;
    constexpr std::int32_t kMostTokensAfter = 4;
    std::string text = withoutSpace(textOf(token, vocabulary));
    if (text.empty() || !isLetter(text.front()))
        return text;
    const bool isName = isCapital(text.front());
    const auto everywhere = corpus.placesOf(token.value);
    std::vector<Place> places(everywhere.begin(), everywhere.end());
    for (std::int32_t after = 1; after <= kMostTokensAfter && places.size() >= kFewest; ++after) {
        const auto next = [&](Place place) {
            const Place at{place.passage, place.position + after};
            return at.position < corpus.length(at.passage) && !corpus.isSpecial(at)
                ? corpus.token(at)
                : -1;
        };
        std::map<std::int32_t, std::size_t> counts;
        for (const Place place : places)
            ++counts[next(place)];
        const auto most = std::max_element(counts.begin(), counts.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
        const std::string more = textOf(TokenId(most->first), vocabulary);
        const bool isNewWord = !more.empty() && more.front() == ' ';
        if (double(most->second) < kShare * double(places.size())
            || more.size() <= std::size_t(isNewWord) || !isLetter(more[isNewWord])
            || (isNewWord && !(isName && isCapital(more[1]))))
            break;
        text += more;
        std::erase_if(places, [&](Place place) { return next(place) != most->first; });
    }
    return withoutSpace(text);
}

std::string describeSays(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) {
        std::string shown;
        for (const char c : word)
            shown += c == '\n' ? std::string("↵") : std::string(1, c);
        text += (text.empty() ? "says " : ", ") + shown;
    }
    return text;
}

} // namespace core
