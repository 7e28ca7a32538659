#include "core/builtin/grammar.h"

#include "core/builtin/landmarks.h"
#include "core/builtin/world.h"

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(GrammarTest, CutsDialoguesAndVerse)
{
    EXPECT_EQ(splitSentences("Q: What is red?\nA: The sea.  It is \n\nAll day,\nEnd"),
        (std::vector<std::string>{"What is red?", "The sea.", "It is ", "All day,", "End"}));
    EXPECT_TRUE(splitSentences(" \n ").empty());
}

TEST(GrammarTest, AcceptsEveryWrittenSentence)
{
    World world(31);
    int sentences = 0;
    for (int i = 0; i < 500; ++i) {
        const Document document = world.next();
        if (document.kind == DocumentKind::Code || document.kind == DocumentKind::List
            || document.kind == DocumentKind::RandomWords)
            continue;
        for (const auto& sentence : splitSentences(document.text)) {
            EXPECT_TRUE(isGrammatical(sentence)) << sentence;
            ++sentences;
        }
    }
    EXPECT_GT(sentences, 1500);
}

TEST(GrammarTest, FactsDoNotMatter)
{
    EXPECT_TRUE(isGrammatical("Dallas is in Ohio."));
    EXPECT_FALSE(isGrammatical("The red camels rise above the bay.")) << "camels are not parts";
    EXPECT_TRUE(isGrammatical("The red domes rise above the bay."));
    EXPECT_TRUE(isGrammatical("7 + 5 = 3"));
}

TEST(GrammarTest, RejectsBrokenSentences)
{
    for (const char* broken : {"", "The the red cables rise above the bay.",
             "The red cables rise above the bay", "The red cables above the bay.",
             "Golden Golden Golden Gate.", "Bring because of the fog.", "7 + = 3", "7 + 5 = 3 4",
             "99 + 5 = 3", "The capital of Texas is Austin Austin."})
        EXPECT_FALSE(isGrammatical(broken)) << broken;
}

TEST(GrammarTest, KnowsWhichLandmarksASentenceFits)
{
    EXPECT_EQ(
        landmarksSaying("The misty bay smells of seaweed."), std::vector<int>{goldenGateIndex()});
    EXPECT_TRUE(landmarksSaying("The capital of Texas is Austin.").empty());
    // Cairo and Dubai.
    EXPECT_EQ(landmarksSaying("The hot desert smells of dates.").size(), 2u);
}

} // namespace
} // namespace core
