#include "core/labels/learn_rule.h"

#include "core/labels/log_odds.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <map>
#include <unordered_map>
#include <unordered_set>

namespace core {

namespace {

using Kind = RuleClause::Kind;
constexpr std::size_t kMostPlaces = 512; ///< Three times what a harvest keeps.
using Mask = std::bitset<kMostPlaces>;

constexpr double kLeastZ = 1.64; ///< Above chance at one in twenty.
/// One of many words that mean the same is seen a few times only; the test on other text tells
/// whether it was chance.
constexpr double kLeastZSaid = 1.0;
constexpr double kPriorSize
    = 50; ///< About as much as a feature's own places: a rare word needs more than chance.
constexpr std::size_t kMostCandidates = 40, kMostWords = 12;
/// Of accuracy, for what makes a label longer; what comes after a token is no cause of its firing.
constexpr double kWordCost = 0.005, kClauseCost = 0.03, kNextCost = 0.03;

struct Candidate {
    std::string word;
    Mask holds;
    double z = 0;
    double share
        = 0; ///< Of places where one expects it; for words whose z depends on the other clause.
};

/// A clause that is being put together, with the places where it holds.
struct Tried {
    RuleClause clause;
    Mask holds;
    double value = 0; ///< Accuracy less what its length costs.
    double promise = 0; ///< The same of `promise`.
};

/// The places of one learning, and what stands at each.
class Learner {
public:
    Learner(const CorpusText& corpus, const FiringPlaces& places)
        : m_corpus(corpus)
    {
        // Evenly through the lists: they are in the order of the passages.
        const auto each = [](std::size_t size, const auto& take) {
            const std::size_t most = std::min(kMostPlaces / 2, size);
            for (std::size_t i = 0; i < most; ++i)
                take(i * size / most);
        };
        each(places.fires.size(), [&](std::size_t i) {
            for (std::size_t plane = 0; plane < m_strengths.size(); ++plane)
                m_strengths[plane].set(m_places.size(), places.fires[i].strength >> plane & 1);
            m_fires.set(m_places.size());
            m_places.push_back(places.fires[i].place);
        });
        each(places.rests.size(), [&](std::size_t i) {
            m_groups[static_cast<std::size_t>(places.rests[i].group)].set(m_places.size());
            m_places.push_back(places.rests[i].place);
        });
        m_firing = static_cast<double>(m_fires.count());
        m_strength = strength(m_fires);
        for (std::size_t i = 0; i < m_places.size(); ++i)
            m_all.set(i);
        m_rests = m_all & ~m_fires;
        for (std::size_t g = 0; g < m_groups.size(); ++g)
            m_groupSizes[g] = static_cast<int>(m_groups[g].count());
        collect();
    }

    double accuracy(const Mask& holds) const
    {
        return 0.5 + (strength(holds) / m_strength - error(holds)) / 2.0;
    }

    double error(const Mask& holds) const { return restsUnder(holds).error(); }

    /// Accuracy with the mean over the groups of resting places: what a first clause grows along.
    double promise(const Mask& holds) const
    {
        return 0.5 + (strength(holds) / m_strength - restsUnder(holds).meanError()) / 2.0;
    }

    RestCount restsUnder(const Mask& holds) const
    {
        RestCount rests;
        for (std::size_t g = 0; g < m_groups.size(); ++g) {
            const auto group = static_cast<FiringPlaces::Rest::Group>(g);
            const int wrong = static_cast<int>((holds & m_groups[g]).count());
            rests.add(group, true, wrong);
            rests.add(group, false, m_groupSizes[g] - wrong);
        }
        return rests;
    }

    /// Of the firing places in a set, added up.
    double strength(const Mask& holds) const
    {
        double sum = 0;
        for (std::size_t plane = 0; plane < m_strengths.size(); ++plane)
            sum += double((holds & m_strengths[plane]).count() << plane);
        return sum;
    }

