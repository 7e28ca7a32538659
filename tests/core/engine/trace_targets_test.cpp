// Which tokens a person's words for a graph's targets name.
#include "core/engine/trace_targets.h"
#include "tests/core/engine/open_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace core;
using testing::HasSubstr;

class TraceTargets : public testing::Test {
protected:
    TraceTarget target(const std::string& text) const
    {
        const auto targets = traceTargets(bench.model(), {text}, 10);
        EXPECT_TRUE(targets) << (targets ? "" : targets.error().message);
        return targets ? targets->front() : TraceTarget();
    }
    int token(const std::string& text) const { return static_cast<int>(target(text).token.value); }
    std::pair<int, int> difference(const std::string& text) const
    {
        const TraceTarget found = target(text);
        return {static_cast<int>(found.token.value), static_cast<int>(found.minus.value)};
    }
    std::string error(const std::string& text) const
    {
        const auto targets = traceTargets(bench.model(), {text}, 10);
        EXPECT_FALSE(targets) << text;
        return targets ? "" : targets.error().message;
    }

    tests::OpenBench bench;
};

TEST_F(TraceTargets, ASpaceThatIsWrittenIsPartOfTheToken)
{
    EXPECT_EQ(token(" in"), 288);
    EXPECT_EQ(token("in"), 260);
    EXPECT_EQ(token(" an"), 282);
    EXPECT_EQ(token("an"), 273);
    EXPECT_EQ(token(" s"), 265);
    EXPECT_EQ(token("s"), 116);
    EXPECT_EQ(token(" in@3"), 288);
    EXPECT_EQ(target(" in @3").position, Position(3));
    EXPECT_EQ(token(" in @3"), 288);
    EXPECT_EQ(token("in "), 260) << "no token has a space behind it";
    EXPECT_EQ(token(" #12 "), 12);
}

TEST_F(TraceTargets, ASpaceThatIsNotWrittenIsAddedWhereItMakesAToken)
{
    EXPECT_EQ(token("the"), 263);
    EXPECT_EQ(token(" the"), 263);
    EXPECT_EQ(difference("the - of"), std::pair(263, 287));
}

TEST_F(TraceTargets, BothSidesOfADifferenceKeepTheirSpaces)
{
    EXPECT_EQ(difference("in - an"), std::pair(260, 273));
    EXPECT_EQ(difference("in-an"), std::pair(260, 273));
    EXPECT_EQ(difference(" in - an"), std::pair(288, 273));
    EXPECT_EQ(difference(" in -  an"), std::pair(288, 282));
    EXPECT_EQ(difference(" in- an"), std::pair(288, 282));
    EXPECT_EQ(difference(" in - in"), std::pair(288, 260));
    EXPECT_EQ(difference("#12 - #40"), std::pair(12, 40));
    EXPECT_EQ(difference(" s -  an@2"), std::pair(265, 282));
}

TEST_F(TraceTargets, WhatIsNoTokenNamesTheOnesThatAreNear)
{
    EXPECT_THAT(error(" he"), HasSubstr("` he` is not one token of this model. `he` (#259) is."));
    error("in - ");
    error("");
    EXPECT_THAT(error("  in"), HasSubstr("`in` (#260) and ` in` (#288) are."));
    EXPECT_THAT(error("in -  he"), HasSubstr("` he` is not one token of this model. `he` (#259)"));
    EXPECT_THAT(
        error("no such token"), HasSubstr("is not one token of this model. Give the first"));
}

} // namespace
