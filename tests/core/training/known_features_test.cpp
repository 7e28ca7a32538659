#include "core/training/known_features.h"
#include "core/training/recovery.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace core {
namespace {

/// As many features as dimensions, so that directions are orthonormal and all is exact.
KnownFeaturesOptions orthonormal()
{
    KnownFeaturesOptions options;
    options.families = 4;
    options.children = 3;
    options.groups = 3;
    options.groupSize = 4;
    options.alone = 12;
    options.l0 = 5;
    options.d = 4 * 4 + 3 * 4 + 12;
    return options;
}

std::shared_ptr<const Dictionary> dictionaryOf(
    const at::Tensor& W_enc, const at::Tensor& b_enc, const at::Tensor& W_dec)
{
    DictionaryConfig config;
    config.name = "known";
    config.architecture = "standard";
    config.d_in = config.d_out = static_cast<int>(W_dec.size(1));
    config.d_sae = static_cast<int>(W_dec.size(0));
    config.hookIn = config.hookOut = {HookKind::ResidPost, Layer(0)};
    auto made
        = Dictionary::create(config, {W_enc, b_enc, W_dec, at::zeros({W_dec.size(1)}), {}, {}});
    EXPECT_TRUE(made) << made.error().message;
    return *made;
}

/// Reads and writes the world's own directions.
std::shared_ptr<const Dictionary> perfect(const KnownFeatures& world, double bias = -0.01)
{
    return dictionaryOf(world.directions(), at::full({world.size()}, bias), world.directions());
}

TEST(KnownFeatures, FireAsOftenAsTheySay)
{
    const auto world = *KnownFeatures::create({});
    const std::int64_t tokens = 40'000;
    const at::Tensor fires = world->draw(tokens, 5).ne(0).to(at::kDouble);
    const at::Tensor both = at::mm(fires.t(), fires) / static_cast<double>(tokens);
    double expectedL0 = 0;
    for (std::int64_t i = 0; i < world->size(); ++i) {
        expectedL0 += world->probability(i);
        // Every pair within a family and a group, and some of the others.
        for (std::int64_t j = i; j < std::min(i + 5, world->size()); ++j) {
            const double p = world->probabilityOfBoth(i, j);
            const double error = std::sqrt(p * (1 - p) / static_cast<double>(tokens));
            EXPECT_NEAR(both[i][j].item<double>(), p, 5 * error + 1e-12) << i << ' ' << j;
        }
        if (world->kind(i) == KnownFeatures::Kind::Child) { // never without its parent
            EXPECT_EQ(both[i][world->parent(i)].item<double>(), both[i][i].item<double>());
        }
    }
    EXPECT_NEAR(expectedL0, world->options().l0, 1e-9);
    EXPECT_NEAR(fires.sum(1).mean().item<double>(), expectedL0, 0.1);
}

TEST(KnownFeatures, AreMoreThanDimensionsAndTheSameEachTime)
{
    const auto world = *KnownFeatures::create({}), again = *KnownFeatures::create({});
    EXPECT_GT(world->size(), world->options().d);
    EXPECT_TRUE(at::equal(world->directions(), again->directions()));
    EXPECT_TRUE(at::equal(world->draw(100, 3), again->draw(100, 3)));
    EXPECT_FALSE(at::equal(world->draw(100, 3), again->draw(100, 4)));
    EXPECT_LT((world->directions().norm(2, 1) - 1).abs().max().item<double>(), 1e-5);
    const HookPoint place{HookKind::ResidPost, Layer(0)};
    const auto store = world->store(place, 10'000, 7);
    EXPECT_EQ(store->tokens(), 10'000);
    const at::Tensor x = store->rows(place, at::arange(10'000, at::kLong));
    // The mean of x is the sum of p_i d_i, since an activation's mean is 1.
    at::Tensor expected = at::zeros({world->options().d}, at::kDouble);
    for (std::int64_t i = 0; i < world->size(); ++i)
        expected += world->probability(i) * world->directions()[i].to(at::kDouble);
    EXPECT_LT((x.to(at::kDouble).mean(0) - expected).norm().item<double>(), 0.1);
}

TEST(KnownFeatures, WhatCannotBeIsRefused)
{
    KnownFeaturesOptions crowded;
    crowded.families = crowded.groups = 0;
    crowded.alone = 10;
    crowded.l0 = 8;
    EXPECT_FALSE(KnownFeatures::create(crowded));
    KnownFeaturesOptions none;
    none.families = none.groups = none.alone = 0;
    EXPECT_FALSE(KnownFeatures::create(none));
}

TEST(Recovery, OfAPerfectDictionaryIsOne)
{
    const auto world = *KnownFeatures::create(orthonormal());
    const Recovery found = recovery(*world, *perfect(*world), world->draw(8000, 3));
    EXPECT_NEAR(found.mmcs, 1, 1e-5);
    EXPECT_NEAR(found.mmcsBack, 1, 1e-5);
    EXPECT_EQ(found.recall, 1);
    EXPECT_EQ(found.precision, 1);
    EXPECT_NEAR(found.f1, 1, 1e-12);
    EXPECT_EQ(found.absorption, 0);
    EXPECT_EQ(found.parentMissed, 0);
    EXPECT_EQ(found.parentsFound, 4);
    EXPECT_EQ(found.l0, found.trueL0);
    EXPECT_EQ(found.deadFraction, 0);
    EXPECT_LT(found.fvu, 1e-3); // the bias
}

TEST(Recovery, CountsWhatIsMissingAndWhatIsTooMuch)
{
    const auto world = *KnownFeatures::create(orthonormal());
    const std::int64_t n = world->size(), lost = 10;
    // Without the last ten features; and ten latents that fire wherever these two features do.
    const at::Tensor mixed
        = ((world->directions()[0] + world->directions()[5]) / std::sqrt(2.0)).expand({lost, -1});
    const at::Tensor rows = at::cat({world->directions().narrow(0, 0, n - lost), mixed});
    const Recovery found
        = recovery(*world, *dictionaryOf(rows, at::full({n}, -0.01), rows), world->draw(8000, 3));
    const auto kept = static_cast<double>(n - lost), all = static_cast<double>(n);
    EXPECT_NEAR(found.recall, kept / all, 1e-12);
    EXPECT_NEAR(found.precision, kept / all, 1e-12);
    EXPECT_NEAR(found.mmcs, kept / all, 1e-4); // the lost ones are orthogonal to all that is there
    EXPECT_NEAR(found.mmcsBack, (kept + 10 / std::sqrt(2.0)) / all, 1e-4);
}

TEST(Recovery, OfRandomDirectionsIsWhatChanceGives)
{
    // The largest of m cosines of random directions in R^d: E = 1 - integral of F(t)^m, with F the
    // distribution of one, whose density is proportional to (1 - t^2)^((d - 3) / 2).
    KnownFeaturesOptions options;
    options.d = 24;
    const auto world = *KnownFeatures::create(options);
    const std::int64_t latents = 400;
    at::manual_seed(4);
    const at::Tensor rows = at::randn({latents, options.d});
    const Recovery found
        = recovery(*world, *dictionaryOf(rows, at::zeros({latents}), rows), world->draw(4000, 3));
    constexpr int kSteps = 200'000;
    const double step = 2.0 / kSteps;
    double mass = 0, below = 0, expected = 1;
    const auto density = [&](int i) {
        const double t = -1 + (i + 0.5) * step;
        return std::pow(1 - t * t, (24 - 3) / 2.0);
    };
    for (int i = 0; i < kSteps; ++i)
        mass += density(i) * step;
    for (int i = 0; i < kSteps; ++i) {
        below += density(i) * step / mass;
        expected -= std::pow(below, latents) * step;
    }
    EXPECT_NEAR(found.mmcs, expected, 0.01);
    EXPECT_GT(expected, 0.4);
    EXPECT_LT(expected, 0.7);
    EXPECT_EQ(found.recall, 0);
    EXPECT_EQ(found.parentsFound, 0);
    EXPECT_EQ(found.absorption, 0); // no parent is found, so nothing can be absorbed from it
}

TEST(Recovery, AnAbsorbedChildIsCountedExactly)
{
    const auto world = *KnownFeatures::create(orthonormal());
    const at::Tensor W_enc = world->directions().clone(), W_dec = world->directions().clone();
    // The first child of every parent takes the parent's part over: its latent writes both, the
    // parent's does not fire with it.
    std::vector<std::int64_t> absorbing;
    for (std::int64_t f = 0; f < world->size(); ++f)
        if (world->kind(f) == KnownFeatures::Kind::Child && world->parent(f) == f - 1) {
            W_enc[f - 1].sub_(10.0 * world->directions()[f]);
            W_dec[f].copy_(world->directions()[f] + world->directions()[f - 1]);
            absorbing.push_back(f);
        }
    ASSERT_EQ(absorbing.size(), 4u);
    const at::Tensor acts = world->draw(20'000, 3);
    const Recovery found
        = recovery(*world, *dictionaryOf(W_enc, at::full({world->size()}, -0.01), W_dec), acts);
    double children = 0, absorbed = 0;
    for (std::int64_t f = 0; f < world->size(); ++f)
        if (world->kind(f) == KnownFeatures::Kind::Child)
            children += acts.select(1, f).ne(0).sum().item<double>();
    for (const std::int64_t f : absorbing)
        absorbed += acts.select(1, f).ne(0).sum().item<double>();
    EXPECT_NEAR(found.absorption, absorbed / children, 1e-12);
    EXPECT_NEAR(found.absorption, 1.0 / 3, 0.02); // one of three, each as often
    EXPECT_EQ(found.parentMissed, 0);
    EXPECT_EQ(found.parentsFound, 4);
    const auto n = static_cast<double>(world->size());
    EXPECT_NEAR(found.recall, (n - 4) / n, 1e-12); // these children are written at 45 degrees
    EXPECT_NEAR(found.mmcs, (n - 4 + 4 / std::sqrt(2.0)) / n, 1e-5);
    EXPECT_NEAR(found.trueL0 - found.l0, absorbed / 20'000, 1e-12);
}

TEST(Recovery, OfAnUntrainedThresholdIsNotAbsorption)
{
    // A latent that misses weak activations misses them with a child and without alike.
    const auto world = *KnownFeatures::create(orthonormal());
    const Recovery found
        = recovery(*world, *perfect(*world, -1.0), world->draw(20'000, 3)); // misses half of them
    EXPECT_NEAR(found.absorption, 0.5, 0.03);
    EXPECT_NEAR(found.parentMissed, 0.5, 0.05);
    EXPECT_EQ(found.recall, 1);
}

} // namespace
} // namespace core
