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

std::optional<TokenId> oneToken(const LoadedModel& model, const std::string& text)
{
    if (text.empty() || !model.tokenizer)
        return std::nullopt;
    for (const std::string& spelling : {text, " " + text})
        if (const auto tokens = model.tokenizer->encode(spelling, false);
            tokens && tokens->ids.size() == 1)
            return tokens->ids.front();
    return std::nullopt;
}

/// "Austin - Sacramento" or "Austin-Sacramento": the first dash that leaves a token on both sides.
Result<TraceTarget> tokenOrDifference(const LoadedModel& model, const std::string& text)
{
    auto whole = tokenNamed(model, text);
    if (whole)
        return TraceTarget{*whole, {}, {}};
    for (auto dash = text.find('-', 1); dash != text.npos; dash = text.find('-', dash + 1)) {
        const std::string left = trimmed(text.substr(0, dash)),
                          right = trimmed(text.substr(dash + 1));
        const auto first = tokenNamed(model, left), second = tokenNamed(model, right);
        if (first && second && *first == *second)
            return fail(Error::Code::Unsupported,
                fmt::format("`{}`: both sides are the same token, so there is no difference to "
                            "explain.",
                    text));
        if (first && second)
            return TraceTarget{*first, *second, {}};
    }
    return fail(whole.error());
}

} // namespace

Result<TokenId> tokenNamed(const LoadedModel& model, const std::string& text)
{
    if (const auto token = oneToken(model, text))
        return *token;
    if (text.starts_with('#'))
        if (const std::int64_t id = wholeNumber(std::string_view(text).substr(1)); id >= 0) {
            if (id >= model.info.d_vocab)
                return fail(Error::Code::NotFound,
                    fmt::format(
                        "`{}`: the vocabulary has {} entries, from 0.", text, model.info.d_vocab));
            return TokenId(id);
        }
    return fail(Error::Code::NotFound,
        fmt::format("`{}` is not one token of this model. Give the first token of the word, or "
                    "its number in the vocabulary as #123.",
            text));
}

Result<std::vector<TraceTarget>> traceTargets(
    const LoadedModel& model, const std::vector<std::string>& texts, std::int64_t promptTokens)
{
    std::vector<TraceTarget> targets;
    for (const std::string& written : texts) {
        const std::string text = trimmed(written);
        const auto at = text.rfind('@');
        const std::int64_t position
            = at == text.npos || at == 0 ? -1 : wholeNumber(std::string_view(text).substr(at + 1));
        auto target = tokenOrDifference(model, position >= 0 ? trimmed(text.substr(0, at)) : text);
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
