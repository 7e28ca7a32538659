// Numbers computed by Hugging Face transformers on small random checkpoints (shared fixtures).
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"
#include "tests/support/fixtures.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

using namespace core;

namespace {

constexpr double kTolerance = 5e-5;

/// The largest difference, with its place in the message when it is too large.
void expectNear(const at::Tensor& actual, const at::Tensor& expected, const std::string& what)
{
    ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
    const at::Tensor difference = (actual - expected).abs().reshape(-1);
    const auto at = difference.argmax().item<std::int64_t>();
    EXPECT_LE(difference[at].item<double>(), kTolerance) << what << ", at flat index " << at;
}

class ModelOracle : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override
    {
        const std::string folder = "oracles/models/" + GetParam();
        REQUIRE_SHARED_FIXTURE(folder);
        auto model = Transformer::open(tests::sharedFixture(folder));
        ASSERT_TRUE(model) << model.error().message;
        m_model = *model;
        auto expected = loadTensors(tests::sharedFixture(folder + "/expected.safetensors"));
        ASSERT_TRUE(expected) << expected.error().message;
        m_expected = *expected;
    }

    at::Tensor expected(const std::string& prompt, const std::string& key)
    {
        return m_expected.at(prompt + "." + key);
    }
    at::Tensor ids(const std::string& prompt) { return expected(prompt, "input_ids").unsqueeze(0); }

    at::Tensor added(const at::Tensor& x, const Norm& postNorm)
    {
        if (!postNorm.gain.defined())
            return x;
        const at::Tensor wide = x.to(at::kDouble);
        const at::Tensor scale = (wide.square().mean(-1, true) + m_model->config().normEps).sqrt();
        return (wide / scale * postNorm.gain.to(at::kDouble)).to(at::kFloat);
    }

    std::shared_ptr<Transformer> m_model;
    std::map<std::string, at::Tensor> m_expected;
};

TEST_P(ModelOracle, ActivationsAgree)
{
    const at::NoGradGuard noGrad;
    const int n_layers = m_model->config().n_layers;
    for (const std::string prompt : {"p0", "p1"}) {
        std::vector<HookPoint> points{{HookKind::UnembedPre, Layer()}};
        for (int i = 0; i < n_layers; ++i) {
            for (const HookKind kind : {HookKind::ResidPre, HookKind::ResidMid, HookKind::ResidPost,
                     HookKind::AttnRawOut, HookKind::AttnOut, HookKind::MlpIn, HookKind::MlpRawOut,
                     HookKind::Pattern, HookKind::MlpOut})
                points.push_back({kind, Layer(i)});
        }
        const auto run = runWithCache(*m_model, ids(prompt), points);
        ASSERT_TRUE(run) << run.error().message;
        expectNear(run->logits[0], expected(prompt, "logits"), prompt + " logits");
        const auto check = [&](HookKind kind, int layer, const at::Tensor& wanted) {
            const HookPoint point{kind, Layer(layer)};
            expectNear(run->cache.at(point)[0], wanted, prompt + " " + point.name());
        };
        for (int i = 0; i < n_layers; ++i) {
            check(HookKind::ResidPre, i, expected(prompt, "hidden_states")[i]);
            check(HookKind::ResidMid, i, expected(prompt, "resid_mid")[i]);
            check(HookKind::MlpIn, i, expected(prompt, "mlp_in")[i]);
            check(HookKind::MlpRawOut, i, expected(prompt, "mlp_out")[i]);
            check(HookKind::AttnRawOut, i, expected(prompt, "attn_out")[i]);
            // The oracles have both before Gemma's norms, the hooks what is added.
            const BlockWeights& block = m_model->weights().blocks[static_cast<std::size_t>(i)];
            check(HookKind::AttnOut, i, added(expected(prompt, "attn_out")[i], block.ln1Post));
            check(HookKind::MlpOut, i, added(expected(prompt, "mlp_out")[i], block.ln2Post));
            check(HookKind::Pattern, i, expected(prompt, "attn_pattern")[i]);
        }
        check(HookKind::ResidPost, n_layers - 1, expected(prompt, "resid_final"));
        check(HookKind::UnembedPre, -1, expected(prompt, "hidden_states")[n_layers]);
    }
}

TEST_P(ModelOracle, LogitsOfTheGreedyTextAgree)
{
    const at::NoGradGuard noGrad;
    for (const std::string prompt : {"p0", "p1"}) {
        const at::Tensor all
            = at::cat({expected(prompt, "input_ids"), expected(prompt, "greedy")}).unsqueeze(0);
        const auto logits = m_model->forward(all);
        ASSERT_TRUE(logits) << logits.error().message;
        expectNear((*logits)[0], expected(prompt, "logits_full"), prompt + " logits_full");
    }
}

TEST_P(ModelOracle, GreedyIdsAreExactWithAndWithoutCache)
{
    const at::NoGradGuard noGrad;
    for (const std::string prompt : {"p0", "p1"}) {
        const at::Tensor wanted = expected(prompt, "greedy");
        at::Tensor text = ids(prompt);
        KvCache cache(m_model->config().n_layers, text.size(1) + wanted.size(0));
        ForwardOptions cached;
        cached.cache = &cache;
        cached.isLastLogitsOnly = true;
        at::Tensor fresh = text;
        for (std::int64_t step = 0; step < wanted.size(0); ++step) {
            const auto whole = m_model->forward(text);
            const auto next = m_model->forward(fresh, {}, cached);
            ASSERT_TRUE(whole && next);
            const auto expectedId = wanted[step].item<std::int64_t>();
            EXPECT_EQ(whole->select(1, -1).argmax(-1).item<std::int64_t>(), expectedId)
                << prompt << " step " << step;
            EXPECT_EQ(next->select(1, -1).argmax(-1).item<std::int64_t>(), expectedId)
                << prompt << " step " << step;
            fresh = wanted.narrow(0, step, 1).unsqueeze(0);
            text = at::cat({text, fresh}, 1);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Families, ModelOracle,
    testing::Values("gpt2-tiny", "gpt_neox-tiny", "llama-tiny", "mistral-tiny", "qwen2-tiny",
        "qwen3-tiny", "gemma2-tiny", "gemma3-tiny"),
    [](const auto& info) { return info.param.substr(0, info.param.find('-')); });

} // namespace
