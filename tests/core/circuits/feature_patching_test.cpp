// Features and error terms in patching, against passes in which the dictionary's output is rebuilt
// by hand from changed activations.
#include "core/circuits/feature_patching.h"
#include "tests/core/circuits/patch_case.h"
#include "tests/core/dictionary/random_dictionary.h"

namespace {

using namespace core;
using tests::PatchCase;

struct Kind {
    const char* name;
    const char* family = "llama";
    HookPoint in, out;
    FeatureActivation activation = FeatureActivation::Relu;
    InputNormalization normalization = InputNormalization::None;
    bool hasSkip = false;
    int head = -1;
};

constexpr Layer kFirst(0), kSecond(1);

const Kind kKinds[] = {
    {"residual_sae", "llama", {HookKind::ResidPost, kFirst}, {HookKind::ResidPost, kFirst}},
    {"normalised_sae", "gpt2", {HookKind::ResidPre, kSecond}, {HookKind::ResidPre, kSecond},
        FeatureActivation::Relu, InputNormalization::LayerNorm},
    {"topk_sae", "gemma2", {HookKind::MlpOut, kFirst}, {HookKind::MlpOut, kFirst},
        FeatureActivation::TopK},
    {"head_sae", "gpt2", {HookKind::Z, kSecond}, {HookKind::Z, kSecond}},
    {"one_head_sae", "llama", {HookKind::Z, kFirst}, {HookKind::Z, kFirst}, FeatureActivation::Relu,
        InputNormalization::None, false, 2},
    {"transcoder", "gpt_neox", {HookKind::MlpIn, kFirst}, {HookKind::MlpOut, kFirst},
        FeatureActivation::JumpRelu},
    {"skip_transcoder", "gemma2", {HookKind::MlpIn, kSecond}, {HookKind::MlpRawOut, kSecond},
        FeatureActivation::Relu, InputNormalization::None, true},
};

std::shared_ptr<const Dictionary> dictionaryOf(const Kind& kind)
{
    DictionaryConfig config = tests::saeConfig(16, 24);
    config.name = kind.name;
    config.hookIn = kind.in;
    config.hookOut = kind.out;
    config.isTranscoder = kind.in != kind.out;
    config.applyBDecToInput = !config.isTranscoder;
    config.activation = kind.activation;
    config.normalization = kind.normalization;
    config.k = 5;
    config.flattensHeads = kind.in.kind == HookKind::Z && kind.head < 0;
    config.headIn = config.headOut = kind.head;
    if (kind.head >= 0)
        config.d_in = config.d_out = 4;
    return tests::randomDictionary(config, 11, kind.hasSkip);
}

struct Patched {
    PatchCase given;
    std::shared_ptr<const Dictionary> dictionary;
    PatchRun base, other;
    FeaturePatches patches;

    Patched(const Kind& kind, at::ScalarType type)
        : given(kind.family, type)
        , dictionary(dictionaryOf(kind))
    {
        const auto points = featurePatchPoints({dictionary}, 2);
        base = given.run(given.baseIds, points);
        other = given.run(given.otherIds, points);
        const auto gradients = metricGradients(*given.model, given.baseIds, points, given.metric);
        const auto before = dictionaryErrors({dictionary}, base.cache),
                   after = dictionaryErrors({dictionary}, other.cache);
        EXPECT_TRUE(gradients && before && after);
        patches = featurePatches(dictionary, base, other, *gradients, (*before)[0], (*after)[0]);
    }

