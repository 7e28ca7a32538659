// Weights kept in GGUF's blocks against the same weights in float32.
#include "core/files/gguf_blocks.h"
#include "core/model/linear.h"
#include "core/model/skinny_matmul.h"
#include "core/model/tensor_io.h"
#include "tests/support/fixtures.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

class BlockProducts : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override
    {
        const auto tensors = loadTensors(tests::testFixture("gguf/blocks.safetensors"));
        ASSERT_TRUE(tensors) << tensors.error().message;
        const std::string name = GetParam();
        m_kept.blocks = findBlockFormat(name);
        ASSERT_TRUE(m_kept.blocks);
        // Odd numbers of rows, so that every kernel has one left over.
        m_kept.weight = tensors->at(name + ".bytes").view({4, -1}).repeat({3, 1}).slice(0, 0, 11);
        m_wide.weight
            = tensors->at(name + ".numbers").view({4, kIn}).repeat({3, 1}).slice(0, 0, 11);
        m_kept.bias = m_wide.bias = at::arange(11, at::kFloat);
    }

    static constexpr std::int64_t kIn = 256;

    static at::Tensor inputs(std::int64_t rows)
    {
        return at::arange(rows * kIn, at::kFloat).mul(0.37).sin().view({rows, kIn});
    }
    static void expectNear(const at::Tensor& got, const at::Tensor& wanted)
    {
        ASSERT_EQ(got.sizes(), wanted.sizes());
        const double largest = wanted.abs().max().item<double>();
        EXPECT_LT((got - wanted).abs().max().item<double>(), 2e-6 * (1.0 + largest));
    }

    Linear m_kept, m_wide;
    const at::NoGradGuard m_noGrad;
};

TEST_P(BlockProducts, AreThoseOfTheWidenedWeights)
{
    EXPECT_EQ(m_kept.in(), kIn);
    EXPECT_EQ(m_kept.out(), 11);
    for (const std::int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 9, 40}) {
        SCOPED_TRACE(rows);
        expectNear(m_kept.apply(inputs(rows)), m_wide.apply(inputs(rows)));
    }
}

TEST_P(BlockProducts, WidenAsTheFilesDecoderDoes)
{
    expectNear(m_kept.values(), m_wide.values());
    expectNear(m_kept.matrix(), m_wide.matrix());
    const at::Tensor index = at::tensor({3, 0, 10, 3}, at::kLong).view({2, 2});
    expectNear(m_kept.rows(index), m_wide.rows(index));
    const ReferenceScope plain;
    EXPECT_TRUE(at::equal(m_kept.values(), m_wide.values()));
}

TEST_P(BlockProducts, SlicesAreRowsOfOutputs)
{
    const Linear kept = m_kept.slice(3, 5), wide = m_wide.slice(3, 5);
    EXPECT_EQ(kept.out(), 5);
    EXPECT_EQ(kept.weight.data_ptr(), m_kept.weight.slice(0, 3).data_ptr());
    expectNear(kept.apply(inputs(2)), wide.apply(inputs(2)));
}

TEST_P(BlockProducts, AreTheSameOnAnyNumberOfThreads)
{
    // Large enough to be cut into pieces.
    Linear many = m_kept;
    many.weight = m_kept.weight.repeat({600, 1});
    many.bias = at::Tensor();
    const at::Tensor whole = many.apply(inputs(3));
    for (const std::int64_t start : {0, 1234, 6000})
        EXPECT_TRUE(
            at::equal(many.slice(start, 44).apply(inputs(3)), whole.slice(1, start, start + 44)));
}

TEST_P(BlockProducts, GradientsFlowThroughThem)
{
    const at::AutoGradMode on(true);
    at::Tensor x = inputs(3).set_requires_grad(true), y = inputs(3).set_requires_grad(true);
    m_kept.apply(x).sum().backward();
    m_wide.apply(y).sum().backward();
    expectNear(x.grad(), y.grad());
}

INSTANTIATE_TEST_SUITE_P(Formats, BlockProducts,
    testing::Values("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
        "IQ4_NL", "IQ4_XS"));

} // namespace
