#include "core/training/cross_layer_trainer.h"
#include "core/training/dictionary_run.h"
#include "tests/core/files/temporary_folder.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

namespace core::cross_layer_tests {
namespace {

constexpr std::int64_t kLayers = 3, kWide = 5, kRows = 20;

DictionaryTrainerOptions layerOptions(std::int64_t layer, DictionaryObjective objective)
{
    DictionaryTrainerOptions options;
    options.name = "layer_" + std::to_string(layer);
    options.hookIn = {HookKind::MlpIn, Layer(layer)};
    options.hookOut = {HookKind::MlpOut, Layer(layer)};
    options.objective = objective;
    options.k = 3;
    options.aux_k = 2;
    options.aux_loss_coefficient = 0.3;
    options.l1_coefficient = 0.7;
    options.l0_coefficient = 0.5;
    options.pre_act_loss_coefficient = 0.05;
    options.jumprelu_bandwidth = 0.4;
    return options;
}

std::vector<DictionaryTrainerOptions> allLayers(
    DictionaryObjective objective, std::int64_t layers = kLayers)
{
    std::vector<DictionaryTrainerOptions> all;
    for (std::int64_t layer = 0; layer < layers; ++layer)
        all.push_back(layerOptions(layer, objective));
    return all;
}

// --- the loss, by brute force
// ---------------------------------------------------------------------

struct CrossCase {
    DictionaryObjective objective = DictionaryObjective::JumpRelu;
    bool isSparse = false; ///< So few active that rows are walked; otherwise products are dense.
    bool hasDead = false;
};

struct CrossProblem {
    std::vector<DictionaryTrainerOptions> options;
    CrossLayerWeights weights;
    CrossLayerBatch batch;
    std::vector<std::vector<std::uint8_t>> isDead;
};

CrossProblem crossProblem(const CrossCase& c)
{
    CrossProblem p;
    p.options = allLayers(c.objective);
    const std::int64_t features = c.isSparse ? 70 : 9;
    at::manual_seed(29);
    for (std::int64_t l = 0; l < kLayers; ++l) {
        DictionaryWeights own;
        own.W_enc = at::randn({features, kWide}) * 0.5;
        own.b_enc = at::randn({features}) * 0.2 - (c.isSparse ? 1.8 : 0.0);
        own.W_dec = at::randn({features, (kLayers - l) * kWide});
        own.W_dec.div_(own.W_dec.norm(2, 1, true));
        own.b_dec = at::randn({kWide}) * 0.3;
        if (c.objective == DictionaryObjective::JumpRelu)
            own.log_threshold = at::randn({features}) * 0.3 - 0.7;
        p.weights.layers.push_back(own);
        p.batch.x.push_back(at::randn({kRows, kWide}));
        p.isDead.emplace_back(static_cast<std::size_t>(features), std::uint8_t(0));
        if (c.hasDead)
            p.isDead.back()[1] = p.isDead.back()[4] = p.isDead.back()[6] = 1;
    }
    p.batch.y = at::randn({kRows, kLayers * kWide});
    return p;
}

double value(const at::Tensor& t, std::int64_t i)
{
    return static_cast<double>(t.data_ptr<float>()[i]);
}

/// The equations as loops over doubles, sharing nothing with the program; which features are active
/// (and which dead ones help) is that of the weights it was made with, as the gradients hold it.
class BruteForce {
public:
    explicit BruteForce(const CrossProblem& problem)
        : p(problem)
    {
        for (std::size_t l = 0; l < kLayers; ++l) {
            std::vector<double> h = pre(p.weights, l);
            std::vector<bool> active(h.size());
            const std::size_t F = features();
            const DictionaryObjective kind = p.options[l].objective;
            std::vector<double> sorted = h;
            std::sort(sorted.rbegin(), sorted.rend());
            const double cutoff = sorted[static_cast<std::size_t>(3 * kRows) - 1];
            for (std::size_t i = 0; i < h.size(); ++i)
                active[i] = kind == DictionaryObjective::JumpRelu
                    ? h[i] > std::exp(value(
                          p.weights.layers[l].log_threshold, static_cast<std::int64_t>(i % F)))
                    : h[i] > 0 && (kind == DictionaryObjective::L1 || h[i] >= cutoff);
            m_active.push_back(active);
            std::vector<bool> helps(h.size(), false);
            if (kind == DictionaryObjective::BatchTopK)
                for (std::size_t t = 0; t < kRows; ++t)
                    for (std::size_t f = 0; f < F; ++f) {
                        // Among the two largest of the token's dead features, and above 0.
                        std::size_t larger = 0;
                        for (std::size_t g = 0; g < F; ++g)
                            larger += p.isDead[l][g] != 0 && h[t * F + g] > h[t * F + f];
                        helps[t * F + f] = p.isDead[l][f] != 0 && h[t * F + f] > 0 && larger < 2;
                    }
            m_helps.push_back(helps);
        }
        m_left = errors(p.weights);
    }

