#include "core/training/dictionary_trainer.h"
#include "tests/core/training/trained_places.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

namespace core {
namespace {

using tests::kRead;
using tests::kWrite;

constexpr std::int64_t kKinds = 24, kSeededIn = 32, kOut = 28, kSeededTokens = 6000;

/// Tokens of a few kinds, the last ten times rarer than the first: each near its kind's own place,
/// all places at right angles.
struct Kinds {
    at::Tensor in = at::eye(kKinds, kSeededIn) * 6.0, out = at::eye(kKinds, kOut) * 3.0;
    std::shared_ptr<const ActivationStore> store;

    Kinds()
    {
        const at::Generator g = at::detail::createCPUGenerator(3);
        const at::Tensor share = at::linspace(1.0, 0.1, kKinds);
        const at::Tensor kind = at::multinomial(share, kSeededTokens, true, g);
        const auto near = [&](const at::Tensor& places) {
            at::Tensor noise = at::empty({kSeededTokens, places.size(1)}).normal_(0, 0.004, g);
            return places.index_select(0, kind) + noise;
        };
        store = ActivationStore::fromTensors({{kRead, near(in)}, {kWrite, near(out)}});
    }
};

DictionaryTrainerOptions options(HookPoint hookOut)
{
    DictionaryTrainerOptions made;
    made.name = "begun";
    made.hookIn = kRead;
    made.hookOut = hookOut;
    made.d_sae = kKinds;
    made.k = 1;
    made.training_tokens = 1;
    made.initFromData = true;
    return made;
}

/// How many kinds have one feature that fires on them and on no other kind, before any step.
std::int64_t told(const DictionaryTrainerOptions& options, const Kinds& kinds)
{
    auto trainer = DictionaryTrainer::create(kinds.store, options);
    EXPECT_TRUE(trainer);
    const auto dictionary = (*trainer)->dictionary();
    EXPECT_TRUE(dictionary);
    const at::Tensor fires = (*dictionary)->activations(kinds.in).gt(0); // [kinds, features]
    const at::Tensor alone = fires & fires.sum(0).eq(1);
    return alone.any(1).sum().item<std::int64_t>();
}

TEST(DataInit, EveryKindOfTokenHasAFeatureFromTheStart)
{
    const Kinds kinds;
    for (const HookPoint hookOut : {kRead, kWrite}) {
        DictionaryTrainerOptions begun = options(hookOut);
        EXPECT_EQ(told(begun, kinds), kKinds) << hookOut.name();
        begun.initFromData = false;
        EXPECT_LE(told(begun, kinds), kKinds * 2 / 3) << hookOut.name();
    }
}

// A feature writes what its token's target is beyond the mean.
TEST(DataInit, AFeatureWritesWhatItsTokenWrites)
{
    const Kinds kinds;
    auto trainer = DictionaryTrainer::create(kinds.store, options(kWrite));
    ASSERT_TRUE(trainer);
    const auto dictionary = (*trainer)->dictionary();
    ASSERT_TRUE(dictionary);
    const at::Tensor mean = kinds.store->sampleRows(kWrite, kSeededTokens).mean(0);
    const at::Tensor wanted = kinds.out - mean;
    const at::Tensor written = (*dictionary)->reconstruct(kinds.in) - mean;
    EXPECT_LT(((written - wanted).norm(2, 1) / wanted.norm(2, 1)).max().item<double>(), 0.15);
}

TEST(DataInit, MoreFeaturesThanTokensIsNoFault)
{
    const auto store = ActivationStore::fromTensors({{kRead, at::eye(4, 8)}});
    DictionaryTrainerOptions begun = options(kRead);
    begun.d_sae = 16;
    begun.training_tokens = 32;
    begun.train_batch_size_tokens = 4;
    auto trainer = DictionaryTrainer::create(store, begun);
    ASSERT_TRUE(trainer);
    ASSERT_TRUE((*trainer)->run());
    EXPECT_TRUE((*(*trainer)->dictionary())->W_dec().isfinite().all().item<bool>());
}

} // namespace
} // namespace core
