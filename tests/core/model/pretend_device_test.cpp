#include "tests/support/pretend_device.h"

#include "core/model/precision.h"
#include "core/model/self_check.h"
#include "core/model/transformer.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/tensor_difference.h"
#include "tests/support/tiny_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {

using tests::PretendDevice;

at::Tensor onHost(const at::Tensor& tensor)
{
    return tensor.to(at::kCPU);
}

// What the other tests on the device trust is checked first: that it notices.

TEST(PretendDevice, NoticesAPlainPointer)
{
    const PretendDevice device;
    const at::Tensor x = at::ones({8}).to(PretendDevice::device());
    EXPECT_EQ(PretendDevice::takePlainAccesses(), 0);
    const volatile float* const pointer = x.data_ptr<float>();
    [[maybe_unused]] const float first = pointer[0];
    EXPECT_EQ(PretendDevice::takePlainAccesses(), 1);
}

TEST(PretendDevice, WritesDownEveryCopy)
{
    const PretendDevice device;
    const at::Tensor x = at::ones({2, 3}).to(PretendDevice::device());
    const at::Tensor y = (x + x).slice(1, 1);
    onHost(y);
    y.sum().item<float>();
    EXPECT_EQ(tests::textOf(PretendDevice::takeTransfers()),
        "up Float [2, 3]\ndown Float [2, 2]\ndown Float [] by item()\n");
    EXPECT_TRUE(PretendDevice::takeTransfers().empty());
    x.nonzero();
    EXPECT_EQ(PretendDevice::takeWaits(), std::vector<std::string>{"aten::nonzero"});
}

TEST(PretendDevice, RefusesTensorsOfTheHost)
{
    const PretendDevice device;
    const at::Tensor x = at::ones({2, 3}).to(PretendDevice::device());
    EXPECT_THROW(x + at::ones({3}), c10::Error);
    EXPECT_THROW(x.index({at::tensor({1}, at::kLong)}), c10::Error);
    EXPECT_THROW(x.index_select(0, at::tensor({1}, at::kLong)), c10::Error);
    EXPECT_THROW(x + at::ones({3}).to(PretendDevice::device(1)), c10::Error);
    EXPECT_NO_THROW(x + at::scalar_tensor(2.0));
}

TEST(PretendDevice, ComputesWhatTheHostDoes)
{
    const PretendDevice device;
    const at::Tensor x = at::randn({4, 5}), w = at::randn({5, 3});
    at::Tensor here = x.to(PretendDevice::device()).requires_grad_();
    const at::Tensor y = at::softmax(at::mm(here, w.to(PretendDevice::device())), -1);
    EXPECT_TRUE(at::equal(onHost(y.detach()), at::softmax(at::mm(x, w), -1)));
    y.select(1, 0).sum().backward();
    at::Tensor there = x.clone().requires_grad_();
    at::softmax(at::mm(there, w), -1).select(1, 0).sum().backward();
    EXPECT_TRUE(at::allclose(onHost(here.grad()), there.grad()));
    at::Tensor rows = here.detach().clone();
    rows.index_put_({at::tensor({1, 2}, at::kLong).to(PretendDevice::device())},
        at::scalar_tensor(0.0f).to(PretendDevice::device()));
    EXPECT_EQ(onHost(rows).narrow(0, 1, 2).abs().sum().item<float>(), 0.0f);
}

TEST(PretendDevice, HasTheMemoryItIsGiven)
{
    const std::int64_t before = PretendDevice::usedBytes();
    const PretendDevice device(before + 1000);
    const auto options = at::TensorOptions(PretendDevice::device());
    const at::Tensor fits = at::empty({200}, options);
    EXPECT_THROW(at::empty({100}, options), c10::OutOfMemoryError);
    EXPECT_EQ(PretendDevice::usedBytes(), before + 800);
    EXPECT_EQ(core::freeBytesOn(PretendDevice::device()), 200);
}

// --- The language model -----------------------------------------------------------------------