    at::Tensor input(const PatchRun& run) const
    {
        return run.cache.at(dictionary->config().hookIn)[0];
    }
    at::Tensor output(const PatchRun& run) const
    {
        return run.cache.at(dictionary->config().hookOut)[0];
    }
    at::Tensor error(const PatchRun& run) const
    {
        return output(run) - dictionary->decode(dictionary->activations(input(run)), input(run));
    }
    /// The base prompt with the output at one position made of these activations and this error.
    double metricFrom(int position, const at::Tensor& acts, const at::Tensor& error) const
    {
        const at::Tensor rebuilt = dictionary->decode(acts, input(base)) + error;
        return given.metricWith(dictionary->config().hookOut,
            [&](at::Tensor& value) { value[position] = rebuilt[position]; });
    }
    std::vector<double> exact(const std::vector<PatchCell>& cells) const
    {
        const auto effects = patchExactly(*given.model, base, given.metric, cells);
        EXPECT_TRUE(effects);
        return effects ? effects->effects : std::vector<double>(cells.size());
    }
};

class FeaturePatching : public testing::TestWithParam<Kind> { };

TEST_P(FeaturePatching, ListsWhatIsActiveInEitherRun)
{
    const Patched patched(GetParam(), at::kFloat);
    const at::Tensor before = patched.dictionary->activations(patched.input(patched.base)),
                     after = patched.dictionary->activations(patched.input(patched.other));
    std::int64_t row = 0;
    for (int p = 0; p < 6; ++p)
        for (int f = 0; f < 24; ++f) {
            const float base = before[p][f].item<float>(), other = after[p][f].item<float>();
            if (base == 0 && other == 0)
                continue;
            ASSERT_LT(row, patched.patches.size());
            EXPECT_EQ(patched.patches.position[row].item<int>(), p);
            EXPECT_EQ(patched.patches.feature[row].item<int>(), f);
            EXPECT_EQ(patched.patches.base[row].item<float>(), base);
            EXPECT_EQ(patched.patches.other[row].item<float>(), other);
            ++row;
        }
    EXPECT_EQ(patched.patches.size(), row);
    EXPECT_GT(row, 10);
}

TEST_P(FeaturePatching, ExactEffectsEqualRebuildingByHand)
{
    const Patched patched(GetParam(), at::kFloat);
    const at::Tensor before = patched.dictionary->activations(patched.input(patched.base)),
                     after = patched.dictionary->activations(patched.input(patched.other));
    const at::Tensor error = patched.error(patched.base);
    const double start = patched.given.metricOf(patched.given.baseIds);
    std::vector<PatchCell> cells;
    std::vector<double> expected;
    for (std::int64_t i = 0; i < patched.patches.size(); ++i) {
        const int p = patched.patches.position[i].item<int>(),
                  f = patched.patches.feature[i].item<int>();
        at::Tensor acts = before.clone();
        acts[p][f] = after[p][f];
        cells.push_back(featureCell(patched.patches, i));
        expected.push_back(patched.metricFrom(p, acts, error) - start);
    }
    for (int p = 0; p < 6; ++p) {
        at::Tensor acts = before.clone();
        acts[p] = after[p];
        cells.push_back(allFeaturesCell(patched.patches, p));
        expected.push_back(patched.metricFrom(p, acts, error) - start);
        cells.push_back(errorCell(patched.patches, p));
        expected.push_back(patched.metricFrom(p, before, patched.error(patched.other)) - start);
    }
    const auto effects = patched.exact(cells);
    double largest = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        EXPECT_NEAR(effects[i], expected[i], 1e-3) << "cell " << i;
        largest = std::max(largest, std::abs(expected[i]));
    }
    EXPECT_GT(largest, 0.05);
}

