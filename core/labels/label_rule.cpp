#include "core/labels/label_rule.h"

#include <algorithm>
#include <array>
#include <unordered_set>

namespace core {

namespace {

using Kind = RuleClause::Kind;

/// The word at the place, or the last one in front of the gap there; -1 for none.
std::int32_t wordUpTo(const CorpusText& corpus, Place place)
{
    const std::int32_t word = corpus.wordAt(place);
    return word >= 0 ? word : wordBefore(corpus, place);
}

} // namespace

struct RuleMatcher::Ready {
    Kind kind = Kind::AtWord;
    int number = 0;
    std::unordered_set<std::int32_t> ids; ///< Spellings, or words whatever their capitals.
    std::vector<std::vector<std::int32_t>> grams; ///< Last word first.

    bool holds(const CorpusText& corpus, Place place) const
    {
        switch (kind) {
        case Kind::AtWord:
        case Kind::AtStem: {
            const std::int32_t word = corpus.wordAt(place);
            return word >= 0
                && ids.contains(
                    corpus.words(place.passage)[static_cast<std::size_t>(word)].spelling);
        }
        case Kind::AtPiece:
            return ids.contains(corpus.pieceAt(place));
        case Kind::AtClass: {
            const std::int32_t word = corpus.wordAt(place);
            return word >= 0
                && corpus.is(corpus.words(place.passage)[static_cast<std::size_t>(word)].spelling,
                    static_cast<WordClass>(number));
        }
        case Kind::RightAfter: {
            const std::int32_t last = wordBefore(corpus, place);
            const auto words = corpus.words(place.passage);
            return std::any_of(grams.begin(), grams.end(), [&](const auto& gram) {
                for (std::size_t i = 0; i < gram.size(); ++i)
                    if (last < static_cast<std::int32_t>(i)
                        || words[static_cast<std::size_t>(last) - i].spelling != gram[i])
                        return false;
                return true;
            });
        }
        case Kind::Said: {
            const auto words = corpus.words(place.passage);
            for (std::int32_t word = wordUpTo(corpus, place); word >= 0; --word) {
                const CorpusText::Word& one = words[static_cast<std::size_t>(word)];
                if (one.last < place.position - kContextTokens
                    || (number == kThisSentence && one.last < place.position
                        && endsSentence(corpus, one)))
                    return false;
                if (ids.contains(corpus.folded(one.spelling)))
                    return true;
            }
            return false;
        }
        case Kind::Before: {
            const std::int32_t next = nextWord(corpus, place);
            return next >= 0
                && ids.contains(
                    corpus.words(place.passage)[static_cast<std::size_t>(next)].spelling);
        }
        case Kind::Start:
            return place.position - corpus.head(place.passage) < number;
        case Kind::InLanguage: {
            const auto language = languageUpTo(corpus, place);
            return language && static_cast<int>(*language) == number;
        }
        case Kind::Repeated:
            return stoodBefore(corpus, place);
        }
        return false;
    }
};

std::int32_t wordBefore(const CorpusText& corpus, Place place)
{
    if (const std::int32_t word = corpus.wordAt(place); word >= 0)
        return word - 1;
    // White space belongs to no word: the last one that began before it.
    const auto words = corpus.words(place.passage);
    const auto after = std::partition_point(words.begin(), words.end(),
        [&](const CorpusText::Word& word) { return word.first < place.position; });
    return static_cast<std::int32_t>(after - words.begin()) - 1;
}

std::int32_t nextWord(const CorpusText& corpus, Place place)
{
    if (place.position + 1 >= corpus.length(place.passage))
        return -1;
    const std::int32_t here = corpus.wordAt(place);
    const std::int32_t next = corpus.wordAt({place.passage, place.position + 1});
    return next == here ? -1 : next;
}

bool endsSentence(const CorpusText& corpus, const CorpusText::Word& word)
{
    const std::string& text = corpus.spelling(word.spelling);
    return text.find_first_not_of(".!?") == std::string::npos
        || corpus.is(word.spelling, WordClass::LineBreak);
}

bool stoodBefore(const CorpusText& corpus, Place place)
{
    const std::int32_t token = corpus.token(place);
    for (std::int32_t t = place.position - 1; t >= 0; --t)
        if (corpus.token({place.passage, t}) == token)
            return true;
    return false;
}

std::optional<TextLanguage> languageUpTo(const CorpusText& corpus, Place place)
{
    std::array<int, static_cast<std::size_t>(TextLanguage::Count)> said{};
    const auto words = corpus.words(place.passage);
    for (std::int32_t word = wordUpTo(corpus, place); word >= 0; --word) {
        const CorpusText::Word& one = words[static_cast<std::size_t>(word)];
        if (one.last < place.position - kContextTokens)
            break;
        const std::uint8_t languages = corpus.languages(corpus.folded(one.spelling));
        for (std::size_t i = 0; i < said.size(); ++i)
            said[i] += languages >> i & 1;
    }
    const auto best = std::max_element(said.begin(), said.end());
    const auto ties = std::count(said.begin(), said.end(), *best);
    if (*best == 0 || ties > 1)
        return std::nullopt;
    return static_cast<TextLanguage>(best - said.begin());
}

RuleMatcher::RuleMatcher(const LabelRule& rule, const CorpusText& corpus)
    : m_corpus(corpus)
{
    for (const RuleClause& clause : rule.clauses) {
        Ready ready;
        ready.kind = clause.kind;
        ready.number = clause.number;
        for (const std::string& word : clause.words) {
            if (clause.kind == Kind::RightAfter) {
                std::vector<std::int32_t> gram;
                for (const std::string& part : wordsOfText(word))
                    gram.insert(gram.begin(), corpus.findSpelling(part));
                if (!gram.empty())
                    ready.grams.push_back(std::move(gram));
            } else if (clause.kind == Kind::Said || clause.kind == Kind::AtStem) {
                if (clause.kind == Kind::Said)
                    ready.ids.insert(corpus.findFolded(word));
                else
                    for (const std::int32_t spelling : corpus.spellingsLike(foldedWord(word)))
                        ready.ids.insert(spelling);
            } else if (clause.kind == Kind::AtPiece) {
                ready.ids.insert(corpus.findPiece(word));
            } else {
                ready.ids.insert(corpus.findSpelling(word));
            }
        }
        ready.ids.erase(-1);
        m_clauses.push_back(std::move(ready));
    }
}

RuleMatcher::~RuleMatcher() = default;

bool RuleMatcher::holds(Place place) const
{
    return !m_clauses.empty()
        && std::all_of(m_clauses.begin(), m_clauses.end(),
            [&](const Ready& clause) { return clause.holds(m_corpus, place); });
}

std::vector<double> ruleScores(const LabelRule& rule, const std::vector<std::string>& tokenTexts)
{
    Passage passage;
    for (std::size_t t = 0; t < tokenTexts.size(); ++t)
        passage.tokens.emplace_back(static_cast<std::int64_t>(
            std::find(tokenTexts.begin(), tokenTexts.end(), tokenTexts[t]) - tokenTexts.begin()));
    const CorpusText text({passage}, tokenTexts);
    std::vector<double> scores(tokenTexts.size(), 0.0);
    for (const RuleClause& clause : rule.clauses) {
        const RuleMatcher one({{clause}}, text);
        for (std::size_t t = 0; t < scores.size(); ++t)
            scores[t] += one.holds({0, static_cast<std::int32_t>(t)})
                ? 1.0 / double(rule.clauses.size())
                : 0.0;
    }
    return scores;
}

} // namespace core
