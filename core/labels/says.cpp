#include "core/labels/says.h"

#include "core/api/feature_row.h"

#include <algorithm>

namespace core {

namespace {

/// The largest of V normal numbers is about 1.3 times the tenth largest for V = 2,000 and 1.2 times
/// for V = 50,000 (their expected values are 3.4 to 2.6 and 4.2 to 3.5 standard deviations).
constexpr double kFirstOverTenth = 1.6;
constexpr double kOthersOverTenth = 1.4, kOthersOverFirst = 0.6;
constexpr std::size_t kRank = 10, kMostTokens = 3;

std::string withoutSpace(const std::string& token)
{
    const std::size_t begin = token.find_first_not_of(" \t");
    return begin == std::string::npos
        ? std::string()
        : token.substr(begin, token.find_last_not_of(" \t") + 1 - begin);
}

} // namespace

std::vector<std::string> tokensThatStandOut(const StoredEffects& effects,
    const std::vector<std::string>& vocabulary, std::optional<double> outputScore)
{
    std::vector<std::string> tokens;
    if (effects.positive.size() < kRank || (outputScore && *outputScore < kWritesFrom))
        return tokens;
    const double first = static_cast<double>(effects.positive.front().second),
                 tenth = static_cast<double>(effects.positive[kRank - 1].second);
    if (!(first > 0) || first < kFirstOverTenth * tenth)
        return tokens;
    for (const auto& [token, effect] : effects.positive) {
        const auto value = static_cast<double>(effect);
        if (value < kOthersOverTenth * tenth || value < kOthersOverFirst * first
            || tokens.size() == kMostTokens)
            break;
        const std::string text = token.isValid() && token.index() < vocabulary.size()
            ? withoutSpace(vocabulary[token.index()])
            : std::string();
        if (!text.empty() && std::find(tokens.begin(), tokens.end(), text) == tokens.end())
            tokens.push_back(text);
    }
    return tokens;
}

std::string describeSays(const std::vector<std::string>& tokens)
{
    std::string text;
    for (const std::string& token : tokens) {
        std::string shown;
        for (const char c : token)
            shown += c == '\n' ? std::string("↵") : std::string(1, c);
        text += (text.empty() ? "says " : ", ") + shown;
    }
    return text;
}

} // namespace core