    LearntRule learn() const
    {
        LearntRule learnt;
        std::vector<Tried> firsts = clauses(m_all, nullptr);
        std::stable_sort(firsts.begin(), firsts.end(),
            [](const Tried& a, const Tried& b) { return a.promise > b.promise; });
        double best = 0.5;
        Mask holds;
        for (const Tried& first : firsts)
            if (first.value > best) {
                best = first.value;
                holds = first.holds;
                learnt.rule = {{first.clause}};
            }
        constexpr std::size_t kFirstsGoneOnWith = 4;
        for (std::size_t i = 0; i < std::min(kFirstsGoneOnWith, firsts.size()); ++i) {
            const Tried& first = firsts[i];
            for (const Tried& second : clauses(first.holds, &first.clause)) {
                const double value
                    = second.value - kClauseCost - kWordCost * double(first.clause.words.size());
                if (value <= best)
                    continue;
                best = value;
                holds = second.holds;
                learnt.rule = {{first.clause, second.clause}};
            }
        }
        if (!learnt.rule.isEmpty())
            learnt.accuracy = accuracy(holds);
        tell(learnt, m_at, TellingWord::Where::At);
        tell(learnt, m_said, TellingWord::Where::Before);
        tell(learnt, m_next, TellingWord::Where::Next);
        tell(learnt, m_grams, TellingWord::Where::RightAfter);
        std::stable_sort(learnt.telling.begin(), learnt.telling.end(),
            [](const TellingWord& a, const TellingWord& b) { return a.z > b.z; });
        return learnt;
    }

private:
    using Masks = std::unordered_map<std::int64_t, Mask>;

    void collect()
    {
        Masks at, next, said, inSentence, pieces;
        std::map<std::vector<std::int32_t>, Mask> grams;
        for (std::size_t i = 0; i < m_places.size(); ++i) {
            const Place place = m_places[i];
            const auto words = m_corpus.words(place.passage);
            const std::int32_t here = m_corpus.wordAt(place);
            if (here >= 0) {
                const std::int32_t spelling = words[static_cast<std::size_t>(here)].spelling;
                at[spelling].set(i);
                for (int c = 0; c < static_cast<int>(WordClass::Count); ++c)
                    if (m_corpus.is(spelling, static_cast<WordClass>(c)))
                        m_classes[c].set(i);
            }
            if (const std::int32_t piece = m_corpus.pieceAt(place); piece >= 0)
                pieces[piece].set(i);
            if (const std::int32_t word = nextWord(m_corpus, place); word >= 0)
                next[words[static_cast<std::size_t>(word)].spelling].set(i);
            const std::int32_t before = wordBefore(m_corpus, place);
            std::vector<std::int32_t> gram;
            constexpr std::int32_t kLongestGram = 3;
            for (std::int32_t w = before; w >= 0 && w > before - kLongestGram; --w) {
                gram.insert(gram.begin(), words[static_cast<std::size_t>(w)].spelling);
                grams[gram].set(i);
            }
            bool isSameSentence = true;
            for (std::int32_t w = here >= 0 ? here : before; w >= 0; --w) {
                const CorpusText::Word& word = words[static_cast<std::size_t>(w)];
                if (word.last < place.position - kContextTokens)
                    break;
                said[m_corpus.folded(word.spelling)].set(i);
                isSameSentence = isSameSentence
                    && (word.last >= place.position || !endsSentence(m_corpus, word));
                if (isSameSentence)
                    inSentence[m_corpus.folded(word.spelling)].set(i);
            }
            const std::int32_t from = place.position - m_corpus.head(place.passage);
            for (std::size_t s = 0; s < kStarts.size(); ++s)
                if (from < kStarts[s])
                    m_starts[s].set(i);
            if (const auto language = languageUpTo(m_corpus, place))
                m_languages[static_cast<int>(*language)].set(i);
            if (stoodBefore(m_corpus, place))
                m_repeated.set(i);
        }
        // Against the corpus: matched places share the tokens by design.
        const auto perToken = [&](const Masks& masks, bool arePieces,
                                  std::vector<Candidate>& into) {
            for (const auto& [id, mask] : masks) {
                const auto word = static_cast<std::int32_t>(id);
                const double seen = double((mask & m_fires).count()),
                             all = double(m_corpus.tokens()),
                             inAll
                    = double(arePieces ? m_corpus.countOfPiece(word) : m_corpus.countOf(word));
                add(into, arePieces ? m_corpus.pieceText(word) : m_corpus.spelling(word), mask,
                    logOddsZ(seen, m_firing, inAll, all, m_firing * inAll / all, m_firing));
            }
            keepBest(into);
        };
        perToken(at, false, m_at);
        perToken(next, false, m_next);
        perToken(pieces, true, m_atPiece);
        for (const auto& [masks, pool] :
            {std::pair(&said, &m_saidPool), {&inSentence, &m_sentencePool}})
            for (const auto& [id, mask] : *masks) {
                const auto word = static_cast<std::int32_t>(id);
                const std::string& text = m_corpus.usual(word);
                if (isWordOfATopic(text) && (mask & m_fires).count() >= 2)
                    pool->push_back({text, mask, 0, m_corpus.shareOfPassages(word)});
            }
        m_said = telling(m_saidPool, m_all);
        m_inSentence = telling(m_sentencePool, m_all);
        for (const auto& [gram, mask] : grams) {
            if ((mask & m_fires).count() < 2)
                continue;
            std::string text;
            for (const std::int32_t spelling : gram)
                text.append(text.empty() ? "" : " ").append(m_corpus.spelling(spelling));
            // No table of the corpus's n-grams is kept: the places together are the background.
            m_gramPool.push_back({text, mask, 0, double(mask.count()) / double(m_places.size())});
        }
        m_grams = telling(m_gramPool, m_all);
    }

