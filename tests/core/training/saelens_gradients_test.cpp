#include "core/model/tensor_io.h"
#include "core/training/objective.h"
#include "tests/core/training/trained_places.h"
#include "tests/support/fixtures.h"

#include <fstream>

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace core {
namespace {

using Objectives = DictionaryObjective;

struct SaeLensCase {
    const char* name;
    DictionaryObjective objective;
    bool hasDead = false;
    JumpReluPenalty penalty = JumpReluPenalty::Tanh;
};

/// SAELens' training classes on the same weights and batch (tests/fixtures/saelens_gradients).
class SaeLensGradients : public testing::TestWithParam<SaeLensCase> {
protected:
    void SetUp() override
    {
        const auto folder = tests::testFixture("saelens_gradients");
        auto read = loadTensors(folder / "cases.safetensors");
        ASSERT_TRUE(read) << read.error().message;
        tensors = std::move(*read);
        std::ifstream(folder / "expected.json") >> expected;
    }
    const at::Tensor& theirs(const std::string& parameter) const
    {
        return tensors.at(std::string(GetParam().name) + "/" + parameter);
    }

    std::map<std::string, at::Tensor> tensors;
    nlohmann::json expected;
};

void expectClose(const char* name, const at::Tensor& ours, const at::Tensor& theirs)
{
    const double scale = theirs.abs().max().item<double>();
    const double apart = (ours - theirs).abs().max().item<double>();
    EXPECT_LE(apart, 2e-6 * scale + 1e-7) << name << " of size " << scale;
}

/// What SAELens' gated loss lets flow into the decoder, where the paper holds it fixed.
void addUnfrozenGate(const DictionaryWeights& w, const at::Tensor& x, DictionaryWeights& gradients)
{
    const auto d = [](const at::Tensor& t) { return t.to(at::kDouble); };
    const at::Tensor open = at::relu((d(x) - d(w.b_dec)).mm(d(w.W_enc).t()) + d(w.b_gate));
    const at::Tensor error
        = (open.mm(d(w.W_dec)) + d(w.b_dec) - d(x)) * (2.0 / static_cast<double>(x.size(0)));
    gradients.W_dec.add_(open.t().mm(error).to(at::kFloat));
    gradients.b_dec.add_(error.sum(0).to(at::kFloat));
}

TEST_P(SaeLensGradients, AreTheSame)
{
    const SaeLensCase& c = GetParam();
    const auto& theirLosses = expected.at(c.name);
    const bool isGated = c.objective == Objectives::Gated,
               jumps = c.objective == Objectives::JumpRelu;
    DictionaryTrainerOptions options;
    options.objective = c.objective;
    options.hookIn = options.hookOut = tests::kRead;
    options.k = 4;
    options.matryoshka_widths = {6, 12, 24};
    options.l1_coefficient = 0.7;
    options.l0_coefficient = 0.4;
    options.jumprelu_bandwidth = 0.5;
    options.jumprelu_sparsity_loss_mode = c.penalty;
    options.target_l0 = 6.0;
    options.pre_act_loss_coefficient = 0.05;
    options.normalizesDecoder = options.hasK();
    const at::Tensor x = tensors.at("x");
    options.aux_k = x.size(1) / 2; // as SAELens chooses it; more features than that are dead
    options.aux_loss_coefficient = 0.3;
    DictionaryWeights weights{tensors.at("W_enc"), tensors.at("b_enc"), tensors.at("W_dec").clone(),
        tensors.at("b_dec"), {}, {}};
    if (!options.normalizesDecoder)
        weights.W_dec.mul_(tensors.at("norms").unsqueeze(1));
    if (jumps)
        weights.log_threshold = tensors.at("threshold").log();
    if (isGated) {
        weights.b_gate = tensors.at("b_gate");
        weights.r_mag = tensors.at("r_mag");
    }
    std::vector<std::uint8_t> isDead(24, 0);
    if (c.hasDead)
        for (const std::size_t f : {1, 5, 9, 14, 18, 22})
            isDead[f] = 1;

    DictionaryWeights gradients = weights.zerosLike();
    const DictionaryLosses losses
        = Objective::create(options)->lossAndGradients(weights, {x, x}, 1.0, isDead, gradients);
    EXPECT_NEAR(losses.loss, theirLosses.at("loss").get<double>(), 2e-6 * losses.loss);
    EXPECT_NEAR(losses.mse, theirLosses.at("losses").at("mse_loss").get<double>(), 1e-4);
    EXPECT_NEAR(losses.l0, theirLosses.at("l0").get<double>(), 1e-9);
    if (isGated)
        addUnfrozenGate(weights, x, gradients);
    expectClose("W_enc", gradients.W_enc, theirs("W_enc"));
    expectClose("b_enc", gradients.b_enc, theirs(isGated ? "b_mag" : "b_enc"));
    expectClose("W_dec", gradients.W_dec, theirs("W_dec"));
    expectClose("b_dec", gradients.b_dec, theirs("b_dec"));
    if (isGated) {
        expectClose("b_gate", gradients.b_gate, theirs("b_gate"));
        expectClose("r_mag", gradients.r_mag, theirs("r_mag"));
    }
    if (jumps) // ours is that of its logarithm
        expectClose(
            "threshold", gradients.log_threshold / tensors.at("threshold"), theirs("threshold"));
}

INSTANTIATE_TEST_SUITE_P(Classes, SaeLensGradients,
    testing::Values(SaeLensCase{"standard", Objectives::L1},
        SaeLensCase{"gated", Objectives::Gated}, SaeLensCase{"topk", Objectives::TopK},
        SaeLensCase{"topk_dead", Objectives::TopK, true},
        SaeLensCase{"batchtopk", Objectives::BatchTopK},
        SaeLensCase{"batchtopk_dead", Objectives::BatchTopK, true},
        SaeLensCase{"matryoshka", Objectives::Matryoshka},
        SaeLensCase{"matryoshka_topk_dead", Objectives::Matryoshka, true},
        SaeLensCase{"abstopk", Objectives::AbsTopK, true},
        SaeLensCase{"jumprelu_tanh", Objectives::JumpRelu},
        SaeLensCase{"jumprelu_step", Objectives::JumpRelu, false, JumpReluPenalty::Step},
        SaeLensCase{"jumprelu_quadratic", Objectives::JumpRelu, false, JumpReluPenalty::Quadratic}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace core
