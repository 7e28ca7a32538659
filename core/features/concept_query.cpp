#include "core/features/concept_query.h"

#include <algorithm>
#include <set>

namespace core {

namespace {

constexpr std::size_t kShortestBeginning = 3; // A shorter one matches far too much.

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Reads a query from left to right.
class QueryReader {
public:
    explicit QueryReader(std::string_view text)
        : m_text(text)
    {
    }

    void read(std::vector<ConceptQuery::Term>& wanted, std::vector<ConceptQuery::Term>& excluded)
    {
        bool isNegated = false;
        while (skipBlanks()) {
            if (!isNegated && isNotBeforeATerm()) {
                isNegated = true;
                m_at += 3;
                continue;
            }
            if (m_text[m_at] == '-') {
                ++m_at;
                isNegated = isNegated || (m_at < m_text.size() && !isBlank(m_text[m_at]));
                if (m_at == m_text.size() || isBlank(m_text[m_at]))
                    continue; // a dash between words
            }
            auto terms = m_text[m_at] == '"' ? phrase() : words();
            auto& to = isNegated ? excluded : wanted;
            std::move(terms.begin(), terms.end(), std::back_inserter(to));
            isNegated = false;
        }
    }

private:
    bool skipBlanks()
    {
        while (m_at < m_text.size() && isBlank(m_text[m_at]))
            ++m_at;
        return m_at < m_text.size();
    }
    /// "NOT" in capitals, alone, and something behind it.
    bool isNotBeforeATerm() const
    {
        const std::string_view rest = m_text.substr(m_at);
        return rest.starts_with("NOT") && rest.size() > 3 && isBlank(rest[3])
            && !searchWords(rest.substr(3)).empty();
    }
    std::vector<ConceptQuery::Term> phrase()
    {
        const std::size_t begin = m_at + 1;
        const std::size_t end = std::min(m_text.find('"', begin), m_text.size());
        m_at = std::min(end + 1, m_text.size());
        ConceptQuery::Term term{searchWords(m_text.substr(begin, end - begin)), false};
        term.isUnfinished = end == m_text.size() && isLastUnfinished(term.words, end - begin);
        if (term.words.empty())
            return {};
        return {std::move(term)};
    }
    /// What stands between blanks; "golden-gate" is two words, as in the index.
    std::vector<ConceptQuery::Term> words()
    {
        const std::size_t begin = m_at;
        while (m_at < m_text.size() && !isBlank(m_text[m_at]) && m_text[m_at] != '"')
            ++m_at;
        auto words = searchWords(m_text.substr(begin, m_at - begin));
        const bool isUnfinished = m_at == m_text.size() && isLastUnfinished(words, m_at - begin);
        std::vector<ConceptQuery::Term> terms;
        for (SearchWord& word : words)
            terms.push_back({{std::move(word)}, false});
        if (!terms.empty())
            terms.back().isUnfinished = isUnfinished;
        return terms;
    }
    static bool isLastUnfinished(const std::vector<SearchWord>& words, std::size_t length)
    {
        return !words.empty() && words.back().end == length
            && words.back().text.size() >= kShortestBeginning;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
};

bool fits(const SearchWord& wanted, bool isBeginning, const SearchWord& said)
{
    return said.stem == wanted.stem || (isBeginning && said.text.starts_with(wanted.text));
}

bool standsAt(
    const ConceptQuery::Term& term, const std::vector<SearchWord>& text, std::size_t place)
{
    if (place + term.words.size() > text.size())
        return false;
    for (std::size_t i = 0; i < term.words.size(); ++i)
        if (!fits(term.words[i], term.isUnfinished && i + 1 == term.words.size(), text[place + i]))
            return false;
    return true;
}

bool isSaid(const ConceptQuery::Term& term, const std::vector<SearchWord>& text)
{
    for (std::size_t place = 0; place < text.size(); ++place)
        if (standsAt(term, text, place))
            return true;
    return false;
}

std::string wordsText(const std::vector<std::string>& words, bool isPhrase)
{
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += i == 0 ? "\"" : isPhrase ? " " : "\" AND \"";
        text += words[i];
    }
    text += '"';
    return text;
}

std::string termText(const ConceptQuery::Term& term, ConceptQuery::Index index)
{
    const bool isPhrase = index == ConceptQuery::Index::KeepsPlaces;
    std::vector<std::string> words;
    for (const SearchWord& word : term.words)
        words.push_back(word.text);
    std::string text = wordsText(words, isPhrase);
    for (const std::string& completion : term.completions) {
        words.back() = completion;
        text += ") OR (";
        text += wordsText(words, isPhrase);
    }
    return text;
}

std::string joinedTerms(
    const std::vector<ConceptQuery::Term>& terms, const char* between, ConceptQuery::Index index)
{
    std::string text;
    for (const ConceptQuery::Term& term : terms) {
        text += text.empty() ? "(" : between;
        text += "((";
        text += termText(term, index);
        text += "))";
    }
    text += ')';
    return text;
}

} // namespace

ConceptQuery::ConceptQuery(std::string_view text)
{
    QueryReader(text).read(m_wanted, m_excluded);
    if (m_wanted.empty())
        m_wanted.swap(m_excluded);
    for (Term& term : m_excluded)
        term.isUnfinished = false; // what is not typed yet takes nothing away
    for (const std::vector<Term>* terms : {&m_wanted, &m_excluded})
        for (const Term& term : *terms)
            for (const SearchWord& word : term.words)
                if (!word.text.empty())
                    m_beginnings += word.text.front();
}

bool ConceptQuery::isMetBy(const std::vector<SearchWord>& text, Needs needs) const
{
    return countSaid(text) >= (needs == Needs::AllTerms ? m_wanted.size() : 1) && !isExcluded(text);
}

void ConceptQuery::complete(const std::vector<std::string>& words)
{
    constexpr std::size_t kMostCompletions = 12;
    for (Term& term : m_wanted) {
        if (!term.isUnfinished)
            continue;
        std::set<std::string> stems{term.words.back().stem};
        term.completions.clear();
        for (const std::string& text : words) {
            const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
            // Most are told apart by their first letter, without folding them.
            const auto first = static_cast<unsigned char>(begin < text.size() ? text[begin] : 0);
            if (first < 0x80 && (first | 0x20) != (term.words.back().text.front() | 0x20))
                continue;
            const auto found = searchWords(std::string_view(text).substr(begin));
            if (found.size() == 1 && found[0].text.starts_with(term.words.back().text)
                && stems.insert(found[0].stem).second)
                term.completions.push_back(found[0].text);
            if (term.completions.size() == kMostCompletions)
                break;
        }
    }
}

std::string ConceptQuery::spelled(const char* between) const
{
    std::string text;
    for (const Term& term : m_wanted) {
        text += text.empty() ? "" : between;
        for (std::size_t i = 0; i < term.words.size(); ++i) {
            text += i ? " " : "";
            text += term.words[i].text;
        }
    }
    return text;
}

std::size_t ConceptQuery::countSaid(const std::vector<SearchWord>& text) const
{
    return static_cast<std::size_t>(std::count_if(
        m_wanted.begin(), m_wanted.end(), [&](const Term& term) { return isSaid(term, text); }));
}

bool ConceptQuery::isExcluded(const std::vector<SearchWord>& text) const
{
    return std::any_of(
        m_excluded.begin(), m_excluded.end(), [&](const Term& term) { return isSaid(term, text); });
}

std::vector<char> ConceptQuery::saidWords(const std::vector<SearchWord>& text) const
{
    std::vector<char> said(text.size(), 0);
    for (const Term& term : m_wanted)
        for (std::size_t place = 0; place < text.size(); ++place)
            if (standsAt(term, text, place))
                std::fill_n(
                    said.begin() + static_cast<std::ptrdiff_t>(place), term.words.size(), char(1));
    return said;
}

std::string ConceptQuery::fullText(Needs needs, Index index) const
{
    if (m_wanted.empty())
        return {};
    std::string text = joinedTerms(m_wanted, needs == Needs::AllTerms ? " AND " : " OR ", index);
    // Without places the words of a phrase may stand apart: that does not exclude.
    std::vector<Term> excluded;
    for (const Term& term : m_excluded)
        if (term.words.size() == 1 || index == Index::KeepsPlaces)
            excluded.push_back(term);
    if (!excluded.empty()) {
        text.insert(text.begin(), '(');
        text += ") NOT ";
        text += joinedTerms(excluded, " OR ", index);
    }
    return text;
}

} // namespace core
