#pragma once

#include "core/labels/corpus_text.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace core {

/// One condition on a token of a text. Its words are alternatives, the most telling first.
struct RuleClause {
    enum class Kind : std::uint8_t {
        AtWord, ///< The token is part of one of `words`, spelled so.
        AtClass, ///< ... of a word of the class `number`.
        RightAfter, ///< The words just before are one of `words` ("capital of").
        /// One of `words` stands at most kContextTokens before, or here; any capitals. With
        /// `number` kThisSentence: since the last sentence ended.
        Said,
        Before, ///< The next token begins one of `words`, spelled so.
        Start, ///< Among the first `number` tokens of a text.
        InLanguage, ///< The text so far is in the language `number`.
        Repeated, ///< The same token stood in the text before.
        AtPiece, ///< The token is one of `words`, a piece of a longer word.
        AtStem ///< As AtWord, any capitals and endings; of words that a person wrote.
    };
    Kind kind = Kind::AtWord;
    std::vector<std::string> words;
    int number = 0;

    bool operator==(const RuleClause&) const = default;
};

inline constexpr int kContextTokens = 64;
inline constexpr int kThisSentence = 1; ///< `number` of a clause of the kind `Said`.

/// What is said of a feature: it fires where every clause holds. A label's text is written from
/// the rule.
struct LabelRule {
    std::vector<RuleClause> clauses;

    bool isEmpty() const { return clauses.empty(); }
    bool operator==(const LabelRule&) const = default;
};

/// A short phrase of the corpus's words: `"is" after Dallas, Houston, Texas …`. Empty for no rule.
std::string describe(const LabelRule& rule);

/// Every word of the rule, for a person who wants to know what was tested.
std::string describeFully(const LabelRule& rule);

std::string writeRule(const LabelRule& rule); ///< One line a clause.
std::optional<LabelRule> readRule(const std::string& text); ///< Nothing when it is damaged.

/// A rule made ready for one corpus.
class RuleMatcher {
public:
    RuleMatcher(const LabelRule& rule, const CorpusText& corpus);
    ~RuleMatcher();
    bool holds(Place place) const; ///< False for an empty rule.

private:
    struct Ready;
    const CorpusText& m_corpus;
    std::vector<Ready> m_clauses;
};

/// The rule on a text of one's own: for each token the share of clauses that hold; 1 where the rule
/// says that the feature fires.
std::vector<double> ruleScores(const LabelRule& rule, const std::vector<std::string>& tokenTexts);

/// The language of what was said up to a place; nothing where too little speaks for one.
std::optional<TextLanguage> languageUpTo(const CorpusText& corpus, Place place);
/// Whether a word of the passage ends a sentence that what comes after it does not belong to.
bool endsSentence(const CorpusText& corpus, const CorpusText::Word& word);
/// Whether the same token stood earlier in the passage.
bool stoodBefore(const CorpusText& corpus, Place place);
/// The word that the next token begins; -1 where it goes on with this one, or there is none.
std::int32_t nextWord(const CorpusText& corpus, Place place);
/// The word in front of the one at the place (or of the gap there), as an index; -1 for none.
std::int32_t wordBefore(const CorpusText& corpus, Place place);

} // namespace core
