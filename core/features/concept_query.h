#pragma once

#include "core/text/search_words.h"

#include <string>
#include <string_view>
#include <vector>

namespace core {

/// What a person typed into a search, read: `words`, `"a phrase"`, `-word`, `-"phrase"` and `NOT
/// word` (docs/definitions.md section 4.6). Nothing is an error: what makes no sense as an operator
/// is read as words, an open quote ends with the text, and a query of exclusions alone looks for
/// their words.
class ConceptQuery {
public:
    enum class Needs : bool { AnyTerm, AllTerms };
    enum class Index : bool { KeepsPlaces, KeepsNoPlaces };

    /// A word or a phrase.
    struct Term {
        std::vector<SearchWord> words; ///< Never empty.
        /// The last word may be the beginning of a longer one: it ends the text, so it may still be
        /// being typed. Words under three letters may not.
        bool isUnfinished = false;
        std::vector<std::string> completions = {}; ///< Stems it may begin; see `complete`.
    };

    explicit ConceptQuery(std::string_view text);

    /// Says which words there are, the most frequent first, so that an unfinished one is asked of
    /// an index as the few it may become: gathering all that begin with three letters takes an
    /// index of millions a tenth of a second.
    void complete(const std::vector<std::string>& words);

    bool isEmpty() const { return m_wanted.empty(); }
    const std::vector<Term>& wanted() const { return m_wanted; }
    const std::vector<Term>& excluded() const { return m_excluded; }
    /// Whether a text says all of the wanted terms, or any, and none of the excluded.
    bool isMetBy(const std::vector<SearchWord>& text, Needs needs) const;
    /// The wanted words, folded, with `between` between terms.
    std::string spelled(const char* between) const;

    /// The words of a text, as far as it takes to compare them with those of the query.
    std::vector<SearchWord> wordsOf(std::string_view text) const
    {
        return searchWords(text, m_beginnings);
    }
    /// How many of the wanted terms a text says.
    std::size_t countSaid(const std::vector<SearchWord>& text) const;
    bool isExcluded(const std::vector<SearchWord>& text) const;
    /// For each word of a text, whether it is part of a wanted term that is said there.
    std::vector<char> saidWords(const std::vector<SearchWord>& text) const;

    /// As an FTS5 expression, empty when the query is. Of an unfinished word it finds what
    /// `complete` knows. An index without places takes the words of phrases one by one, so that its
    /// hits are to be looked at again.
    std::string fullText(Needs needs, Index index) const;

private:
    std::vector<Term> m_wanted, m_excluded;
    std::string m_beginnings; ///< First bytes of all their words.
};

} // namespace core
