#include "core/features/text_start.h"

#include <fmt/format.h>

namespace core {

namespace {

/// What the tokenizer puts before every text: usually one beginning-of-text token.
Result<std::vector<TokenId>> tokenizersOwn(const Tokenizer& tokenizer)
{
    auto with = tokenizer.encode("a", true);
    if (!with)
        return fail(with.error());
    std::vector<TokenId> leading;
    for (const TokenId id : with->ids) {
        if (!tokenizer.isSpecial(id))
            break;
        leading.push_back(id);
    }
    return leading;
}

/// "saes/layer_0 and 3 others were".
std::string were(const std::vector<std::string>& names)
{
    if (names.size() == 1)
        return names.front() + " was";
    return fmt::format(
        "{} and {} other{} were", names.front(), names.size() - 1, names.size() == 2 ? "" : "s");
}

} // namespace

void TextStart::putBefore(std::vector<TokenId>& ids, const Tokenizer& tokenizer) const
{
    if (isAdded && !ids.empty() && !tokenizer.isSpecial(ids.front()))
        ids.insert(ids.begin(), tokens.begin(), tokens.end());
}

std::optional<TokenId> startToken(const Tokenizer& tokenizer)
{
    const auto bos = tokenizer.bos();
    return bos ? bos : tokenizer.eos();
}

Result<TextStart> textStart(const Tokenizer& tokenizer, bool prependsBos)
{
    auto own = tokenizersOwn(tokenizer);
    if (!own)
        return fail(own.error());
    TextStart start{std::move(*own), false, {}};
    if (!prependsBos || !start.tokens.empty())
        return start;
    if (const auto first = startToken(tokenizer)) {
        start.tokens.push_back(*first);
        start.isAdded = true;
    }
    return start;
}

Result<TextStart> textStart(const Tokenizer& tokenizer, const Dictionaries& dictionaries)
{
    std::vector<std::string> with, without;
    for (const auto& dictionary : dictionaries)
        if (const auto said = dictionary->config().facts.prependBos)
            (*said ? with : without).push_back(dictionary->config().name);
    auto start = textStart(tokenizer, !with.empty());
    if (!start)
        return start;
    if (start->isAdded)
        start->note = fmt::format(
            "{} trained on texts that begin with BOS, which the tokenizer does not add: `{}` was "
            "put in front and is left out of statistics.",
            were(with), tokenizer.display(start->tokens.front()));
    else if (!with.empty() && start->tokens.empty())
        start->note = fmt::format("{} trained on texts that begin with BOS, and the tokenizer has "
                                  "no such token: the text is read without.",
            were(with));
    if (!without.empty() && !start->tokens.empty())
        start->note += fmt::format("{}{} trained on texts without BOS; `{}` stands in front all "
                                   "the same and is left out of statistics.",
            start->note.empty() ? "" : " ", were(without),
            tokenizer.display(start->tokens.front()));
    return start;
}

} // namespace core
