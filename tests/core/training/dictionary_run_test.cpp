#include "core/training/dictionary_run.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/core/training/trained_places.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

namespace core {
namespace {

constexpr std::int64_t kRunBatch = 128, kRunSteps = 40;

std::shared_ptr<const ActivationStore> randomStore()
{
    const at::Generator g = at::detail::createCPUGenerator(5);
    const auto random = [&] { return at::empty({2000, 12}).normal_(0, 1, g); };
    return ActivationStore::fromTensors({{tests::kRead, random()}, {tests::kWrite, random()}});
}

DictionaryTrainerOptions runOptions(const std::string& name, DictionaryObjective objective)
{
    DictionaryTrainerOptions options;
    options.name = name;
    options.hookIn = options.hookOut = tests::kRead;
    options.objective = objective;
    options.d_sae = 48;
    options.k = 4;
    options.train_batch_size_tokens = kRunBatch;
    options.training_tokens = kRunSteps * kRunBatch;
    options.dead_feature_window = 500;
    options.resample_every = 15;
    options.seed = 3;
    return options;
}

std::vector<DictionaryTrainerOptions> fourOptions()
{
    std::vector<DictionaryTrainerOptions> all{runOptions("l1", DictionaryObjective::L1),
        runOptions("jumprelu", DictionaryObjective::JumpRelu),
        runOptions("topk", DictionaryObjective::TopK),
        runOptions("transcoder", DictionaryObjective::BatchTopK)};
    all.back().hookOut = tests::kWrite;
    return all;
}

/// All steps; the losses of each dictionary in their order.
std::vector<std::vector<double>> losses(DictionaryRun& run, std::int64_t steps = -1)
{
    std::vector<std::vector<double>> all(run.size());
    for (; !run.isDone() && steps != 0; --steps) {
        const auto step = run.step();
        EXPECT_TRUE(step);
        if (!step)
            break;
        all[step->dictionary].push_back(step->metrics.losses.loss);
    }
    return all;
}

TEST(DictionaryRun, EachBecomesWhatItBecomesAlone)
{
    const auto store = randomStore();
    auto together = DictionaryRun::create(store, fourOptions());
    ASSERT_TRUE(together);
    EXPECT_EQ((*together)->totalSteps(), 4 * kRunSteps);
    const auto all = losses(**together);
    const auto made = (*together)->dictionaries();
    ASSERT_TRUE(made);
    for (std::size_t i = 0; i < 4; ++i) {
        auto alone = DictionaryTrainer::create(store, fourOptions()[i]);
        ASSERT_TRUE(alone);
        std::vector<double> own;
        ASSERT_TRUE((*alone)->run(
            {}, [&](const DictionaryMetrics& metrics) { own.push_back(metrics.losses.loss); }));
        EXPECT_EQ(all[i], own) << i;
        EXPECT_TRUE(at::equal((*made)[i]->W_dec(), (*(*alone)->dictionary())->W_dec())) << i;
    }
}

TEST(DictionaryRun, TakesAStepInTurn)
{
    auto run = DictionaryRun::create(randomStore(), fourOptions());
    ASSERT_TRUE(run);
    for (std::size_t i = 0; i < 8; ++i)
        EXPECT_EQ((*run)->step()->dictionary, i % 4);
    EXPECT_EQ((*run)->steps(), 8);
}

TEST(DictionaryRun, GoesOnFromCheckpointsWithTheSameLossesToTheLastDigit)
{
    const auto store = randomStore();
    auto whole = DictionaryRun::create(store, fourOptions());
    ASSERT_TRUE(whole);
    const auto expected = losses(**whole);

    const tests::TemporaryFolder folder;
    std::vector<std::vector<double>> got;
    {
        auto first = DictionaryRun::create(store, fourOptions());
        got = losses(**first, 70); // not the same number of each
        ASSERT_TRUE((*first)->saveCheckpoints(folder.path()));
    }
    auto second = DictionaryRun::create(store, fourOptions());
    ASSERT_TRUE((*second)->resume(folder.path()));
    EXPECT_EQ((*second)->steps(), 70);
    const auto rest = losses(**second);
    for (std::size_t i = 0; i < 4; ++i) {
        got[i].insert(got[i].end(), rest[i].begin(), rest[i].end());
        EXPECT_EQ(got[i], expected[i]) << i;
    }
    (*second)->removeCheckpoints(folder.path());
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(DictionaryRun, AtItsEndThereIsNoNextStep)
{
    auto run = DictionaryRun::create(randomStore(), {runOptions("l1", DictionaryObjective::L1)});
    losses(**run);
    EXPECT_TRUE((*run)->isDone());
    EXPECT_FALSE((*run)->step());
}

TEST(DictionaryRun, MeasuresTheGradient)
{
    auto run = DictionaryRun::create(randomStore(), {runOptions("l1", DictionaryObjective::L1)});
    const auto step = (*run)->step();
    ASSERT_TRUE(step);
    EXPECT_GT(step->metrics.gradientNorm, 0.0);
}

} // namespace
} // namespace core
