#include "core/builtin/bpe_trainer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace core {
namespace {

std::vector<std::string> pieces(std::string_view text)
{
    const auto views = splitLikeGpt2(text);
    return {views.begin(), views.end()};
}

TEST(SplitLikeGpt2Test, CutsAsThePatternSays)
{
    using List = std::vector<std::string>;
    EXPECT_EQ(pieces("The bay's fog, 12 ships."),
        (List{"The", " bay", "'s", " fog", ",", " 12", " ships", "."}));
    EXPECT_EQ(pieces("C'est drôle"), (List{"C", "'", "est", " drôle"}));
    EXPECT_EQ(pieces("a):\n    return x\n\n"), (List{"a", "):", "\n   ", " return", " x", "\n\n"}));
    EXPECT_EQ(pieces("Q:\nA: "), (List{"Q", ":", "\n", "A", ":", " "}));
    EXPECT_EQ(pieces("a  b"), (List{"a", " ", " b"}));
}

TEST(TrainBpeTest, MergesTheMostFrequentPairFirst)
{
    // "ab" comes five times, "bc" three times, then "abc" twice more than once.
    const auto vocabulary = trainBpe({"abc abc abc ab ab"}, 260);
    ASSERT_EQ(vocabulary.tokens.size(), 260u);
    ASSERT_EQ(vocabulary.merges.size(), 3u);
    EXPECT_EQ(vocabulary.merges[0], (BpeVocabulary::Merge{"a", "b"}));
    // " ab" stands four times at the start of a word, "abc" three times.
    EXPECT_EQ(vocabulary.merges[1], (BpeVocabulary::Merge{" ", "ab"}));
    EXPECT_EQ(vocabulary.merges[2], (BpeVocabulary::Merge{" ab", "c"}));
    EXPECT_EQ(vocabulary.tokens.back(), "<|endoftext|>");
    EXPECT_EQ(vocabulary.tokens[256], "ab");
}

TEST(TrainBpeTest, TiesGoToTheFirstInByteOrder)
{
    // " b", "ba" and "zy" come twice each.
    const auto vocabulary = trainBpe({"zy ba zy ba"}, 258);
    ASSERT_EQ(vocabulary.merges.size(), 1u);
    EXPECT_EQ(vocabulary.merges[0], (BpeVocabulary::Merge{" ", "b"}));
}

TEST(TrainBpeTest, StopsWhenNothingRepeats)
{
    EXPECT_EQ(trainBpe({"abcd"}, 1000).merges.size(), 0u);
}

TEST(TokenizerJsonTest, SpellsBytesInGpt2Letters)
{
    const auto json = nlohmann::json::parse(tokenizerJson(trainBpe({"\n é \n é a a"}, 262)));
    const auto& vocab = json["model"]["vocab"];
    EXPECT_EQ(vocab["a"], 'a');
    EXPECT_EQ(vocab["\u0120"], ' '); // a space is written as G with a dot
    EXPECT_EQ(vocab["\u010a"], '\n');
    EXPECT_EQ(vocab["\u00c3"], 0xc3);
    EXPECT_EQ(json["added_tokens"][0]["id"], vocab["<|endoftext|>"]);
    for (const auto& merge : json["model"]["merges"]) {
        const auto text = merge.get<std::string>();
        const auto space = text.find(' ');
        EXPECT_TRUE(vocab.contains(text.substr(0, space) + text.substr(space + 1))) << text;
    }
}

} // namespace
} // namespace core
