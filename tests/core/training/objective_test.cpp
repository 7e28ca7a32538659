#include "core/training/objective.h"
#include "tests/core/training/trained_places.h"

#include <cmath>
#include <numbers>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace core {
namespace {

constexpr std::int64_t kIn = 6, kTokens = 24;
constexpr double kBandwidth = 0.4;

using tests::kRead;
using tests::kWrite;

struct Case {
    DictionaryObjective objective = DictionaryObjective::L1;
    bool isTranscoder = false;
    bool hasSkip = false;
    bool hasDead = false;
    bool isSparse = false; ///< So few active that rows are walked; otherwise products are dense.
    bool hasFreeDecoder = false;
    JumpReluPenalty penalty = JumpReluPenalty::Tanh;
};

Case freeRows(DictionaryObjective objective, bool isTranscoder = false, bool isSparse = false)
{
    return {objective, isTranscoder, false, false, isSparse, true};
}

struct Problem {
    DictionaryTrainerOptions options;
    DictionaryWeights weights;
    DictionaryBatch batch;
    std::vector<std::uint8_t> isDead;
};

Problem makeProblem(const Case& c)
{
    Problem p;
    p.options.objective = c.objective;
    p.options.hookIn = kRead;
    p.options.hookOut = c.isTranscoder ? kWrite : kRead;
    p.options.has_skip = c.hasSkip;
    p.options.k = 3;
    p.options.aux_k = 2;
    p.options.aux_loss_coefficient = 0.3;
    p.options.l1_coefficient = 0.7;
    p.options.l0_coefficient = 0.5;
    p.options.pre_act_loss_coefficient = 0.05;
    p.options.jumprelu_bandwidth = kBandwidth;
    p.options.jumprelu_sparsity_loss_mode = c.penalty;
    p.options.target_l0 = 2.5;
    p.options.matryoshka_levels = 3;
    p.options.normalizesDecoder = !c.hasFreeDecoder;
    const std::int64_t d_out = c.isTranscoder ? 5 : kIn, kFeatures = c.isSparse ? 100 : 14;
    at::manual_seed(17);
    p.weights.W_enc = at::randn({kFeatures, kIn}) * 0.5;
    p.weights.b_enc = at::randn({kFeatures}) * 0.2 - (c.isSparse ? 2.0 : 0.0);
    p.weights.W_dec = at::randn({kFeatures, d_out});
    p.weights.W_dec.div_(p.weights.W_dec.norm(2, 1, true));
    p.weights.b_dec = at::randn({d_out}) * 0.3;
    if (c.objective == DictionaryObjective::JumpRelu)
        p.weights.log_threshold = at::randn({kFeatures}) * 0.3 - 0.7;
    if (c.hasSkip)
        p.weights.W_skip = at::randn({d_out, kIn}) * 0.3;
    if (c.hasFreeDecoder)
        p.weights.W_dec.mul_(at::linspace(0.4, 1.7, kFeatures).unsqueeze(1));
    if (c.objective == DictionaryObjective::Gated) {
        p.weights.b_gate = at::randn({kFeatures}) * 0.2 - (c.isSparse ? 2.0 : 0.0);
        p.weights.b_enc = at::randn({kFeatures}) * 0.4;
        p.weights.r_mag = at::randn({kFeatures}) * 0.3;
    }
    p.batch.x = at::randn({kTokens, kIn});
    p.batch.y = c.isTranscoder ? at::randn({kTokens, d_out}) : p.batch.x;
    p.isDead.assign(static_cast<std::size_t>(kFeatures), 0);
    if (c.hasDead)
        p.isDead[1] = p.isDead[4] = p.isDead[9] = 1;
    return p;
}

/// The loss in double, written from the equations and dense. What is active, and what is left over
/// for dead features, is frozen at `at0`: exactly what the hand-made gradients hold fixed.
struct DenseLoss {
    const Problem& p;
    at::Tensor mask, gateMask, deadMask, residual, frozenW, frozenB; // of the unperturbed weights

    static at::Tensor d(const at::Tensor& t) { return t.to(at::kDouble); }