    double operator()(const CrossLayerWeights& w) const
    {
        double loss = 0;
        for (const double e : errors(w))
            loss += e * e;
        const std::size_t F = features();
        for (std::size_t l = 0; l < kLayers; ++l) {
            const std::vector<double> h = pre(w, l);
            const DictionaryTrainerOptions& o = p.options[l];
            for (std::size_t i = 0; i < h.size(); ++i) {
                const double act = m_active[l][i] ? h[i] : 0.0;
                if (o.objective == DictionaryObjective::L1)
                    loss += o.l1_coefficient * act;
                if (o.objective == DictionaryObjective::JumpRelu) {
                    loss += o.l0_coefficient * std::tanh(o.jumprelu_tanh_scale * act);
                    if (!m_active[l][i])
                        loss += o.pre_act_loss_coefficient
                            * (std::exp(value(
                                   w.layers[l].log_threshold, static_cast<std::int64_t>(i % F)))
                                - h[i]);
                }
            }
            if (std::find(m_helps[l].begin(), m_helps[l].end(), true) == m_helps[l].end())
                continue;
            // What is left over (held fixed) less what the layer's dead features would write.
            for (std::size_t t = 0; t < kRows; ++t)
                for (std::size_t c = l * kWide; c < kLayers * kWide; ++c) {
                    double e = m_left[t * kLayers * kWide + c];
                    for (std::size_t f = 0; f < F; ++f)
                        if (m_helps[l][t * F + f])
                            e += h[t * F + f] * decoder(w, l, f, c);
                    loss += o.aux_loss_coefficient * e * e;
                }
        }
        return loss / kRows;
    }

    double l0(std::size_t layer) const
    {
        return static_cast<double>(std::count(m_active[layer].begin(), m_active[layer].end(), true))
            / kRows;
    }

private:
    std::size_t features() const { return p.isDead.front().size(); }

    std::vector<double> pre(const CrossLayerWeights& w, std::size_t l) const
    {
        const std::size_t F = features();
        std::vector<double> h(kRows * F);
        for (std::size_t t = 0; t < kRows; ++t)
            for (std::size_t f = 0; f < F; ++f) {
                double sum = value(w.layers[l].b_enc, static_cast<std::int64_t>(f));
                for (std::size_t i = 0; i < kWide; ++i)
                    sum += value(p.batch.x[l], static_cast<std::int64_t>(t * kWide + i))
                        * value(w.layers[l].W_enc, static_cast<std::int64_t>(f * kWide + i));
                h[t * F + f] = sum;
            }
        return h;
    }

    /// Of feature f of layer l on number c of the outputs side by side.
    static double decoder(const CrossLayerWeights& w, std::size_t l, std::size_t f, std::size_t c)
    {
        const std::size_t width = (kLayers - l) * kWide;
        return value(w.layers[l].W_dec, static_cast<std::int64_t>(f * width + c - l * kWide));
    }

