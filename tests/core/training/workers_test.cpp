// Several workers, as threads with a process group each; tests/app runs them as processes.
#include "core/training/cross_layer_trainer.h"
#include "core/training/dictionary_run.h"
#include "tests/support/free_port.h"
#include "tests/support/two_workers.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

namespace core::workers_tests {
namespace {

constexpr std::int64_t kShare = 96, kWorkerSteps = 60;

std::shared_ptr<const ActivationStore> twoLayerStore()
{
    const at::Generator g = at::detail::createCPUGenerator(15);
    const auto random = [&](double size) { return at::empty({1500, 10}).normal_(0, size, g); };
    return ActivationStore::fromTensors(
        {{{HookKind::MlpIn, Layer(0)}, random(1)}, {{HookKind::MlpOut, Layer(0)}, random(3)},
            {{HookKind::MlpIn, Layer(1)}, random(1)}, {{HookKind::MlpOut, Layer(1)}, random(9)}});
}

std::vector<DictionaryTrainerOptions> workerOptions(
    DictionaryObjective objective, std::int64_t batch)
{
    std::vector<DictionaryTrainerOptions> all;
    for (std::int64_t layer = 0; layer < 2; ++layer) {
        DictionaryTrainerOptions options;
        options.name = "layer_" + std::to_string(layer);
        options.hookIn = {HookKind::MlpIn, Layer(layer)};
        options.hookOut = {HookKind::MlpOut, Layer(layer)};
        options.objective = objective;
        options.d_sae = 300;
        options.k = 2;
        options.l1_coefficient = options.l0_coefficient = 0.3;
        options.train_batch_size_tokens = batch;
        options.training_tokens = kWorkerSteps * 2 * kShare;
        options.schedule = {.lr = 3e-3, .lr_warm_up_steps = 5};
        options.dead_feature_window = 150; // less than a batch: many are dead now and then
        options.seed = 12;
        all.push_back(options);
    }
    return all;
}

Result<std::unique_ptr<TrainingRun>> workerRun(bool isCrossLayer,
    const std::vector<DictionaryTrainerOptions>& options, const std::shared_ptr<Workers>& workers)
{
    const auto plain = [](auto made) -> Result<std::unique_ptr<TrainingRun>> {
        if (!made)
            return fail(made.error());
        return std::unique_ptr<TrainingRun>(std::move(*made));
    };
    return isCrossLayer ? plain(CrossLayerTrainer::create(twoLayerStore(), options, workers))
                        : plain(DictionaryRun::create(twoLayerStore(), options, workers));
}

struct Learned {
    std::vector<DictionaryMetrics> metrics;
    Dictionaries dictionaries;
};

Learned learnAll(TrainingRun& run)
{
    Learned learned;
    while (!run.isDone()) {
        const auto steps = run.advance();
        EXPECT_TRUE(steps) << (steps ? "" : steps.error().message);
        if (!steps)
            break;
        for (const auto& step : *steps)
            learned.metrics.push_back(step.metrics);
    }
    learned.dictionaries = run.dictionaries().value_or(Dictionaries());
    return learned;
}

struct WorkerCase {
    DictionaryObjective objective;
    bool isCrossLayer = false;
};

class TwoWorkers : public testing::TestWithParam<WorkerCase> { };

TEST_P(TwoWorkers, HaveTheLossesOfOneWithTheDoubleBatch)
{
    const WorkerCase c = GetParam();
    auto alone = workerRun(c.isCrossLayer, workerOptions(c.objective, 2 * kShare), {});
    ASSERT_TRUE(alone) << alone.error().message;
    const Learned one = learnAll(**alone);
    Learned both[2];
    tests::asTwo([&](const std::shared_ptr<Workers>& workers) {
        auto run = workerRun(c.isCrossLayer, workerOptions(c.objective, kShare), workers);
        ASSERT_TRUE(run) << run.error().message;
        both[workers->rank()] = learnAll(**run);
    });
    std::int64_t dead = 0;
    for (const Learned& learned : both) {
        ASSERT_EQ(learned.metrics.size(), one.metrics.size());
        for (std::size_t i = 0; i < one.metrics.size(); ++i) {
            const DictionaryMetrics &a = learned.metrics[i], &b = one.metrics[i];
            EXPECT_EQ(a.tokens, b.tokens);
            EXPECT_EQ(a.totalSteps, b.totalSteps);
            // Sums in another order: rounding, which training carries on.
            EXPECT_NEAR(a.losses.loss, b.losses.loss, 2e-3 * b.losses.loss) << i;
            EXPECT_NEAR(a.losses.fvu, b.losses.fvu, 2e-3) << i;
            EXPECT_NEAR(a.losses.l0, b.losses.l0, 0.02 * b.losses.l0) << i;
            EXPECT_NEAR(a.gradientNorm, b.gradientNorm, 0.02 * b.gradientNorm) << i;
            if (i < 6) { // before anything was carried on
                EXPECT_NEAR(a.losses.loss, b.losses.loss, 1e-5 * b.losses.loss) << i;
                EXPECT_NEAR(a.losses.l0, b.losses.l0, 1e-9) << i;
            }
            dead += b.dead;
        }
    }
    if (c.objective == DictionaryObjective::BatchTopK) {
        EXPECT_GT(dead, 0);
    }
    // Among themselves they agree to the last bit.
    for (std::size_t i = 0; i < one.dictionaries.size(); ++i) {
        EXPECT_TRUE(at::equal(both[0].dictionaries[i]->W_dec(), both[1].dictionaries[i]->W_dec()));
        EXPECT_TRUE(at::equal(both[0].dictionaries[i]->W_enc(), both[1].dictionaries[i]->W_enc()));
    }
}

INSTANTIATE_TEST_SUITE_P(Objectives, TwoWorkers,
    testing::Values(WorkerCase{DictionaryObjective::BatchTopK},
        WorkerCase{DictionaryObjective::TopK}, WorkerCase{DictionaryObjective::L1},
        WorkerCase{DictionaryObjective::JumpRelu}, WorkerCase{DictionaryObjective::BatchTopK, true},
        WorkerCase{DictionaryObjective::JumpRelu, true}));

TEST(Workers, RestartDeadFeaturesAlike)
{
    auto options = workerOptions(DictionaryObjective::JumpRelu, kShare);
    for (auto& each : options) {
        each.resample_every = 10;
        each.jumprelu_init_threshold = 3.0; // so high that a batch leaves many out
    }
    at::Tensor decoders[2];
    std::int64_t restarted = 0;
    tests::asTwo([&](const std::shared_ptr<Workers>& workers) {
        auto run = workerRun(false, options, workers);
        ASSERT_TRUE(run);
        const Learned learned = learnAll(**run);
        decoders[workers->rank()] = learned.dictionaries[0]->W_dec();
        if (workers->isFirst())
            for (const DictionaryMetrics& metrics : learned.metrics)
                restarted += metrics.resampled;
    });
    EXPECT_GT(restarted, 0);
    EXPECT_TRUE(at::equal(decoders[0], decoders[1]));
}

TEST(Workers, OneThatIsLostIsAnErrorAndTheOtherIsWholeAsBeforeTheStep)
{
    tests::asTwo([](const std::shared_ptr<Workers>& workers) {
        auto run = workerRun(true, workerOptions(DictionaryObjective::BatchTopK, kShare), workers);
        ASSERT_TRUE(run);
        for (int i = 0; i < 5; ++i)
            ASSERT_TRUE((*run)->advance());
        if (!workers->isFirst())
            return; // and its group with it
        const at::Tensor before = (*(*run)->dictionaries())[0]->W_dec().clone();
        // The other's last answers may still be on their way; its leaving shows at the next.
        auto lost = (*run)->advance();
        ASSERT_FALSE(lost);
        EXPECT_NE(lost.error().message.find("lost another"), std::string::npos)
            << lost.error().message;
        EXPECT_EQ((*run)->steps(), 5);
        EXPECT_TRUE(at::equal((*(*run)->dictionaries())[0]->W_dec(), before));
    });
}

TEST(Workers, ThatNeverComeAreMissedByName)
{
    WorkerPlace place;
    place.worldSize = 2;
    place.port = tests::freePort();
    place.joinTimeout = std::chrono::seconds(1);
    const auto joined = Workers::join(place);
    ASSERT_FALSE(joined);
    EXPECT_NE(joined.error().message.find("did not come together"), std::string::npos)
        << joined.error().message;
    place.rank = 2;
    EXPECT_NE(Workers::join(place).error().message.find("Worker 2 of 2"), std::string::npos);
}

} // namespace
} // namespace core::workers_tests