    at::Tensor pre(const DictionaryWeights& w) const
    {
        const at::Tensor in = p.options.isTranscoder() ? d(p.batch.x) : d(p.batch.x) - d(w.b_dec);
        return in.mm(d(w.W_enc).t()) + d(w.b_gate.defined() ? w.b_gate : w.b_enc);
    }
    at::Tensor magnitude(const DictionaryWeights& w, const at::Tensor& gate) const
    {
        return w.b_gate.defined() ? (gate - d(w.b_gate)) * d(w.r_mag).exp() + d(w.b_enc) : gate;
    }
    at::Tensor errorOf(const DictionaryWeights& w, const at::Tensor& acts) const
    {
        return (d(p.batch.y) - reconstruct(w, acts)).square().sum();
    }
    /// By halving from all of them: 14 features are 3, 7, 14.
    at::Tensor innerLevels(const DictionaryWeights& w, const at::Tensor& acts) const
    {
        at::Tensor sum = at::zeros({}, at::kDouble);
        for (std::int64_t width = acts.size(1) / 2, level = 1; level < p.options.matryoshka_levels;
             width /= 2, ++level) {
            at::Tensor first = acts.clone();
            first.slice(1, width).zero_();
            sum = sum + errorOf(w, first);
        }
        return sum;
    }
    at::Tensor reconstruct(const DictionaryWeights& w, const at::Tensor& acts) const
    {
        at::Tensor y = acts.mm(d(w.W_dec)) + d(w.b_dec);
        return w.W_skip.defined() ? y + d(p.batch.x).mm(d(w.W_skip).t()) : y;
    }

    explicit DenseLoss(const Problem& problem)
        : p(problem)
    {
        const at::Tensor h = pre(p.weights);
        switch (p.options.objective) {
        case DictionaryObjective::L1:
            mask = h.gt(0);
            break;
        case DictionaryObjective::TopK:
            mask = h.ge(std::get<0>(h.topk(p.options.k, 1)).narrow(1, p.options.k - 1, 1))
                       .logical_and(h.gt(0));
            break;
        case DictionaryObjective::AbsTopK:
            mask = h.abs().ge(
                std::get<0>(h.abs().topk(p.options.k, 1)).narrow(1, p.options.k - 1, 1));
            break;
        case DictionaryObjective::Gated:
            mask = h.gt(0).logical_and(magnitude(p.weights, h).gt(0));
            frozenW = d(p.weights.W_dec).clone();
            frozenB = d(p.weights.b_dec).clone();
            gateMask = h.gt(0);
            break;
        case DictionaryObjective::Matryoshka:
        case DictionaryObjective::BatchTopK:
            mask = h.ge(std::get<0>(h.flatten().topk(p.options.k * kTokens)).min())
                       .logical_and(h.gt(0));
            break;
        case DictionaryObjective::JumpRelu:
            mask = h.gt(d(p.weights.log_threshold).exp());
            break;
        }
        residual = d(p.batch.y) - reconstruct(p.weights, magnitude(p.weights, h) * mask);
        const at::Tensor dead = at::tensor(p.isDead).to(at::kBool);
        const bool isBySize = p.options.objective == DictionaryObjective::AbsTopK;
        const at::Tensor deadPre = (isBySize ? h.abs() : h).masked_fill(dead.logical_not(), -1e9);
        const at::Tensor bound
            = std::get<0>(deadPre.topk(p.options.aux_k, 1)).narrow(1, p.options.aux_k - 1, 1);
        deadMask = deadPre.ge(bound).logical_and(deadPre.gt(0));
    }

    at::Tensor paidForFiring(const at::Tensor& acts, const at::Tensor& norms) const
    {
        const at::Tensor l0 = mask.to(at::kDouble).sum(1);
        const double target = p.options.target_l0;
        switch (p.options.jumprelu_sparsity_loss_mode) {
        case JumpReluPenalty::Step:
            return l0.sum();
        case JumpReluPenalty::Quadratic:
            return (l0 - target).square().sum() * (2.0 / target);
        case JumpReluPenalty::Tanh:
            break;
        }
        return (p.options.jumprelu_tanh_scale * acts * norms).tanh().sum();
    }