    std::vector<double> errors(const CrossLayerWeights& w) const
    {
        const std::size_t F = features(), width = kLayers * kWide;
        std::vector<double> e(kRows * width);
        for (std::size_t t = 0; t < kRows; ++t)
            for (std::size_t c = 0; c < width; ++c)
                e[t * width + c]
                    = value(w.layers[c / kWide].b_dec, static_cast<std::int64_t>(c % kWide))
                    - value(p.batch.y, static_cast<std::int64_t>(t * width + c));
        for (std::size_t l = 0; l < kLayers; ++l) {
            const std::vector<double> h = pre(w, l);
            for (std::size_t t = 0; t < kRows; ++t)
                for (std::size_t f = 0; f < F; ++f)
                    if (m_active[l][t * F + f])
                        for (std::size_t c = l * kWide; c < width; ++c)
                            e[t * width + c] += h[t * F + f] * decoder(w, l, f, c);
        }
        return e;
    }

    const CrossProblem& p;
    std::vector<std::vector<bool>> m_active, m_helps;
    std::vector<double> m_left;
};

class CrossLayerGradients : public testing::TestWithParam<CrossCase> { };

TEST_P(CrossLayerGradients, AgreeWithFiniteDifferencesOfABruteForceLoss)
{
    CrossProblem p = crossProblem(GetParam());
    const BruteForce loss(p);
    CrossLayerObjective objective(p.options);
    CrossLayerWeights gradients = p.weights.zerosLike();
    std::vector<const std::vector<std::uint8_t>*> dead;
    for (const auto& layer : p.isDead)
        dead.push_back(&layer);
    const auto losses = objective.lossAndGradients(p.weights, p.batch, 1.0, dead, gradients);
    double total = 0;
    for (std::size_t l = 0; l < kLayers; ++l) {
        total += losses[l].loss;
        EXPECT_NEAR(losses[l].l0, loss.l0(l), 1e-9);
        if (GetParam().hasDead) {
            EXPECT_GT(losses[l].aux, 0.0);
        }
    }
    EXPECT_NEAR(total, loss(p.weights), 1e-4);

    const auto check = [&](const char* name, at::Tensor& weight, const at::Tensor& gradient) {
        at::Tensor flat = weight.view({-1});
        for (std::int64_t i = 0; i < flat.numel(); ++i) {
            const double kept = flat[i].item<double>();
            constexpr double kStep = 1e-3; // the loss itself is in double
            flat[i] = kept + kStep;
            const double high = flat[i].item<double>(), up = loss(p.weights);
            flat[i] = kept - kStep;
            const double low = flat[i].item<double>(), down = loss(p.weights);
            flat[i] = kept;
            const double expected = (up - down) / (high - low);
            EXPECT_NEAR(
                gradient.view({-1})[i].item<double>(), expected, 3e-4 + 1e-3 * std::abs(expected))
                << name << i;
        }
    };
    for (std::size_t l = 0; l < kLayers; ++l) {
        DictionaryWeights& own = p.weights.layers[l];
        const DictionaryWeights& g = gradients.layers[l];
        check("W_enc", own.W_enc, g.W_enc);
        check("b_enc", own.b_enc, g.b_enc);
        check("W_dec", own.W_dec, g.W_dec);
        check("b_dec", own.b_dec, g.b_dec);
    }
}

INSTANTIATE_TEST_SUITE_P(All, CrossLayerGradients,
    testing::Values(CrossCase{DictionaryObjective::JumpRelu},
        CrossCase{DictionaryObjective::JumpRelu, true}, CrossCase{DictionaryObjective::L1},
        CrossCase{DictionaryObjective::BatchTopK}, CrossCase{DictionaryObjective::BatchTopK, true},
        CrossCase{DictionaryObjective::BatchTopK, true, true}));

TEST(CrossLayerObjective, OneFeatureThatWritesToTwoLayersHasTheLossOfTheClosedForm)
{
    // x = 2 at layer 0, encoder 1: f = 2. It writes (0.6, 0.8); targets 3 and 1, no bias: errors
    // 1.2 - 3 and 1.6 - 1. Layer 1 has one feature that never fires.
    auto options = allLayers(DictionaryObjective::JumpRelu, 2);
    for (auto& layer : options)
        layer.pre_act_loss_coefficient = 0.0;
    CrossLayerWeights weights;
    const at::Tensor one = at::ones({1, 1}), zero = at::zeros({1}),
                     log = at::full({1}, std::log(0.5), at::kFloat);
    weights.layers.push_back({one.clone(), zero.clone(), at::tensor({0.6f, 0.8f}).view({1, 2}),
        zero.clone(), log.clone(), {}});
    weights.layers.push_back({-one, zero.clone(), one.clone(), zero.clone(), log.clone(), {}});
    const CrossLayerBatch batch{{2 * one, 5 * one}, at::tensor({3.0f, 1.0f}).view({1, 2})};
    const std::vector<std::uint8_t> alive{0};
    CrossLayerWeights g = weights.zerosLike();
    const auto losses
        = CrossLayerObjective(options).lossAndGradients(weights, batch, 1.0, {&alive, &alive}, g);
    EXPECT_NEAR(losses[0].mse, 1.8 * 1.8, 1e-5);
    EXPECT_NEAR(losses[1].mse, 0.6 * 0.6, 1e-5);
    EXPECT_NEAR(losses[0].sparsity, 0.5 * std::tanh(4.0 * 2.0), 1e-6);
    EXPECT_EQ(losses[1].sparsity, 0.0);
    EXPECT_EQ(losses[0].l0, 1.0);
    EXPECT_EQ(losses[1].l0, 0.0);
    // dL/df = 2 (-1.8 * 0.6 + 0.6 * 0.8) + 0.5 * 4 (1 - tanh^2 8), times x for the encoder.
    const double df = 2 * (-1.8 * 0.6 + 0.6 * 0.8) + 2.0 * (1 - std::pow(std::tanh(8.0), 2));
    EXPECT_NEAR(g.layers[0].W_enc.item<double>(), 2 * df, 1e-5);
    EXPECT_NEAR(g.layers[0].W_dec[0][0].item<double>(), 2 * -1.8 * 2, 1e-5);
    EXPECT_NEAR(g.layers[0].W_dec[0][1].item<double>(), 2 * 0.6 * 2, 1e-5);
    EXPECT_NEAR(g.layers[1].b_dec.item<double>(), 2 * 0.6, 1e-5);
    EXPECT_EQ(g.layers[1].W_enc.item<double>(), 0.0);
}

// --- the trainer
// ----------------------------------------------------------------------------------

/// A model of two layers whose second output repeats what the first one's input already said:
/// layer 1's own input does not say it at all. Sizes differ a hundredfold between the layers.
struct Repeated {
    static constexpr std::int64_t kKinds = 12, kD = 16, kTokens = 8000;
    at::Tensor first, second; ///< [kKinds, kD]: what each kind writes at layer 0 and 1.
    std::shared_ptr<const ActivationStore> store;