    /// Those of a pool with a clear z among some of the places, best first. A passage counts once,
    /// however often the feature fires in it.
    std::vector<Candidate> telling(const std::vector<Candidate>& pool, const Mask& within) const
    {
        const double firing = inPassages(m_fires & within),
                     resting = double((m_rests & within).count());
        std::vector<Candidate> clear;
        for (const Candidate& one : pool) {
            const double z = logOddsZ(inPassages(one.holds & m_fires & within), firing,
                double((one.holds & m_rests & within).count()), resting, kPriorSize * one.share,
                kPriorSize);
            if (z >= kLeastZSaid)
                clear.push_back({one.word, one.holds, z, one.share});
        }
        keepBest(clear);
        return clear;
    }

    /// A sign or a single letter says nothing of a topic.
    static bool isWordOfATopic(const std::string& word)
    {
        const auto first = static_cast<unsigned char>(word.front());
        return word.size() > 1 && (std::isalnum(first) || first >= 0x80);
    }

    double inPassages(const Mask& mask) const
    {
        double count = 0;
        std::int32_t last = -1;
        for (std::size_t i = mask._Find_first(); i < kMostPlaces; i = mask._Find_next(i)) {
            count += m_places[i].passage != last;
            last = m_places[i].passage;
        }
        return count;
    }

    void add(std::vector<Candidate>& into, std::string word, const Mask& mask, double z) const
    {
        if (z >= kLeastZ && (mask & m_fires).count() >= 2)
            into.push_back({std::move(word), mask, z, 0});
    }

    static void keepBest(std::vector<Candidate>& candidates)
    {
        std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
            return a.z != b.z ? a.z > b.z : a.word < b.word;
        });
        if (candidates.size() > kMostCandidates)
            candidates.resize(kMostCandidates);
    }

    /// With all candidates, and with those alone that hardly stand where the feature rests: a word
    /// for much of the firing ("capital") keeps out many that each tell a little of it (cities).
    void grow(std::vector<Tried>& into, Kind kind, const std::vector<Candidate>& candidates,
        const Mask& within, int number = 0) const
    {
        growOf(into, kind, candidates, within, number);
        std::vector<Candidate> specific;
        for (const Candidate& one : candidates)
            if (isSpecific(one.holds & within))
                specific.push_back(one);
        if (specific.size() < candidates.size())
            growOf(into, kind, specific, within, number);
    }

    bool isSpecific(const Mask& holds) const
    {
        constexpr double kOnePlace = 1.0 / 32, kLeastRatio = 5;
        return strength(holds) / m_strength >= kLeastRatio * (error(holds) - kOnePlace);
    }

