#include "core/labels/label_rule.h"

#include "core/labels/log_odds.h"
#include "core/labels/says.h"

#include <gtest/gtest.h>

namespace {

using namespace core;
using Kind = RuleClause::Kind;

TEST(LogOdds, EqualsThePublishedFormula)
{
    // By hand: 10 of 100 against 5 of 200, a prior of 1 in 50:
    // ln(11/139) - ln(6/244) = 1.16883; the variance is 1/11 + 1/6.
    EXPECT_NEAR(logOddsZ(10, 100, 5, 200, 1, 50), 2.3030262739886305, 1e-12);
    EXPECT_NEAR(logOddsZ(5, 200, 10, 100, 1, 50), -2.3030262739886305, 1e-12);
    EXPECT_NEAR(logOddsZ(5, 100, 10, 200, 0, 0), 0.0, 1e-12);
    // A rare word seen once by chance is no evidence, a clear difference is.
    EXPECT_LT(logOddsZ(1, 30, 0, 100, 0.05, 500), 1.5);
    EXPECT_GT(logOddsZ(25, 30, 2, 100, 5, 500), 3.0);
}

std::vector<double> scores(const LabelRule& rule)
{
    return ruleScores(rule,
        {" In", " Dallas", " it", " is", " warm", ".", " It", " is", " 42", "\n", " Éte", "s"});
}

TEST(LabelRules, GiveEachPositionAScore)
{
    const LabelRule rule{{{Kind::AtWord, {"is"}, 0}, {Kind::Said, {"dallas"}, 0}}};
    EXPECT_EQ(
        scores(rule), (std::vector<double>{0, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 1, 0.5, 0.5, 0.5, 0.5}));
    EXPECT_EQ(scores({{{Kind::Said, {"dallas"}, kThisSentence}}}),
        (std::vector<double>{0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(scores({{{Kind::RightAfter, {"Dallas it"}, 0}}})[3], 1);
    EXPECT_EQ(scores({{{Kind::RightAfter, {"Dallas it"}, 0}}})[7], 0);
    EXPECT_EQ(scores({{{Kind::Before, {"Dallas"}, 0}}})[0], 1);
    EXPECT_EQ(scores({{{Kind::Start, {}, 2}}})[1], 1);
    EXPECT_EQ(scores({{{Kind::Start, {}, 2}}})[2], 0);
    EXPECT_EQ(scores({{{Kind::Repeated, {}, 0}}})[7], 1);
    EXPECT_EQ(scores({{{Kind::Repeated, {}, 0}}})[3], 0);
    EXPECT_EQ(scores({{{Kind::AtClass, {}, int(WordClass::Digits)}}})[8], 1);
    EXPECT_EQ(scores({{{Kind::AtClass, {}, int(WordClass::Punctuation)}}})[5], 1);
    EXPECT_EQ(scores({{{Kind::AtClass, {}, int(WordClass::LineBreak)}}})[9], 1);
    EXPECT_EQ(scores({{{Kind::AtClass, {}, int(WordClass::Accented)}}})[11], 1);
    EXPECT_EQ(scores({{{Kind::AtWord, {"Étes"}, 0}}})[11], 1); // the word, over both its tokens
    EXPECT_EQ(scores({{{Kind::AtPiece, {"s"}, 0}}})[11], 1);
    EXPECT_EQ(scores({{{Kind::AtPiece, {"is"}, 0}}})[3], 0); // a whole word
    EXPECT_EQ(scores({{{Kind::AtStem, {"éte"}, 0}}})[11], 1);
}

TEST(LabelRules, ReadAsShortPhrases)
{
    EXPECT_EQ(describe({{{Kind::AtWord, {"is"}, 0}}}), "\"is\"");
    EXPECT_EQ(describe({{{Kind::Said, {"Dallas", "Houston", "Texas", "Austin"}, 0},
                  {Kind::AtWord, {"is"}, 0}}}),
        "\"is\" after Dallas, Houston, Texas …");
    EXPECT_EQ(describeFully({{{Kind::Said, {"Dallas", "Houston", "Texas", "Austin"}, 0}}}),
        "about Dallas, Houston, Texas, Austin");
    EXPECT_EQ(
        describe({{{Kind::Said, {"Dallas", "Houston"}, kThisSentence}, {Kind::AtWord, {"is"}, 0}}}),
        "\"is\" after Dallas, Houston in the sentence");
    EXPECT_EQ(describe({{{Kind::RightAfter, {"capital of"}, 0}}}), "right after \"capital of\"");
    EXPECT_EQ(describe({{{Kind::RightAfter, {"the"}, 0}, {Kind::Said, {"bay"}, 0}}}),
        "right after \"the\", about bay");
    EXPECT_EQ(describe({{{Kind::Start, {}, 1}}}), "first token of a text");
    EXPECT_EQ(describe({{{Kind::AtClass, {}, int(WordClass::Digits)}}}), "numbers");
    EXPECT_EQ(describe({{{Kind::InLanguage, {}, int(TextLanguage::French)}}}), "French text");
    EXPECT_EQ(
        describe({{{Kind::AtWord, {"la"}, 0}, {Kind::InLanguage, {}, int(TextLanguage::French)}}}),
        "\"la\" in French text");
    EXPECT_EQ(describe({}), "");
}

TEST(LabelRules, AreKeptAsText)
{
    const LabelRule rule{{{Kind::AtWord, {"\n", "a\\b", "tab\there"}, 0}, {Kind::Start, {}, 4}}};
    EXPECT_EQ(readRule(writeRule(rule)), rule);
    EXPECT_EQ(readRule(""), LabelRule());
    for (const char* damaged : {"x", "0", "99\t0\tword", "0\tx", "-1\t0", "1\t77", "6\t77"})
        EXPECT_FALSE(readRule(damaged)) << damaged;
}

TEST(Says, NamesTokensThatStandOutAlone)
{
    std::vector<std::string> vocabulary;
    StoredEffects clear, even;
    for (int i = 0; i < 10; ++i) {
        vocabulary.push_back(" word" + std::to_string(i));
        clear.positive.emplace_back(TokenId(i), i == 0 ? 3.0f : i == 1 ? 2.0f : 1.0f);
        even.positive.emplace_back(TokenId(i), 1.2f - 0.02f * static_cast<float>(i));
    }
    EXPECT_EQ(tokensThatStandOut(clear, vocabulary, std::nullopt),
        (std::vector<TokenId>{TokenId(0), TokenId(1)}));
    EXPECT_TRUE(tokensThatStandOut(even, vocabulary, std::nullopt).empty());
    EXPECT_TRUE(tokensThatStandOut(clear, vocabulary, 0.0).empty()); // it moves nothing
    EXPECT_EQ(describeSays({"Austin", "Texas"}), "says Austin, Texas");
    // What is measured in the model counts whatever the direction does, from a quarter of a logit
    // on.
    EXPECT_EQ(
        raisedThatStandOut(clear, vocabulary), (std::vector<TokenId>{TokenId(0), TokenId(1)}));
    EXPECT_TRUE(raisedThatStandOut({}, vocabulary).empty());
    for (auto& [token, effect] : clear.positive)
        effect /= 20;
    EXPECT_TRUE(raisedThatStandOut(clear, vocabulary).empty());
}

/// Passages of one sentence each, its tokens the words with the space before them.
CorpusText corpusOf(
    const std::vector<std::vector<int>>& sentences, const std::vector<std::string>& vocabulary)
{
    std::vector<Passage> passages;
    for (const auto& sentence : sentences) {
        Passage& passage = passages.emplace_back();
        passage.tokens.emplace_back(0);
        for (const int token : sentence) {
            passage.tokens.emplace_back(token);
            passage.text += vocabulary[static_cast<std::size_t>(token)];
        }
    }
    return CorpusText(passages, vocabulary);
}

TEST(Says, GoesOnWithTheRestOfAWordOrName)
{
    const std::vector<std::string> vocabulary{
        "", " Des", " Moines", " is", " Sac", "ramento", " Lake", " City", " Salt", " big", "."};
    std::vector<std::vector<int>> sentences;
    for (int i = 0; i < 10; ++i) {
        sentences.push_back({1, 2, 3, 9, 10}); // Des Moines is big.
        sentences.push_back({4, 5, 3, 9, 10}); // Sacramento is big.
        sentences.push_back({8, 6, 7, 3, 9, 10}); // Salt Lake City is big.
        sentences.push_back({6, 3, 9, 10}); // Lake is big.
    }
    const CorpusText corpus = corpusOf(sentences, vocabulary);
    const auto words = [&](int token) { return wordsFrom(TokenId(token), vocabulary, corpus); };
    EXPECT_EQ(words(1), "Des Moines");
    EXPECT_EQ(words(4), "Sacramento");
    EXPECT_EQ(words(8), "Salt Lake City");
    EXPECT_EQ(words(6), "Lake"); // of twenty places only ten go on with City
    EXPECT_EQ(words(9), "big"); // a sign is no word
    EXPECT_EQ(words(2), "Moines"); // no name goes on in small letters
    EXPECT_EQ(words(10), ".");
    sentences.resize(4 * 9);
    const CorpusText smaller = corpusOf(sentences, vocabulary);
    EXPECT_EQ(wordsFrom(TokenId(1), vocabulary, smaller), "Des"); // nine places are too few
}

} // namespace