    Repeated()
    {
        const at::Generator g = at::detail::createCPUGenerator(8);
        const auto unit = [&] {
            const at::Tensor rows = at::empty({kKinds, kD}).normal_(0, 1, g);
            return rows / rows.norm(2, 1, true);
        };
        const at::Tensor read = at::eye(kKinds, kD), other = unit();
        first = unit();
        second = unit() * 100.0;
        const at::Tensor is = at::empty({kTokens, kKinds}).uniform_(0, 1, g).lt(0.12).to(at::kFloat)
            * at::empty({kTokens, kKinds}).uniform_(1.0, 2.0, g);
        const at::Tensor unrelated
            = at::empty({kTokens, kKinds}).uniform_(0, 1, g).lt(0.12).to(at::kFloat);
        const auto at = [](HookKind kind, std::int64_t layer) {
            return HookPoint{kind, Layer(layer)};
        };
        store = ActivationStore::fromTensors({{at(HookKind::MlpIn, 0), is.mm(read) + 0.3},
            {at(HookKind::MlpOut, 0), is.mm(first) - 0.1},
            {at(HookKind::MlpIn, 1), unrelated.mm(other)},
            {at(HookKind::MlpOut, 1), is.mm(second) + 7.0}});
    }
};

std::vector<DictionaryTrainerOptions> trained(
    DictionaryObjective objective, std::int64_t steps, std::int64_t d_sae = 24)
{
    auto all = allLayers(objective, 2);
    for (DictionaryTrainerOptions& options : all) {
        options.k = 2;
        options.d_sae = d_sae;
        options.train_batch_size_tokens = 256;
        options.training_tokens = steps * 256;
        options.schedule = {.lr = 4e-3, .lr_warm_up_steps = 20, .lr_decay_steps = steps / 3};
        options.l0_coefficient = 0.1;
        options.l1_coefficient = 0.3;
        options.jumprelu_init_threshold = 0.1;
        options.jumprelu_bandwidth = 0.5;
        options.pre_act_loss_coefficient = 1e-4;
        options.dead_feature_window = 4000;
        options.resample_every = 90;
        options.seed = 5;
    }
    return all;
}

std::vector<std::vector<double>> stepLosses(TrainingRun& run, std::int64_t steps = -1)
{
    std::vector<std::vector<double>> all;
    for (; !run.isDone() && steps != 0; --steps) {
        const auto taken = run.advance();
        EXPECT_TRUE(taken) << (taken ? "" : taken.error().message);
        if (!taken)
            break;
        std::vector<double> row;
        for (const TrainingRun::Step& step : *taken)
            for (const double x : {step.metrics.losses.loss, step.metrics.losses.mse,
                     step.metrics.losses.fvu, step.metrics.losses.l0, step.metrics.gradientNorm})
                row.push_back(x);
        all.push_back(row);
    }
    return all;
}

/// Of each layer's output, over the whole recorded text.
std::vector<double> fvuOf(const Dictionaries& layers, const ActivationStore& store)
{
    std::vector<at::Tensor> x;
    for (const auto& layer : layers)
        x.push_back(store.sampleRows(layer->config().hookIn, store.tokens()));
    std::vector<at::Tensor> rebuilt;
    if (layers.front()->config().isCrossLayer) {
        const auto all = reconstructLayers(layers, x);
        EXPECT_TRUE(all) << all.error().message;
        rebuilt = *all;
    } else {
        for (std::size_t l = 0; l < layers.size(); ++l)
            rebuilt.push_back(layers[l]->reconstruct(x[l]));
    }
    std::vector<double> fvu;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const at::Tensor y = store.sampleRows(layers[l]->config().hookOut, store.tokens());
        fvu.push_back(
            ((y - rebuilt[l]).square().sum() / (y - y.mean(0)).square().sum()).item<double>());
    }
    return fvu;
}

class CrossLayerRecovery : public testing::TestWithParam<DictionaryObjective> { };

TEST_P(CrossLayerRecovery, WritesAtALaterLayerWhatThatLayersOwnInputDoesNotSay)
{
    const Repeated world;
    auto run = CrossLayerTrainer::create(world.store, trained(GetParam(), 700));
    ASSERT_TRUE(run) << run.error().message;
    const auto rows = stepLosses(**run);
    const auto layers = (*run)->dictionaries();
    ASSERT_TRUE(layers) << layers.error().message;
    const auto fvu = fvuOf(*layers, *world.store);
    EXPECT_LT(fvu[0], 0.25);
    EXPECT_LT(fvu[1], 0.25); // though it is a hundred times as large
    // In the model's units it rebuilds as well as the last steps measured.
    EXPECT_NEAR(fvu[0], rows.back()[2], 0.06);
    EXPECT_NEAR(fvu[1], rows.back()[7], 0.06);
    // A feature's whole row, to all layers it writes to, has length one.
    const Dictionary& first = *layers->front();
    const at::Tensor norms
        = (first.decoderAt(0).square().sum(1) + first.decoderAt(1).square().sum(1)).sqrt();
    EXPECT_TRUE(at::allclose(norms, at::ones({24}), 1e-4, 1e-4));

    // Transcoders of each layer alone cannot know.
    auto alone = DictionaryRun::create(world.store, trained(GetParam(), 700));
    ASSERT_TRUE(alone);
    stepLosses(**alone);
    EXPECT_GT(fvuOf(*(*alone)->dictionaries(), *world.store)[1], 0.7);
}

INSTANTIATE_TEST_SUITE_P(Objectives, CrossLayerRecovery,
    testing::Values(
        DictionaryObjective::BatchTopK, DictionaryObjective::JumpRelu, DictionaryObjective::L1));

TEST(CrossLayerTrainer, BeginsAsTheTranscodersOfEachLayerAlone)
{
    const Repeated world;
    for (const bool initFromData : {false, true}) {
        auto options = trained(DictionaryObjective::BatchTopK, 10);
        for (auto& layer : options)
            layer.initFromData = initFromData;
        auto across = CrossLayerTrainer::create(world.store, options);
        auto alone = DictionaryRun::create(world.store, options);
        ASSERT_TRUE(across && alone);
        const auto a = fvuOf(*(*across)->dictionaries(), *world.store),
                   b = fvuOf(*(*alone)->dictionaries(), *world.store);
        for (std::size_t l = 0; l < 2; ++l)
            EXPECT_NEAR(a[l], b[l], 1e-4 * b[l]);
    }
}

TEST(CrossLayerTrainer, GoesOnFromACheckpointWithTheSameLossesToTheLastDigit)
{
    const Repeated world;
    for (const auto objective :
        {DictionaryObjective::BatchTopK, DictionaryObjective::JumpRelu, DictionaryObjective::L1}) {
        const auto options = trained(objective, 200);
        auto whole = CrossLayerTrainer::create(world.store, options);
        const auto expected = stepLosses(**whole);
        const tests::TemporaryFolder folder;
        auto first = CrossLayerTrainer::create(world.store, options);
        auto got = stepLosses(**first, 77);
        ASSERT_TRUE((*first)->saveCheckpoints(folder.path()));
        auto second = CrossLayerTrainer::create(world.store, options);
        ASSERT_TRUE((*second)->resume(folder.path()));
        EXPECT_EQ((*second)->steps(), 77);
        const auto rest = stepLosses(**second);
        got.insert(got.end(), rest.begin(), rest.end());
        EXPECT_EQ(got, expected);
        const auto a = *(*whole)->dictionaries(), b = *(*second)->dictionaries();
        for (std::size_t l = 0; l < 2; ++l)
            EXPECT_TRUE(at::equal(a[l]->W_dec(), b[l]->W_dec()));
        (*second)->removeCheckpoints(folder.path());
        EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    }
}

TEST(CrossLayerTrainer, ACheckpointOfOtherSizesIsRefusedAndChangesNothing)
{
    const Repeated world;
    const tests::TemporaryFolder folder;
    auto other
        = CrossLayerTrainer::create(world.store, trained(DictionaryObjective::BatchTopK, 10, 30));
    ASSERT_TRUE((*other)->saveCheckpoints(folder.path()));
    auto run = CrossLayerTrainer::create(world.store, trained(DictionaryObjective::BatchTopK, 10));
    const auto refused = (*run)->resume(folder.path());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("24 features"), std::string::npos)
        << refused.error().message;
    EXPECT_EQ((*run)->steps(), 0);
}

