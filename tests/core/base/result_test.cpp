#include "core/base/ids.h"
#include "core/base/result.h"

#include <unordered_set>

#include <gtest/gtest.h>

namespace {

core::Result<int> half(int x)
{
    if (x % 2 != 0)
        return core::fail(core::Error::Code::InvalidFile, "odd");
    return x / 2;
}

TEST(Result, HoldsAValueOrAnErrorThatCanBePassedOn)
{
    EXPECT_EQ(half(4).value(), 2);
    const auto odd = half(3);
    ASSERT_FALSE(odd);
    const core::Result<std::string> passedOn = core::fail(odd.error());
    EXPECT_EQ(passedOn.error().message, "odd");
    EXPECT_EQ(passedOn.error().code, core::Error::Code::InvalidFile);
}

TEST(Ids, CompareHashAndStartInvalid)
{
    EXPECT_FALSE(core::Layer().isValid());
    EXPECT_LT(core::Layer(2), core::Layer(3));
    const std::unordered_set<core::FeatureRef> refs{
        {"a", core::FeatureId(1)}, {"a", core::FeatureId(1)}, {"b", core::FeatureId(1)}};
    EXPECT_EQ(refs.size(), 2u);
}

} // namespace