class ModelOnADevice : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override
    {
        const auto made = tests::tinyModel(GetParam());
        ASSERT_TRUE(made->save(m_folder.path() / "model"));
        const auto precision = core::Precision::parse(PretendDevice::name(), "float32");
        ASSERT_TRUE(precision) << precision.error().message;
        auto host = core::Transformer::open(m_folder.path() / "model");
        ASSERT_TRUE(host) << host.error().message;
        onCpu = *host;
        auto opened = core::Transformer::open(m_folder.path() / "model", {}, {}, *precision);
        ASSERT_TRUE(opened) << opened.error().message;
        onDevice = *opened;
        loading = PretendDevice::takeTransfers();
    }

    tests::TemporaryFolder m_folder;
    PretendDevice m_device;
    std::shared_ptr<core::Transformer> onCpu, onDevice;
    std::vector<tests::Transfer> loading;
};

TEST_P(ModelOnADevice, EveryWeightGoesUpOnce)
{
    std::int64_t bytes = 0;
    for (const auto& [name, weight] : onCpu->namedWeights())
        bytes += static_cast<std::int64_t>(weight.numel() * sizeof(float));
    EXPECT_EQ(tests::bytesOf(loading, true), bytes);
    EXPECT_EQ(tests::bytesOf(loading, false), 0);
    for (const auto& [name, weight] : onDevice->namedWeights())
        EXPECT_EQ(weight.device(), PretendDevice::device()) << name;
}

TEST_P(ModelOnADevice, SaysWhatTheCpuSays)
{
    const c10::InferenceMode inference;
    const at::Tensor ids = tests::tinyIds(2, 12);
    const auto expected = onCpu->forward(ids), logits = onDevice->forward(ids);
    ASSERT_TRUE(expected && logits);
    EXPECT_EQ(logits->device(), PretendDevice::device());
    EXPECT_LT(tests::largestDifference(onHost(*logits), *expected), 1e-4);
}

TEST_P(ModelOnADevice, ADecodeStepMovesItsIdsUpAndNothingElse)
{
    const c10::InferenceMode inference;
    const at::Tensor ids = tests::tinyIds(2, 12);
    core::KvCache cache(onDevice->config().n_layers, 20), hostCache(onCpu->config().n_layers, 20);
    core::ForwardOptions options, hostOptions;
    options.cache = &cache;
    hostOptions.cache = &hostCache;
    ASSERT_TRUE(onDevice->forward(ids.narrow(1, 0, 10), {}, options));
    ASSERT_TRUE(onCpu->forward(ids.narrow(1, 0, 10), {}, hostOptions));
    for (const int t : {10, 11}) {
        PretendDevice::takeTransfers();
        PretendDevice::takeWaits();
        const auto logits = onDevice->forward(ids.narrow(1, t, 1), {}, options);
        ASSERT_TRUE(logits);
        EXPECT_EQ(tests::textOf(PretendDevice::takeTransfers()), "up Long [2, 1]\n");
        EXPECT_TRUE(PretendDevice::takeWaits().empty());
        const auto expected = onCpu->forward(ids.narrow(1, t, 1), {}, hostOptions);
        EXPECT_LT(tests::largestDifference(onHost(*logits), *expected), 1e-4);
    }
}

INSTANTIATE_TEST_SUITE_P(Families, ModelOnADevice, testing::ValuesIn(tests::kFamilies),
    [](const auto& info) { return std::string(info.param); });

TEST(ModelOnADevice, In16BitsIsHalfAsLarge)
{
    const PretendDevice device;
    tests::TemporaryFolder folder;
    ASSERT_TRUE(tests::tinyModel()->save(folder.path() / "model"));
    const auto precision = core::Precision::parse(PretendDevice::name(), "bfloat16");
    ASSERT_TRUE(precision);
    const auto model = core::Transformer::open(folder.path() / "model", {}, {}, *precision);
    ASSERT_TRUE(model) << model.error().message;
    const auto checked = core::checkAgainstFiles(**model, folder.path() / "model",
        {core::TokenId(3), core::TokenId(14), core::TokenId(15), core::TokenId(9)}, {});
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_TRUE(checked->isGood) << checked->verdict;
}

} // namespace