TEST(CrossLayerTrainer, DeadFeaturesStartAnew)
{
    const Repeated world;
    auto options = trained(DictionaryObjective::JumpRelu, 100);
    for (auto& layer : options) {
        layer.jumprelu_init_threshold = 30.0; // nothing fires at first
        layer.dead_feature_window = 1000;
        layer.resample_every = 20;
    }
    auto run = CrossLayerTrainer::create(world.store, options);
    std::int64_t restarted = 0;
    while (!(*run)->isDone()) {
        const auto steps = (*run)->advance();
        ASSERT_TRUE(steps);
        for (const auto& step : *steps)
            restarted += step.metrics.resampled;
    }
    // All dead at once is left alone (there is nothing to measure a new one by).
    EXPECT_EQ(restarted, 0);
    for (auto& layer : options)
        layer.jumprelu_init_threshold = 3.0;
    run = CrossLayerTrainer::create(world.store, options);
    while (!(*run)->isDone()) {
        const auto steps = (*run)->advance();
        ASSERT_TRUE(steps);
        for (const auto& step : *steps)
            restarted += step.metrics.resampled;
    }
    EXPECT_GT(restarted, 0);
}

TEST(CrossLayerTrainer, RefusesWhatItCannotBe)
{
    const Repeated world;
    const auto message = [&](const std::vector<DictionaryTrainerOptions>& options) {
        const auto made = CrossLayerTrainer::create(world.store, options);
        return made ? std::string() : made.error().message;
    };
    auto options = trained(DictionaryObjective::BatchTopK, 10);
    EXPECT_NE(message({options[1]}).find("every layer"), std::string::npos);
    EXPECT_NE(message({}).find("layers of a model"), std::string::npos);
    options[0].has_skip = true;
    EXPECT_NE(message(options).find("skip"), std::string::npos);
    EXPECT_NE(message(trained(DictionaryObjective::TopK, 10)).find("TopK"), std::string::npos);
}

