#include "core/training/cross_layer_trainer.h"
#include "core/training/dictionary_run.h"
#include "core/training/start_weights.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

namespace core::start_weights_tests {
namespace {

std::shared_ptr<const ActivationStore> text(std::uint64_t seed, double size)
{
    const at::Generator g = at::detail::createCPUGenerator(seed);
    const auto random = [&](double times) {
        return at::empty({900, 8}).normal_(0.4, times * size, g);
    };
    return ActivationStore::fromTensors(
        {{{HookKind::MlpIn, Layer(0)}, random(1)}, {{HookKind::MlpOut, Layer(0)}, random(4)},
            {{HookKind::MlpIn, Layer(1)}, random(2)}, {{HookKind::MlpOut, Layer(1)}, random(0.3)}});
}

struct StartCase {
    DictionaryObjective objective;
    bool isTranscoder = false, hasSkip = false, isCrossLayer = false;
};

std::vector<DictionaryTrainerOptions> optionsOf(const StartCase& c, std::int64_t steps)
{
    std::vector<DictionaryTrainerOptions> all;
    for (std::int64_t layer = 0; layer < 2; ++layer) {
        DictionaryTrainerOptions options;
        options.name = "layer_" + std::to_string(layer);
        options.hookIn = {HookKind::MlpIn, Layer(layer)};
        options.hookOut
            = c.isTranscoder ? HookPoint{HookKind::MlpOut, Layer(layer)} : options.hookIn;
        options.has_skip = c.hasSkip;
        options.objective = c.objective;
        options.d_sae = 30;
        options.k = 4;
        options.l1_coefficient = options.l0_coefficient = 0.2;
        options.train_batch_size_tokens = 100;
        options.training_tokens = steps * 100;
        options.schedule = {.lr = 3e-3};
        all.push_back(options);
    }
    return all;
}

std::unique_ptr<TrainingRun> runOf(const StartCase& c,
    const std::shared_ptr<const ActivationStore>& store,
    const std::vector<DictionaryTrainerOptions>& options)
{
    if (c.isCrossLayer) {
        auto made = CrossLayerTrainer::create(store, options);
        EXPECT_TRUE(made) << (made ? "" : made.error().message);
        return std::move(*made);
    }
    auto made = DictionaryRun::create(store, options);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return std::move(*made);
}

Dictionaries learn(TrainingRun& run)
{
    while (!run.isDone())
        EXPECT_TRUE(run.advance());
    return *run.dictionaries();
}

class StartWeights : public testing::TestWithParam<StartCase> { };

TEST_P(StartWeights, BeginAsTheDictionaryIsOnATextOfOtherSizeAndMean)
{
    const StartCase c = GetParam();
    const Dictionaries known = learn(*runOf(c, text(1, 1.0), optionsOf(c, 60)));
    // Of another text the scales and the mean that training takes out are others.
    const auto other = text(2, 30.0);
    auto options = optionsOf(c, 1);
    for (std::size_t l = 0; l < 2; ++l)
        options[l].start = known[l];
    const auto run = runOf(c, other, options);
    const Dictionaries begun = *run->dictionaries();
    std::vector<at::Tensor> x;
    for (std::size_t l = 0; l < 2; ++l) {
        const Dictionary &a = *known[l], &b = *begun[l];
        const at::Tensor rows = other->sampleRows(a.config().hookIn, 900);
        x.push_back(rows);
        // BatchTopK's one threshold is chosen anew for the text; what it is compared with is not.
        EXPECT_TRUE(at::allclose(a.encode(rows).hidden_pre, b.encode(rows).hidden_pre, 1e-3, 1e-2))
            << l;
        if (c.objective != DictionaryObjective::BatchTopK && !c.isCrossLayer) {
            const at::Tensor y = a.reconstruct(rows);
            EXPECT_TRUE(
                at::allclose(y, b.reconstruct(rows), 1e-3, 1e-3 * y.abs().max().item<double>()))
                << l;
        }
        EXPECT_TRUE(at::allclose(a.W_dec(), b.W_dec(), 1e-4, 1e-5)) << l;
        EXPECT_TRUE(at::allclose(a.b_dec(), b.b_dec(), 1e-4, 1e-4)) << l;
    }
    if (c.isCrossLayer && c.objective != DictionaryObjective::BatchTopK) {
        const auto a = *reconstructLayers(known, x), b = *reconstructLayers(begun, x);
        for (std::size_t l = 0; l < 2; ++l)
            EXPECT_TRUE(at::allclose(a[l], b[l], 1e-3, 1e-3 * a[l].abs().max().item<double>()));
    }
    EXPECT_TRUE(run->advance()); // and it goes on from there
}

INSTANTIATE_TEST_SUITE_P(Kinds, StartWeights,
    testing::Values(StartCase{DictionaryObjective::BatchTopK}, StartCase{DictionaryObjective::L1},
        StartCase{DictionaryObjective::JumpRelu}, StartCase{DictionaryObjective::TopK},
        StartCase{DictionaryObjective::JumpRelu, true},
        StartCase{DictionaryObjective::L1, true, true},
        StartCase{DictionaryObjective::JumpRelu, true, false, true},
        StartCase{DictionaryObjective::BatchTopK, true, false, true},
        StartCase{DictionaryObjective::L1, true, false, true}));

TEST(StartWeights, AreRefusedWhereTheyDoNotBelong)
{
    const StartCase sae{DictionaryObjective::L1};
    const Dictionaries known = learn(*runOf(sae, text(1, 1.0), optionsOf(sae, 2)));
    const auto why = [&](const DictionaryTrainerOptions& options) {
        const auto checked = checkStart(*known[0], options);
        return checked ? std::string() : checked.error().message;
    };
    auto options = optionsOf(sae, 2);
    EXPECT_EQ(why(options[0]), "");
    EXPECT_NE(why(options[1]).find("blocks.1"), std::string::npos) << why(options[1]);
    options[0].has_skip = true;
    EXPECT_NE(why(options[0]).find("skip"), std::string::npos);
}

} // namespace
} // namespace core::start_weights_tests
