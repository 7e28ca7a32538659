#include "core/labels/label_rule.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

// A rule as a phrase, and as bytes to keep.
namespace core {

namespace {

using Kind = RuleClause::Kind;

constexpr std::size_t kWordsShown = 3;

std::string shownWord(const std::string& word)
{
    std::string shown;
    for (const char c : word)
        shown += c == '\n' ? std::string("↵") : std::string(1, c);
    return shown;
}

bool isPlainWord(const std::string& word)
{
    return std::all_of(word.begin(), word.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return std::isalnum(byte) || byte >= 0x80 || c == '\'';
    });
}

/// One word in quotes; several as a list, quoted only where they hold signs.
std::string listed(const std::vector<std::string>& words, std::size_t most, bool quotesOne)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(most, words.size()); ++i) {
        const bool isQuoted = (quotesOne && words.size() == 1) || !isPlainWord(words[i]);
        text += fmt::format(
            fmt::runtime(isQuoted ? "{}\"{}\"" : "{}{}"), i ? ", " : "", shownWord(words[i]));
    }
    return words.size() > most ? text + " …" : text;
}

const char* className(int number)
{
    constexpr const char* kNames[]{"numbers", "capitalised words", "words in capitals",
        "punctuation", "line breaks", "words with accents"};
    return kNames[static_cast<std::size_t>(number) % std::size(kNames)];
}

std::string languageText(int number)
{
    return std::string(languageName(static_cast<TextLanguage>(number))) + " text";
}

/// What the token itself is; empty where the rule does not say.
std::string tokenPart(const LabelRule& rule, std::size_t most)
{
    for (const RuleClause& clause : rule.clauses)
        if (clause.kind == Kind::AtWord || clause.kind == Kind::AtStem)
            return listed(clause.words, most, true);
        else if (clause.kind == Kind::AtPiece)
            return (clause.words.size() == 1 ? "word piece " : "word pieces ")
                + listed(clause.words, most, true);
        else if (clause.kind == Kind::AtClass)
            return className(clause.number);
    return {};
}

std::string wherePart(const RuleClause& clause, bool isAlone, std::size_t most)
{
    switch (clause.kind) {
    case Kind::RightAfter:
        return "right after " + listed(clause.words, most, true);
    case Kind::Said:
        if (clause.number == kThisSentence)
            return "after " + listed(clause.words, most, false) + " in the sentence";
        return (isAlone ? "about " : "after ") + listed(clause.words, most, false);
    case Kind::Before:
        return "just before " + listed(clause.words, most, true);
    case Kind::Start:
        if (!isAlone)
            return "at the start of a text";
        return clause.number == 1 ? "first token of a text"
                                  : fmt::format("first {} tokens of a text", clause.number);
    case Kind::InLanguage:
        return isAlone ? languageText(clause.number) : "in " + languageText(clause.number);
    case Kind::Repeated:
        return isAlone ? "tokens seen before" : "seen before";
    default:
        return {};
    }
}

std::string phrase(const LabelRule& rule, std::size_t most)
{
    std::string text = tokenPart(rule, most);
    bool isAlone = text.empty();
    // What is nearest to the token first.
    for (const Kind kind :
        {Kind::Repeated, Kind::RightAfter, Kind::Before, Kind::Start, Kind::InLanguage, Kind::Said})
        for (const RuleClause& clause : rule.clauses)
            if (clause.kind == kind) {
                text += (text.empty()                           ? ""
                                : isAlone && kind == Kind::Said ? ", "
                                                                : " ")
                    + wherePart(clause, text.empty() || (isAlone && kind == Kind::Said), most);
            }
    return text;
}

std::string escaped(const std::string& word)
{
    std::string out;
    for (const char c : word)
        out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\\' ? "\\\\" : std::string(1, c);
    return out;
}

std::string unescaped(std::string_view word)
{
    std::string out;
    for (std::size_t i = 0; i < word.size(); ++i)
        if (word[i] == '\\' && i + 1 < word.size()) {
            ++i;
            out += word[i] == 'n' ? '\n' : word[i] == 't' ? '\t' : word[i];
        } else {
            out += word[i];
        }
    return out;
}

} // namespace

std::string describe(const LabelRule& rule)
{
    return phrase(rule, kWordsShown);
}

std::string describeFully(const LabelRule& rule)
{
    return phrase(rule, static_cast<std::size_t>(-1));
}

std::string writeRule(const LabelRule& rule)
{
    std::string text;
    for (const RuleClause& clause : rule.clauses) {
        text += fmt::format(
            "{}{}\t{}", text.empty() ? "" : "\n", static_cast<int>(clause.kind), clause.number);
        for (const std::string& word : clause.words)
            text.append("\t").append(escaped(word));
    }
    return text;
}

std::optional<LabelRule> readRule(const std::string& text)
{
    LabelRule rule;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::vector<std::string> fields;
        for (std::size_t from = at; from <= end;) {
            const std::size_t tab = std::min(text.find('\t', from), end);
            fields.push_back(unescaped(std::string_view(text).substr(from, tab - from)));
            from = tab + 1;
        }
        at = end + 1;
        int kind = -1;
        RuleClause clause;
        const auto number = [](const std::string& field, int& value) {
            const auto [stop, error]
                = std::from_chars(field.data(), field.data() + field.size(), value);
            return error == std::errc() && stop == field.data() + field.size();
        };
        if (fields.size() < 2 || !number(fields[0], kind) || !number(fields[1], clause.number)
            || kind < 0 || kind > static_cast<int>(Kind::AtStem))
            return std::nullopt;
        const int bound = kind == static_cast<int>(Kind::InLanguage)
            ? static_cast<int>(TextLanguage::Count)
            : kind == static_cast<int>(Kind::AtClass) ? static_cast<int>(WordClass::Count)
                                                      : 1 << 20;
        if (clause.number < 0 || clause.number >= bound)
            return std::nullopt;
        clause.kind = static_cast<Kind>(kind);
        clause.words.assign(fields.begin() + 2, fields.end());
        rule.clauses.push_back(std::move(clause));
    }
    return rule;
}

} // namespace core
