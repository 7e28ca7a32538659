#include "core/builtin/sentence_template.h"

#include <gtest/gtest.h>

namespace core {
namespace {

const Slots kSlots{{"part", {"cables", "cable", "old cables"}}, {"place", {"bay", "old town"}}};

TEST(SlotsTest, BarsSeparateWordings)
{
    EXPECT_EQ(splitWordings("red|dark orange"), (Wordings{"red", "dark orange"}));
    EXPECT_EQ(splitWordings("red"), Wordings{"red"});
}

TEST(SlotsTest, UnionKeepsEachWordingOnce)
{
    const Slots all = unionOfSlots({{"a", {{"look", {"red", "tall"}}}},
        {"b", {{"look", {"tall", "old"}}, {"feel", {"cold"}}}}});
    EXPECT_EQ(all.at("look"), (Wordings{"red", "tall", "old"}));
    EXPECT_EQ(all.at("feel"), Wordings{"cold"});
}

TEST(SentenceTemplateTest, CutsTextIntoLiteralsAndSlots)
{
    const SentenceTemplate form("The {part} by the {place}.");
    ASSERT_EQ(form.parts().size(), 5u);
    EXPECT_EQ(form.parts()[0].text, "The ");
    EXPECT_TRUE(form.parts()[1].isSlot);
    EXPECT_EQ(form.parts()[1].text, "part");
    EXPECT_EQ(form.parts()[4].text, ".");
}

TEST(SentenceTemplateTest, TriesEveryWordingThatIsAPrefix)
{
    const SentenceTemplate form("The {part} by the {place}.");
    EXPECT_TRUE(form.matches("The cables by the bay.", kSlots));
    EXPECT_TRUE(form.matches("The cable by the old town.", kSlots));
    EXPECT_TRUE(form.matches("The old cables by the bay.", kSlots));
}

TEST(SentenceTemplateTest, RejectsWhatItCannotWrite)
{
    const SentenceTemplate form("The {part} by the {place}.");
    EXPECT_FALSE(form.matches("The bay by the cables.", kSlots));
    EXPECT_FALSE(form.matches("The cables by the bay", kSlots));
    EXPECT_FALSE(form.matches("The cables by the bay. More.", kSlots));
    EXPECT_FALSE(form.matches("", kSlots));
    EXPECT_FALSE(SentenceTemplate("A {colour} day.").matches("A red day.", kSlots));
}

TEST(SentenceTemplateTest, ParsesOneTemplatePerLine)
{
    EXPECT_EQ(parseTemplates("\nOne.\nTwo {part}.\n").size(), 2u);
}

} // namespace
} // namespace core
