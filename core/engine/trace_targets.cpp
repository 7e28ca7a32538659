#include "core/engine/trace_targets.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace core {

namespace {

std::string trimmed(const std::string& text)
{
    const auto first = text.find_first_not_of(' ');
    return first == text.npos ? std::string()
                              : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// -1 for what is not a whole number from 0.
std::int64_t wholeNumber(std::string_view text)
{
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

std::string withoutSpacesBehind(const std::string& text)
{
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::optional<TokenId> tokenWritten(const LoadedModel& model, const std::string& text)
{
    if (text.empty() || !model.tokenizer)
        return std::nullopt;
    const auto tokens = model.tokenizer->encode(text, false);
    if (!tokens || tokens->ids.size() != 1)
        return std::nullopt;
    return tokens->ids.front();
}

/// As written. Spaces behind it say nothing where that is no token, and one before it may be left
/// out; one that is written is meant.
std::optional<TokenId> oneToken(const LoadedModel& model, const std::string& text)
{
    const std::string word = withoutSpacesBehind(text);
    const bool mayLackSpace = !word.empty() && !word.starts_with(' ');
    for (const std::string& spelling : {text, word, mayLackSpace ? " " + word : std::string()})
        if (const auto token = tokenWritten(model, spelling))
            return token;
    return std::nullopt;
}

/// "`he` (#259) is. " of " he": the same word with other spaces; empty where that is no token.
std::string nearTokens(const LoadedModel& model, const std::string& text)
{
    const std::string word = trimmed(text);
    std::string near;
    int found = 0;
    for (const std::string& spelling : {word, " " + word})
        if (const auto token = tokenWritten(model, spelling); token && !word.empty()) {
            near
                += fmt::format("{}`{}` (#{})", near.empty() ? "" : " and ", spelling, token->value);
            ++found;
        }
    return found == 0 ? "" : fmt::format("{} {}. ", near, found == 1 ? "is" : "are");
}

/// "Austin - Sacramento" or "Austin-Sacramento": the first dash that leaves a token on both sides.
/// A space on each side of the dash belongs to the dash; all others belong to the tokens.
Result<TraceTarget> tokenOrDifference(const LoadedModel& model, const std::string& text)
{
    auto whole = tokenNamed(model, text);
    if (whole)
        return TraceTarget{*whole, {}, {}};
    Error error = whole.error();
    bool isHalfFound = false;
    for (auto dash = text.find('-', 1); dash != text.npos; dash = text.find('-', dash + 1)) {
        std::string left = text.substr(0, dash), right = text.substr(dash + 1);
        if (left.ends_with(' ') && right.starts_with(' ')) {
            left.pop_back();
            right.erase(0, 1);
        }
        if (trimmed(left).empty() || trimmed(right).empty())
            continue;
        const auto first = tokenNamed(model, left), second = tokenNamed(model, right);
        if (first && second && *first == *second)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}`: both sides are the same token, so there is no difference to "
                            "explain.",
                    text));
        if (first && second)
            return TraceTarget{*first, *second, {}};
        // One side is a token: what is wrong with the other says more than the whole.
        if ((first || second) && !isHalfFound) {
            isHalfFound = true;
            error = first ? second.error() : first.error();
        }
    }
    return fail(std::move(error));
}

} // namespace

Result<TokenId> tokenNamed(const LoadedModel& model, const std::string& text)
{
    if (const auto token = oneToken(model, text))
        return *token;
    if (const std::string word = trimmed(text); word.starts_with('#'))
        if (const std::int64_t id = wholeNumber(std::string_view(word).substr(1)); id >= 0) {
            if (id >= model.info.d_vocab)
                return fail(Error::Code::NotFound,
                    fmt::format(
                        "`{}`: the vocabulary has {} entries, from 0.", text, model.info.d_vocab));
            return TokenId(id);
        }
    return fail(Error::Code::NotFound,
        fmt::format("`{}` is not one token of this model. {}Give the first token of the word, or "
                    "its number in the vocabulary as #123.",
            text, nearTokens(model, text)));
}

Result<std::vector<TraceTarget>> traceTargets(
    const LoadedModel& model, const std::vector<std::string>& texts, std::int64_t promptTokens)
{
    std::vector<TraceTarget> targets;
    for (const std::string& text : texts) {
        const auto at = text.rfind('@');
        const bool hasPosition = at != text.npos && !trimmed(text.substr(0, at)).empty();
        const std::int64_t position = hasPosition ? wholeNumber(trimmed(text.substr(at + 1))) : -1;
        auto target = tokenOrDifference(model, position >= 0 ? text.substr(0, at) : text);
        if (!target)
            return fail(target.error());
        if (position >= promptTokens)
            return fail(Error::Code::NotFound,
                fmt::format("`{}`: the prompt has {} tokens; positions are 0 to {}.", text,
                    promptTokens, promptTokens - 1));
        target->position = Position(position);
        targets.push_back(*target);
    }
    return targets;
}

} // namespace core