TEST(CrossLayerTrainer, WhatIsSavedOpensWithEveryNumberTheSame)
{
    const Repeated world;
    for (const auto objective : {DictionaryObjective::BatchTopK, DictionaryObjective::L1}) {
        auto run = CrossLayerTrainer::create(world.store, trained(objective, 30));
        stepLosses(**run);
        const auto made = *(*run)->dictionaries();
        const tests::TemporaryFolder folder;
        ASSERT_TRUE(saveCrossLayerSet(made, folder.path() / "clt", "float32", "some-model"));
        const auto opened = openDictionaries(folder.path() / "clt");
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_EQ(opened->size(), 2u);
        std::vector<at::Tensor> x;
        for (std::size_t l = 0; l < 2; ++l) {
            const Dictionary &a = *made[l], &b = *(*opened)[l];
            EXPECT_EQ(a.config().architecture, b.config().architecture);
            EXPECT_EQ(a.config().hookIn, b.config().hookIn);
            EXPECT_EQ(a.config().hookOut, b.config().hookOut);
            EXPECT_EQ(b.config().baseModel, "some-model");
            EXPECT_EQ(b.config().layersWritten, static_cast<int>(2 - l));
            EXPECT_TRUE(at::equal(a.W_enc(), b.W_enc()));
            EXPECT_TRUE(at::equal(a.b_enc(), b.b_enc()));
            EXPECT_TRUE(at::equal(a.b_dec(), b.b_dec()));
            EXPECT_EQ(a.threshold().defined(), objective == DictionaryObjective::BatchTopK);
            if (a.threshold().defined()) {
                EXPECT_TRUE(at::equal(a.threshold(), b.threshold()));
            }
            for (int offset = 0; offset < a.config().layersWritten; ++offset)
                EXPECT_TRUE(at::equal(a.decoderAt(offset), b.decoderAt(offset)));
            x.push_back(world.store->sampleRows(a.config().hookIn, 200));
        }
        const auto before = reconstructLayers(made, x), after = reconstructLayers(*opened, x);
        for (std::size_t l = 0; l < 2; ++l)
            EXPECT_TRUE(at::equal((*before)[l], (*after)[l]));
    }
}

TEST(SaveCrossLayerSet, RefusesTranscodersOfOneLayer)
{
    const Repeated world;
    auto run = DictionaryRun::create(world.store, trained(DictionaryObjective::BatchTopK, 10));
    const tests::TemporaryFolder folder;
    const auto refused = saveCrossLayerSet(
        *(*run)->dictionaries(), folder.path() / "clt", "float32", "some-model");
    ASSERT_FALSE(refused);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "clt"));
}

} // namespace
} // namespace core::cross_layer_tests
