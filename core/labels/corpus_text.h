#pragma once

#include "core/store/feature_record.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace core {

/// A token of a corpus: passage by its place in the list, position from 0.
struct Place {
    std::int32_t passage = 0;
    std::int32_t position = 0;

    auto operator<=>(const Place&) const = default;
};

/// What a word looks like; one bit each.
enum class WordClass : std::uint8_t {
    Digits,
    Capitalised, ///< One capital in front; a single capital letter too.
    Capitals, ///< Two or more letters, all capital.
    Punctuation,
    LineBreak,
    Accented, ///< Holds a letter outside ASCII.
    Count
};

/// Languages that are told by their most common words (docs/definitions.md section 7.2).
enum class TextLanguage : std::uint8_t {
    English,
    French,
    German,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
    Count
};

/// A corpus as words with their spelling: letters, digits and everything outside ASCII make words
/// (an apostrophe between letters too), line breaks and equal signs of punctuation in a row make
/// one "word" each. Read by many threads once it is built. About 30 bytes a token.
class CorpusText {
public:
    /// What every passage begins with is special (BOS, a header), and so are tokens without a text
    /// and what the first of all is where it stands elsewhere: no feature fires there.
    CorpusText(const std::vector<Passage>& passages, const std::vector<std::string>& vocabulary);

    struct Word {
        std::int32_t spelling = 0;
        std::int32_t first = 0, last = 0; ///< Its tokens in the passage.
    };

    std::int32_t passages() const { return static_cast<std::int32_t>(m_firstToken.size()) - 1; }
    std::int64_t tokens() const { return static_cast<std::int64_t>(m_tokens.size()); }
    std::int32_t length(std::int32_t passage) const
    {
        const auto p = static_cast<std::size_t>(passage);
        return static_cast<std::int32_t>(m_firstToken[p + 1] - m_firstToken[p]);
    }
    /// Special tokens that the passage begins with.
    std::int32_t head(std::int32_t passage) const
    {
        return m_heads[static_cast<std::size_t>(passage)];
    }
    bool isHeldOut(std::int32_t passage) const
    {
        return m_isHeldOut[static_cast<std::size_t>(passage)] != 0;
    }
    std::int32_t token(Place place) const { return m_tokens[at(place)]; }
    bool isSpecial(Place place) const { return m_isSpecial[at(place)] != 0; }
    std::span<const Word> words(std::int32_t passage) const;
    /// Index into `words(passage)` of the last word that the token is part of; -1 for none.
    std::int32_t wordAt(Place place) const { return m_wordOf[at(place)]; }

    const std::string& spelling(std::int32_t id) const
    {
        return m_spellings[static_cast<std::size_t>(id)];
    }
    std::int32_t folded(std::int32_t spelling) const
    {
        return m_folded[static_cast<std::size_t>(spelling)];
    }
    /// The most frequent spelling of a word in lower case.
    const std::string& usual(std::int32_t folded) const
    {
        return m_spellings[static_cast<std::size_t>(m_usual[static_cast<std::size_t>(folded)])];
    }
    bool is(std::int32_t spelling, WordClass wanted) const
    {
        return m_classes[static_cast<std::size_t>(spelling)] >> static_cast<int>(wanted) & 1;
    }
    std::uint8_t languages(std::int32_t folded) const
    {
        return m_languages[static_cast<std::size_t>(folded)];
    }
    /// Share of tokens that are (the last) part of a word so spelled.
    double shareOfTokens(std::int32_t spelling) const;
    /// Share of passages that say a word, whatever its capitals.
    double shareOfPassages(std::int32_t folded) const;
    std::int64_t countOf(std::int32_t spelling) const
    {
        return m_tokensOf[static_cast<std::size_t>(spelling)];
    }

    /// A token that is a piece of a longer word, without the space before it; -1 where it is a
    /// whole word.
    std::int32_t pieceAt(Place place) const;
    const std::string& pieceText(std::int32_t piece) const
    {
        return m_pieces[static_cast<std::size_t>(piece)];
    }
    std::int64_t countOfPiece(std::int32_t piece) const
    {
        return m_tokensOfPiece[static_cast<std::size_t>(piece)];
    }
    std::int32_t findPiece(const std::string& text) const;

    std::int32_t findSpelling(const std::string& text) const; ///< -1 where the corpus lacks it.
    std::int32_t findFolded(const std::string& text) const;
    /// Every spelling of a word in lower case, also with an ending of one or two letters.
    std::vector<std::int32_t> spellingsLike(const std::string& folded) const;

    /// Everywhere a token stands, in order.
    std::span<const Place> placesOf(std::int32_t token) const;
    Place placeOf(std::int64_t nth) const; ///< Of all tokens counted through.

private:
    std::size_t at(Place place) const
    {
        return static_cast<std::size_t>(
            m_firstToken[static_cast<std::size_t>(place.passage)] + place.position);
    }
    void addPassage(
        const Passage& passage, const std::vector<std::string>& vocabulary, std::size_t head);
    std::int32_t intern(const std::string& word);
    void listPlaces();

    std::vector<std::int64_t> m_firstToken{0}, m_firstWord{0};
    std::vector<std::int32_t> m_heads, m_tokens, m_wordOf, m_pieceOf;
    std::vector<std::string> m_pieces;
    std::vector<std::int64_t> m_tokensOfPiece;
    std::unordered_map<std::string, std::int32_t> m_pieceIds;
    std::vector<char> m_isHeldOut, m_isSpecial;
    std::vector<Word> m_words;
    std::vector<std::string> m_spellings, m_foldedTexts;
    std::vector<std::int32_t> m_folded, m_usual;
    std::vector<std::uint8_t> m_classes, m_languages;
    std::vector<std::int64_t> m_tokensOf, m_passagesWith, m_lastPassage;
    std::unordered_map<std::string, std::int32_t> m_spellingIds, m_foldedIds;
    std::vector<std::int64_t> m_firstPlace;
    std::vector<Place> m_places;
};

/// Lower case, also of the Latin letters with accents.
std::string foldedWord(std::string_view word);

/// The words of a text as a corpus would be cut.
std::vector<std::string> wordsOfText(const std::string& text);

const char* languageName(TextLanguage language);

} // namespace core