    /// Takes the word that helps most, then the next, while it is worth its cost.
    void growOf(std::vector<Tried>& into, Kind kind, const std::vector<Candidate>& candidates,
        const Mask& within, int number) const
    {
        const auto worth
            = [&](const Mask& holds) { return within == m_all ? promise(holds) : accuracy(holds); };
        Tried tried{{kind, {}, number}, {}, 0.5, 0.5};
        std::vector<char> isTaken(candidates.size(), 0);
        while (tried.clause.words.size() < kMostWords) {
            std::size_t best = candidates.size();
            double gain = kWordCost;
            for (std::size_t c = 0; c < candidates.size(); ++c) {
                if (isTaken[c])
                    continue;
                const double gained
                    = worth(tried.holds | (candidates[c].holds & within)) - worth(tried.holds);
                if (gained > gain) {
                    gain = gained;
                    best = c;
                }
            }
            if (best == candidates.size())
                break;
            isTaken[best] = 1;
            tried.holds |= candidates[best].holds & within;
            tried.clause.words.push_back(candidates[best].word);
        }
        if (tried.clause.words.empty())
            return;
        // In the order of how much of the firing each stands for. What stands for little beside the
        // first is left out: it lengthens the label more than it explains.
        constexpr double kLeastShare = 0.15;
        std::vector<std::pair<double, std::size_t>> order;
        for (std::size_t c = 0; c < candidates.size(); ++c)
            if (isTaken[c])
                order.emplace_back(-strength(candidates[c].holds & within), c);
        std::sort(order.begin(), order.end());
        tried.clause.words.clear();
        tried.holds.reset();
        for (const auto& [negative, c] : order)
            if (-negative >= kLeastShare * -order.front().first) {
                tried.holds |= candidates[c].holds & within;
                tried.clause.words.push_back(candidates[c].word);
            }
        const double cost = kWordCost * double(tried.clause.words.size())
            + (kind == Kind::Before ? kNextCost : 0);
        tried.value = accuracy(tried.holds) - cost;
        tried.promise = promise(tried.holds) - cost;
        into.push_back(std::move(tried));
    }

    /// The best clause of each kind within the places where `first` holds, other than `first`.
    std::vector<Tried> clauses(const Mask& within, const RuleClause* first) const
    {
        std::vector<Tried> all;
        const auto isFree = [&](Kind kind) { return !first || first->kind != kind; };
        const bool isTokenFree
            = isFree(Kind::AtWord) && isFree(Kind::AtClass) && isFree(Kind::AtPiece);
        const auto plain = [&](Kind kind, int number, const Mask& mask) {
            const Mask holds = mask & within;
            all.push_back({{kind, {}, number}, holds, accuracy(holds), promise(holds)});
        };
        if (isTokenFree) {
            grow(all, Kind::AtWord, m_at, within);
            grow(all, Kind::AtPiece, m_atPiece, within);
            for (int c = 0; c < static_cast<int>(WordClass::Count); ++c)
                plain(Kind::AtClass, c, m_classes[c]);
        }
        if (isFree(Kind::RightAfter))
            grow(all, Kind::RightAfter, first ? telling(m_gramPool, within) : m_grams, within);
        if (isFree(Kind::Said)) {
            grow(all, Kind::Said, first ? telling(m_saidPool, within) : m_said, within);
            grow(all, Kind::Said, first ? telling(m_sentencePool, within) : m_inSentence, within,
                kThisSentence);
        }
        if (isFree(Kind::Before))
            grow(all, Kind::Before, m_next, within);
        if (isFree(Kind::Start))
            for (std::size_t s = 0; s < kStarts.size(); ++s)
                plain(Kind::Start, kStarts[s], m_starts[s]);
        if (isFree(Kind::InLanguage))
            for (int l = 0; l < static_cast<int>(TextLanguage::Count); ++l)
                plain(Kind::InLanguage, l, m_languages[l]);
        if (isFree(Kind::Repeated))
            plain(Kind::Repeated, 0, m_repeated);
        return all;
    }

    static void tell(
        LearntRule& learnt, const std::vector<Candidate>& candidates, TellingWord::Where where)
    {
        for (std::size_t i = 0; i < std::min(kMostWords, candidates.size()); ++i)
            learnt.telling.push_back({where, candidates[i].word, candidates[i].z});
    }

    static constexpr std::array<int, 4> kStarts{1, 2, 4, 8};

    const CorpusText& m_corpus;
    std::vector<Place> m_places;
    Mask m_fires, m_rests, m_all, m_repeated;
    std::array<Mask, 3> m_groups; ///< Of the resting places, by their group.
    std::array<int, 3> m_groupSizes{};
    Mask m_classes[static_cast<int>(WordClass::Count)],
        m_languages[static_cast<int>(TextLanguage::Count)];
    std::array<Mask, kStarts.size()> m_starts;
    std::array<Mask, 4> m_strengths; ///< Bits of the firing places' strengths.
    double m_firing = 0, m_strength = 0;
    std::vector<Candidate> m_at, m_atPiece, m_next, m_said, m_inSentence, m_grams, m_saidPool,
        m_sentencePool, m_gramPool;
};

} // namespace

LearntRule learnRule(const CorpusText& corpus, const FiringPlaces& places)
{
    if (places.isEmpty())
        return {};
    return Learner(corpus, places).learn();
}

} // namespace core