    double operator()(const DictionaryWeights& w) const
    {
        const at::Tensor h = pre(w), acts = magnitude(w, h) * mask;
        const at::Tensor norms = p.options.normalizesDecoder ? at::ones({w.d_sae()}, at::kDouble)
                                                             : d(w.W_dec).square().sum(1).sqrt();
        at::Tensor loss = errorOf(w, acts);
        if (p.options.objective == DictionaryObjective::L1)
            loss = loss + p.options.l1_coefficient * (acts * norms).sum();
        if (p.options.objective == DictionaryObjective::Gated)
            loss = loss + p.options.l1_coefficient * (h * gateMask * norms).sum()
                + (d(p.batch.y) - (h * gateMask).mm(frozenW) - frozenB).square().sum();
        if (p.options.objective == DictionaryObjective::Matryoshka)
            loss = loss + innerLevels(w, acts);
        if (p.options.objective == DictionaryObjective::JumpRelu)
            loss = loss + p.options.l0_coefficient * paidForFiring(acts, norms)
                + p.options.pre_act_loss_coefficient
                    * ((d(w.log_threshold).exp() - h) * mask.logical_not() * norms).sum();
        if (p.options.hasK() && deadMask.any().item<bool>())
            loss = loss
                + p.options.aux_loss_coefficient
                    * (residual - (h * deadMask).mm(d(w.W_dec))).square().sum();
        return loss.item<double>() / kTokens;
    }
};

class ObjectiveGradients : public testing::TestWithParam<Case> { };

TEST_P(ObjectiveGradients, AgreeWithFiniteDifferences)
{
    Problem p = makeProblem(GetParam());
    const DenseLoss dense(p);
    const auto objective = Objective::create(p.options);
    DictionaryWeights gradients = p.weights.zerosLike();
    const DictionaryLosses losses
        = objective->lossAndGradients(p.weights, p.batch, 1.0, p.isDead, gradients);
    EXPECT_NEAR(losses.loss, dense(p.weights), 1e-4);
    EXPECT_NEAR(losses.l0, dense.mask.sum().item<double>() / kTokens, 1e-9);

    const auto check = [&](const char* name, at::Tensor& weight, const at::Tensor& gradient) {
        at::Tensor flat = weight.view({-1});
        for (std::int64_t i = 0; i < flat.numel(); ++i) {
            const double kept = flat[i].item<double>();
            // Small against every distance to an edge of the frozen sets; the loss itself is in
            // double.
            constexpr double kStep = 1e-3;
            flat[i] = kept + kStep;
            const double high = flat[i].item<double>(), up = dense(p.weights);
            flat[i] = kept - kStep;
            const double low = flat[i].item<double>(), down = dense(p.weights);
            flat[i] = kept;
            const double expected = (up - down) / (high - low);
            EXPECT_NEAR(
                gradient.view({-1})[i].item<double>(), expected, 2e-4 + 1e-3 * std::abs(expected))
                << name << i;
        }
    };
    check("W_enc", p.weights.W_enc, gradients.W_enc);
    check("b_enc", p.weights.b_enc, gradients.b_enc);
    check("W_dec", p.weights.W_dec, gradients.W_dec);
    check("b_dec", p.weights.b_dec, gradients.b_dec);
    if (p.weights.b_gate.defined()) {
        check("b_gate", p.weights.b_gate, gradients.b_gate);
        check("r_mag", p.weights.r_mag, gradients.r_mag);
    }
    if (p.weights.W_skip.defined())
        check("W_skip", p.weights.W_skip, gradients.W_skip);
}

INSTANTIATE_TEST_SUITE_P(All, ObjectiveGradients,
    testing::Values(Case{DictionaryObjective::L1}, Case{DictionaryObjective::L1, true},
        Case{DictionaryObjective::TopK}, Case{DictionaryObjective::TopK, false, false, true},
        Case{DictionaryObjective::BatchTopK},
        Case{DictionaryObjective::BatchTopK, false, false, true},
        Case{DictionaryObjective::BatchTopK, true, true, true}, Case{DictionaryObjective::JumpRelu},
        Case{DictionaryObjective::JumpRelu, true, true},
        Case{DictionaryObjective::L1, false, false, false, true},
        Case{DictionaryObjective::TopK, false, false, true, true},
        Case{DictionaryObjective::BatchTopK, true, true, true, true},
        Case{DictionaryObjective::JumpRelu, true, false, false, true},
        Case{DictionaryObjective::Gated},
        Case{DictionaryObjective::Gated, false, false, false, true},
        Case{DictionaryObjective::Matryoshka},
        Case{DictionaryObjective::Matryoshka, false, false, true, true},
        Case{DictionaryObjective::Matryoshka, true, true, true},
        Case{DictionaryObjective::Matryoshka, true, true, false, true},
        Case{DictionaryObjective::AbsTopK}, Case{DictionaryObjective::AbsTopK, false, false, true},
        Case{DictionaryObjective::AbsTopK, false, false, true, true},
        freeRows(DictionaryObjective::L1), freeRows(DictionaryObjective::L1, true, true),
        freeRows(DictionaryObjective::Gated), freeRows(DictionaryObjective::JumpRelu),
        freeRows(DictionaryObjective::JumpRelu, true, true),
        Case{DictionaryObjective::JumpRelu, false, false, false, false, true,
            JumpReluPenalty::Quadratic},
        Case{DictionaryObjective::JumpRelu, true, false, false, true, false,
            JumpReluPenalty::Step}));

TEST(JumpReluObjective, ThresholdGradientIsTheSlopeOfTheSmoothedLoss)
{
    // The straight-through estimate stands for the derivative of the expected loss (Rajamanoharan
    // et al. 2024b, section 4). With one feature and very many inputs the expectation can be
    // measured: raise the threshold a little, and see what the mean loss does.
    DictionaryTrainerOptions options;
    options.objective = DictionaryObjective::JumpRelu;
    options.hookIn = options.hookOut = kRead;
    options.l0_coefficient = 0.8;
    options.jumprelu_bandwidth = 0.2;
    options.pre_act_loss_coefficient = 0.0;
    at::manual_seed(3);
    DictionaryWeights weights;
    weights.W_enc = at::ones({1, 1});
    weights.b_enc = at::zeros({1});
    weights.W_dec = at::ones({1, 1});
    weights.b_dec = at::zeros({1});
    const at::Tensor x = at::randn({400'000, 1});
    const DictionaryBatch batch{x, x};
    const auto lossAt = [&](double theta, DictionaryWeights* gradients) {
        weights.log_threshold = at::full({1}, std::log(theta), at::kFloat);
        DictionaryWeights own = weights.zerosLike();
        const auto losses
            = Objective::create(options)->lossAndGradients(weights, batch, 1.0, {0}, own);
        if (gradients)
            *gradients = own;
        return losses.loss;
    };
    for (const double theta : {0.4, 0.8, 1.3}) {
        DictionaryWeights gradients;
        lossAt(theta, &gradients);
        const double gradient = gradients.log_threshold.item<double>() / theta;
        const double density = std::exp(-theta * theta / 2.0) / std::sqrt(2.0 * std::numbers::pi);
        // Of the error term the estimate is the true slope: density * theta^2. Of the penalty it is
        // the estimator's closed form, -density * theta times the mean of its slopes just below (at
        // f = 0) and just above the edge.
        const double below = 4.0 * options.l0_coefficient,
                     above = below * (1.0 - std::pow(std::tanh(4.0 * theta), 2));
        EXPECT_NEAR(gradient, density * (theta * theta - theta * 0.5 * (below + above)), 0.03)
            << theta;

        const double penalty = options.l0_coefficient;
        options.l0_coefficient = 0.0;
        const double slope = (lossAt(theta + 0.1, nullptr) - lossAt(theta - 0.1, nullptr)) / 0.2;
        lossAt(theta, &gradients);
        EXPECT_NEAR(gradients.log_threshold.item<double>() / theta, slope, 0.02) << theta;
        options.l0_coefficient = penalty;
    }
    // What is paid for L0 changes with the threshold just as its expectation does.
    for (const auto mode : {JumpReluPenalty::Step, JumpReluPenalty::Quadratic})
        for (const double theta : {0.4, 0.8, 1.3}) {
            options.jumprelu_sparsity_loss_mode = mode;
            options.target_l0 = 2.0;
            const double slope
                = (lossAt(theta + 0.1, nullptr) - lossAt(theta - 0.1, nullptr)) / 0.2;
            DictionaryWeights gradients;
            lossAt(theta, &gradients);
            EXPECT_NEAR(gradients.log_threshold.item<double>() / theta, slope, 0.03)
                << theta << static_cast<int>(mode);
        }
}

TEST(GatedObjective, ATokenCountedByHand)
{
    // p = 2, the gate stands at pi = 2 - 0.5, the magnitude is 2 e^ln2 - 1 = 3 (r_mag = ln 2).
    DictionaryTrainerOptions options;
    options.objective = DictionaryObjective::Gated;
    options.hookIn = options.hookOut = kRead;
    options.l1_coefficient = 0.1;
    DictionaryWeights weights{at::ones({1, 1}), at::full({1}, -1.0f), at::ones({1, 1}),
        at::zeros({1}), {}, {}, at::full({1}, -0.5f),
        at::full({1}, static_cast<float>(std::numbers::ln2))};
    DictionaryWeights gradients = weights.zerosLike();
    const at::Tensor x = at::full({1, 1}, 2.0f);
    const auto objective = Objective::create(options);
    const auto losses = objective->lossAndGradients(weights, {x, x}, 1.0, {0}, gradients);
    EXPECT_NEAR(losses.mse, 1.0, 1e-6); // (3 - 2)^2
    EXPECT_NEAR(losses.sparsity, 0.15, 1e-6);
    EXPECT_NEAR(losses.aux, 0.25, 1e-6); // (1.5 - 2)^2
    EXPECT_NEAR(objective->acts().feature_acts[0], 3.0, 1e-6);
    // Magnitude: 2 (3 - 2) = 2. Gate: 2 (1.5 - 2) + 0.1 = -0.9. Encoder: 2 e^ln2 + -0.9, times x.
    EXPECT_NEAR(gradients.b_enc.item<double>(), 2.0, 1e-5);
    EXPECT_NEAR(gradients.b_gate.item<double>(), -0.9, 1e-5);
    EXPECT_NEAR(gradients.r_mag.item<double>(), 2.0 * 2.0 * 2.0, 1e-5); // times p e^r_mag
    EXPECT_NEAR(gradients.W_enc.item<double>(), (4.0 - 0.9) * 2.0, 1e-5);
    EXPECT_NEAR(gradients.W_dec.item<double>(), 2.0 * 3.0, 1e-5); // of the gate's part it is fixed
    EXPECT_NEAR(gradients.b_dec.item<double>(), 2.0 - (4.0 - 0.9), 1e-5);
}

TEST(MatryoshkaObjective, LevelsCountedByHand)
{
    // Three features on three axes; widths 1 and 3. The token is (3, 2, 1), the encoder halves it.
    DictionaryTrainerOptions options;
    options.objective = DictionaryObjective::Matryoshka;
    options.hookIn = options.hookOut = kRead;
    options.k = 3;
    options.matryoshka_widths = {1};
    EXPECT_EQ(options.widths(3), (std::vector<std::int64_t>{1, 3}));
    DictionaryWeights weights{at::eye(3) * 0.5, at::zeros({3}), at::eye(3), at::zeros({3}), {}, {}};
    DictionaryWeights gradients = weights.zerosLike();
    const at::Tensor x = at::tensor({3.0f, 2.0f, 1.0f}).unsqueeze(0);
    const auto losses
        = Objective::create(options)->lossAndGradients(weights, {x, x}, 1.0, {0, 0, 0}, gradients);
    EXPECT_NEAR(losses.mse, 1.5 * 1.5 + 1.0 + 0.25, 1e-6);
    EXPECT_NEAR(losses.aux, 1.5 * 1.5 + 4.0 + 1.0, 1e-6); // feature 0 alone
    // Feature 0 is in both levels, the others are in the last alone.
    EXPECT_NEAR(gradients.b_enc[0].item<double>(), 2.0 * 2.0 * -1.5, 1e-5);
    EXPECT_NEAR(gradients.b_enc[1].item<double>(), 2.0 * -1.0, 1e-5);
    EXPECT_NEAR(gradients.b_enc[2].item<double>(), 2.0 * -0.5, 1e-5);
    EXPECT_NEAR(gradients.W_dec[0][0].item<double>(), 2.0 * 2.0 * -1.5 * 1.5, 1e-5);
    EXPECT_NEAR(gradients.W_dec[0][1].item<double>(), 2.0 * 1.5 * (-2.0 - 1.0), 1e-5);
    EXPECT_NEAR(gradients.W_dec[1][0].item<double>(), 2.0 * 1.0 * -1.5, 1e-5);
    // b_dec is in both levels too, and taken off the input.
    EXPECT_NEAR(gradients.b_dec[0].item<double>(), 2.0 * 2.0 * -1.5 - 0.5 * -6.0, 1e-5);
    EXPECT_NEAR(gradients.b_dec[1].item<double>(), 2.0 * (-2.0 - 1.0) - 0.5 * -2.0, 1e-5);
}

TEST(MatryoshkaObjective, WidthsHalveFromAllFeatures)
{
    DictionaryTrainerOptions options;
    EXPECT_EQ(options.widths(1024), (std::vector<std::int64_t>{64, 128, 256, 512, 1024}));
    options.matryoshka_levels = 1; // plain BatchTopK
    EXPECT_EQ(options.widths(1024), (std::vector<std::int64_t>{1024}));
    options.matryoshka_widths = {10, 1024};
    EXPECT_EQ(options.widths(1024), (std::vector<std::int64_t>{10, 1024}));
}

TEST(AbsTopKObjective, KeepsTheLargestBySizeWithTheirSigns)
{
    DictionaryTrainerOptions options;
    options.objective = DictionaryObjective::AbsTopK;
    options.hookIn = options.hookOut = kRead;
    options.k = 2;
    DictionaryWeights weights{at::eye(4), at::zeros({4}), at::eye(4), at::zeros({4}), {}, {}};
    const at::Tensor x
        = at::tensor({1.0f, -4.0f, 0.5f, 2.0f, -0.1f, 0.2f, -0.3f, -0.05f}).view({2, 4});
    const auto objective = Objective::create(options);
    for (int round = 0; round < 3; ++round) { // later rounds start from a guess
        DictionaryWeights gradients = weights.zerosLike();
        const auto losses
            = objective->lossAndGradients(weights, {x, x}, 1.0, {0, 0, 0, 0}, gradients);
        EXPECT_EQ(objective->acts().features, (std::vector<std::int32_t>{1, 3, 1, 2}));
        EXPECT_EQ(objective->acts().feature_acts, (std::vector<float>{-4.0f, 2.0f, 0.2f, -0.3f}));
        EXPECT_EQ(losses.l0, 2.0);
        EXPECT_NEAR(losses.mse, (1.0 + 0.25 + 0.01 + 0.0025) / 2.0, 1e-6);
    }
}

TEST(TopKObjective, KeepsExactlyKOfManyEqualValues)
{
    DictionaryTrainerOptions options;
    options.objective = DictionaryObjective::TopK;
    options.hookIn = options.hookOut = kRead;
    options.k = 4;
    DictionaryWeights weights{
        at::ones({9, 2}), at::zeros({9}), at::ones({9, 2}), at::zeros({2}), {}, {}};
    const DictionaryBatch batch{at::ones({5, 2}), at::ones({5, 2})};
    for (const auto kind : {DictionaryObjective::TopK, DictionaryObjective::BatchTopK}) {
        options.objective = kind;
        const auto objective = Objective::create(options);
        for (int round = 0; round < 3; ++round) { // later rounds start from a guess
            DictionaryWeights gradients = weights.zerosLike();
            objective->lossAndGradients(
                weights, batch, 1.0, std::vector<std::uint8_t>(9, 0), gradients);
            EXPECT_EQ(objective->acts().entries(), 20);
        }
    }
}

TEST(BatchTopKObjective, AGuessThatIsTooHighIsRepaired)
{
    DictionaryTrainerOptions options;
    options.objective = DictionaryObjective::BatchTopK;
    options.hookIn = options.hookOut = kRead;
    options.k = 3;
    at::manual_seed(2);
    DictionaryWeights weights{
        at::randn({40, 8}), at::zeros({40}), at::randn({40, 8}), at::zeros({8}), {}, {}};
    const auto used = Objective::create(options), fresh = Objective::create(options);
    const std::vector<std::uint8_t> isDead(40, 0);
    DictionaryWeights gradients = weights.zerosLike();
    const at::Tensor large = at::randn({30, 8}) * 50, small = at::randn({30, 8});
    used->lossAndGradients(weights, {large, large}, 1.0, isDead, gradients);
    used->lossAndGradients(weights, {small, small}, 1.0, isDead, gradients);
    fresh->lossAndGradients(weights, {small, small}, 1.0, isDead, gradients);
    EXPECT_EQ(used->acts().features, fresh->acts().features);
    EXPECT_EQ(used->acts().entries(), 90);
}

} // namespace
} // namespace core