/// Central differences of the metric along what the feature (or the error) adds to the output.
TEST_P(FeaturePatching, ApproximationsAreSlopes)
{
    const Patched patched(GetParam(), at::kDouble);
    const HookPoint out = patched.dictionary->config().hookOut;
    const at::Tensor x = patched.input(patched.base), before = patched.dictionary->activations(x),
                     after = patched.dictionary->activations(patched.input(patched.other));
    constexpr double kStep = 1e-4;
    const auto slope = [&](int position, const at::Tensor& towards) {
        const auto at = [&](double step) {
            return patched.given.metricWith(
                out, [&](at::Tensor& value) { value[position].add_(towards, step); });
        };
        return (at(kStep) - at(-kStep)) / (2 * kStep);
    };
    const at::Tensor rebuilt = patched.dictionary->decode(before, x);
    for (std::int64_t i = 0; i < patched.patches.size(); ++i) {
        const int p = patched.patches.position[i].item<int>(),
                  f = patched.patches.feature[i].item<int>();
        at::Tensor acts = before.clone();
        acts[p][f] = after[p][f];
        const double numeric
            = slope(p, (patched.dictionary->decode(acts, x) - rebuilt)[p].to(at::kDouble));
        EXPECT_NEAR(
            patched.patches.approximate[i].item<double>(), numeric, 2e-5 * (1 + std::abs(numeric)))
            << p << ":" << f;
    }
    const at::Tensor change = patched.error(patched.other) - patched.error(patched.base);
    for (int p = 0; p < 6; ++p) {
        const double numeric = slope(p, change[p].to(at::kDouble));
        EXPECT_NEAR(patched.patches.approximateError[p].item<double>(), numeric,
            2e-5 * (1 + std::abs(numeric)))
            << p;
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, FeaturePatching, testing::ValuesIn(kKinds),
    [](const auto& info) { return std::string(info.param.name); });

/// Features and error together are all that an SAE's place holds.
TEST(FeaturePatchingOfAnSae, FeaturesAndErrorTogetherAreTheActivation)
{
    const Patched patched(kKinds[0], at::kFloat);
    const HookPoint hook = patched.dictionary->config().hookOut;
    std::vector<PatchCell> cells;
    for (int p = 0; p < 6; ++p) {
        PatchCell both = allFeaturesCell(patched.patches, p);
        both.writes.push_back(errorCell(patched.patches, p).writes.front());
        cells.push_back(both);
        cells.push_back(positionCell(hook, p, patched.other));
    }
    const auto effects = patched.exact(cells);
    for (std::size_t i = 0; i < effects.size(); i += 2)
        EXPECT_NEAR(effects[i], effects[i + 1], 1e-3);
}

/// Two layers; the first writes to both outputs.
struct CrossLayerCase {
    PatchCase given{"llama", at::kFloat};
    Dictionaries layers;
    PatchRun base, other;
    std::vector<at::Tensor> baseErrors, otherErrors;
    ActivationCache gradients;

    CrossLayerCase()
    {
        for (int layer = 0; layer < 2; ++layer) {
            DictionaryConfig config = tests::saeConfig(16, 24);
            config.name = "clt/layer_" + std::to_string(layer);
            config.path = "clt/layer";
            config.hookIn = {HookKind::MlpIn, Layer(layer)};
            config.hookOut = {HookKind::MlpOut, Layer(layer)};
            config.isTranscoder = config.isCrossLayer = true;
            config.applyBDecToInput = false;
            config.layersWritten = 2 - layer;
            auto weights = tests::randomWeights(config, static_cast<std::uint64_t>(layer) + 5);
            weights.W_dec = at::randn({24, config.layersWritten, 16}) * 0.3;
            auto made = Dictionary::create(config, weights);
            EXPECT_TRUE(made) << (made ? "" : made.error().message);
            layers.push_back(*made);
        }
        const auto points = featurePatchPoints(layers, 2);
        base = given.run(given.baseIds, points);
        other = given.run(given.otherIds, points);
        baseErrors = dictionaryErrors(layers, base.cache).value();
        otherErrors = dictionaryErrors(layers, other.cache).value();
        gradients = metricGradients(*given.model, given.baseIds, points, given.metric).value();
    }

    at::Tensor acts(int layer, const PatchRun& run) const
    {
        return layers[static_cast<std::size_t>(layer)]->activations(
            run.cache.at({HookKind::MlpIn, Layer(layer)})[0]);
    }
    FeaturePatches patches(std::size_t layer) const
    {
        return featurePatches(
            layers[layer], base, other, gradients, baseErrors[layer], otherErrors[layer]);
    }
};

TEST(FeaturePatchingOfCrossLayers, WritesToEveryLayerItReaches)
{
    const CrossLayerCase crossing;
    const at::Tensor before = crossing.acts(0, crossing.base),
                     after = crossing.acts(0, crossing.other);
    const FeaturePatches patches = crossing.patches(0);
    ASSERT_EQ(patches.together.size(), 2u);
    const double start = crossing.given.metricOf(crossing.given.baseIds);
    const auto byHand = [&](int position, const at::Tensor& change) { // [d_sae]
        Hooks hooks;
        for (int offset = 0; offset < 2; ++offset)
            hooks.on({HookKind::MlpOut, Layer(offset)}, [&, offset](at::Tensor& value) {
                value = value.clone();
                value[0][position] += at::mv(crossing.layers[0]->decoderAt(offset).t(), change);
            });
        return crossing.given.difference(hooks) - start;
    };
    std::vector<PatchCell> cells;
    std::vector<double> expected;
    for (std::int64_t i = 0; i < patches.size(); ++i) {
        const int p = patches.position[i].item<int>(), f = patches.feature[i].item<int>();
        at::Tensor change = at::zeros({24});
        change[f] = after[p][f] - before[p][f];
        cells.push_back(featureCell(patches, i));
        expected.push_back(byHand(p, change));
        // The slope, from the same change made small, both ways.
        const double numeric = (byHand(p, change * 1e-2) - byHand(p, change * -1e-2)) / 2e-2;
        EXPECT_NEAR(patches.approximate[i].item<double>(), numeric, 2e-3 * (1 + std::abs(numeric)));
    }
    for (int p = 0; p < 6; ++p) {
        cells.push_back(allFeaturesCell(patches, p));
        expected.push_back(byHand(p, after[p] - before[p]));
    }
    const auto exact
        = patchExactly(*crossing.given.model, crossing.base, crossing.given.metric, cells);
    ASSERT_TRUE(exact);
    for (std::size_t i = 0; i < cells.size(); ++i)
        EXPECT_NEAR(exact->effects[i], expected[i], 1e-3) << i;
}

TEST(FeaturePatchingOfCrossLayers, ErrorsAreLeftByAllLayersTogether)
{
    const CrossLayerCase crossing;
    const Dictionary &first = *crossing.layers[0], &second = *crossing.layers[1];
    const at::Tensor rebuilt = at::mm(crossing.acts(0, crossing.base), first.decoderAt(1))
        + at::mm(crossing.acts(1, crossing.base), second.decoderAt(0)) + second.b_dec();
    const at::Tensor expected = crossing.base.cache.at({HookKind::MlpOut, Layer(1)})[0] - rebuilt;
    EXPECT_LE((crossing.baseErrors[1] - expected).abs().max().item<double>(), 1e-4);
    const auto alone = dictionaryErrors({crossing.layers[1]}, crossing.base.cache);
    ASSERT_FALSE(alone) << "the first layer is missing";
    EXPECT_NE(alone.error().message.find("clt/layer_1"), std::string::npos);
}

} // namespace
