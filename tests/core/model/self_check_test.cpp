#include "core/model/self_check.h"

#include "tests/core/files/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <cmath>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

namespace fs = std::filesystem;

class SelfCheck : public testing::TestWithParam<const char*> {
protected:
    std::shared_ptr<Transformer> opened(const std::string& dtype) const
    {
        auto model = Transformer::open(m_folder, {}, {}, *Precision::parse("cpu", dtype));
        EXPECT_TRUE(model) << model.error().message;
        return model ? *model : nullptr;
    }
    static std::vector<TokenId> someIds()
    {
        std::vector<TokenId> ids;
        for (int i = 0; i < 24; ++i)
            ids.emplace_back(i * 29 % 64);
        return ids;
    }

    const tests::TemporaryFolder m_temporary;
    const fs::path m_folder = m_temporary.path();
};

TEST_P(SelfCheck, AgreesInFloat32)
{
    for (const char* stored : {"float32", "float16", "bfloat16"}) {
        ASSERT_TRUE(tests::tinyModel(GetParam())->save(m_folder, stored));
        const auto check = checkAgainstFiles(*opened("float32"), m_folder, someIds());
        ASSERT_TRUE(check) << check.error().message;
        EXPECT_TRUE(check->isGood) << check->verdict;
        EXPECT_EQ(check->tokens, 24);
        EXPECT_LT(check->maxLogitDifference, 1e-4 * check->logitSpread);
        EXPECT_LT(check->maxDecodeDifference, 1e-4 * check->logitSpread);
        EXPECT_EQ(check->topAgreement, 1.0);
        EXPECT_GT(check->logitSpread, 0.1);
        EXPECT_NE(check->verdict.find("float32 on cpu agrees"), std::string::npos);
    }
}

TEST_P(SelfCheck, ShowsWhatRoundingCosts)
{
    ASSERT_TRUE(tests::tinyModel(GetParam())->save(m_folder));
    double before = 0;
    for (const char* dtype : {"float32", "float16", "bfloat16", "int8"}) {
        const auto check = checkAgainstFiles(*opened(dtype), m_folder, someIds());
        ASSERT_TRUE(check) << check.error().message;
        EXPECT_GT(check->meanKl, before) << dtype << " keeps fewer bits than the one before";
        EXPECT_GE(check->maxKl, check->meanKl);
        EXPECT_NE(check->verdict.find(dtype), std::string::npos);
        before = check->meanKl;
    }
    EXPECT_LT(before, 0.1);
}

TEST_P(SelfCheck, OtherWeightsAreFound)
{
    ASSERT_TRUE(tests::tinyModel(GetParam(), 1)->save(m_folder));
    const auto inUse = tests::tinyModel(GetParam(), 2);
    const auto check = checkAgainstFiles(*inUse, m_folder, someIds());
    ASSERT_TRUE(check);
    EXPECT_FALSE(check->isGood);
    EXPECT_NE(check->verdict.find("does not agree"), std::string::npos);
    // Gains and biases two percent off: what a wrong switch might do.
    const auto almost = opened("float32")->copyTo();
    for (auto& [name, weight] : almost->namedWeights())
        if (name.ends_with("bias") || weight.dim() == 1)
            weight.mul_(1.02);
    const auto moved = checkAgainstFiles(*almost, m_folder, someIds());
    ASSERT_TRUE(moved);
    EXPECT_FALSE(moved->isGood) << moved->verdict;
}

TEST_P(SelfCheck, NotANumberIsNeverGood)
{
    const auto broken = tests::tinyModel(GetParam());
    ASSERT_TRUE(broken->save(m_folder));
    const at::NoGradGuard noGrad;
    broken->namedWeights().back().second.fill_(std::nan(""));
    const auto check = checkAgainstFiles(*broken, m_folder, someIds());
    ASSERT_TRUE(check);
    EXPECT_FALSE(check->isGood);
}

TEST_P(SelfCheck, StopsAndPassesErrorsOn)
{
    const auto model = tests::tinyModel(GetParam());
    EXPECT_EQ(checkAgainstFiles(*model, m_folder, someIds()).error().code, Error::Code::NotFound);
    ASSERT_TRUE(model->save(m_folder));
    std::stop_source source;
    source.request_stop();
    EXPECT_EQ(checkAgainstFiles(*model, m_folder, someIds(), source.get_token()).error().code,
        Error::Code::Cancelled);
    EXPECT_FALSE(checkAgainstFiles(*model, m_folder, {}));
    EXPECT_FALSE(checkAgainstFiles(*model, m_folder, {TokenId(64)}));
}

INSTANTIATE_TEST_SUITE_P(Families, SelfCheck, testing::Values("gpt2", "llama"));

} // namespace
