#include "core/dictionary/dictionary.h"
#include "core/dictionary/sparse_decode.h"
#include "tests/core/dictionary/random_dictionary.h"

#include <gtest/gtest.h>

using namespace core;
using tests::largestDifference;

TEST(Dictionary, ConstantNormRescaleFollowsItsEquation)
{
    DictionaryConfig config = tests::saeConfig();
    config.normalization = InputNormalization::ConstantNormRescale;
    const auto sae = tests::randomDictionary(config);
    at::manual_seed(5);
    const at::Tensor x = at::randn({4, 12}) * 3;
    // c = sqrt(d) / ||x||; f = relu((c x - b_dec) W_enc + b_enc); y = (f W_dec + b_dec) / c, in
    // double precision.
    const at::Tensor xd = x.to(at::kDouble);
    const at::Tensor c = std::sqrt(12.0) / xd.pow(2).sum(-1, true).sqrt();
    const at::Tensor f = at::relu(
        at::matmul(c * xd - sae->b_dec().to(at::kDouble), sae->W_enc().to(at::kDouble).t())
        + sae->b_enc().to(at::kDouble));
    const at::Tensor y
        = (at::matmul(f, sae->W_dec().to(at::kDouble)) + sae->b_dec().to(at::kDouble)) / c;
    EXPECT_LE(largestDifference(sae->encode(x).feature_acts.to(at::kDouble), f), 1e-5);
    EXPECT_LE(largestDifference(sae->reconstruct(x).to(at::kDouble), y), 1e-5);
    EXPECT_LE(largestDifference(sae->outputScale(x).to(at::kDouble), c.reciprocal()), 1e-5);
}

/// What `decoderRows` promises: one more unit of a feature changes the reconstruction by scale *
/// row.
TEST(Dictionary, OneUnitOfAFeatureAddsItsScaledDecoderRow)
{
    for (const InputNormalization normalization : {InputNormalization::None,
             InputNormalization::LayerNorm, InputNormalization::ConstantNormRescale})
        for (const bool rescale : {false, true}) {
            DictionaryConfig config = tests::saeConfig();
            config.normalization = normalization;
            config.activation = FeatureActivation::TopK;
            config.k = 5;
            config.rescaleByDecoderNorm = rescale;
            const auto sae = tests::randomDictionary(config);
            const at::Tensor x = at::randn({3, 12}) * 2 + 0.5;
            const at::Tensor f = sae->encode(x).feature_acts;
            at::Tensor more = f.clone();
            more.select(-1, 7) += 1.0;
            const at::Tensor difference = sae->decode(more, x) - sae->decode(f, x);
            const at::Tensor row = sae->decoderRows({FeatureId(7)});
            EXPECT_LE(largestDifference(difference, sae->outputScale(x) * row), 2e-5);
        }
}

TEST(Dictionary, TopKKeepsExactlyTheKLargest)
{
    DictionaryConfig config = tests::saeConfig();
    config.activation = FeatureActivation::TopK;
    config.k = 3;
    for (const bool relu : {true, false}) {
        config.reluAfterGate = relu;
        const auto sae = tests::randomDictionary(config);
        const Encoding encoding = sae->encode(at::randn({6, 12}));
        const at::Tensor sorted = std::get<0>(encoding.hidden_pre.sort(-1, true));
        for (std::int64_t row = 0; row < 6; ++row)
            for (std::int64_t i = 0; i < 40; ++i) {
                const float h = encoding.hidden_pre[row][i].item<float>();
                const bool wins = h >= sorted[row][2].item<float>();
                const float expected = wins ? (relu ? std::max(h, 0.0f) : h) : 0.0f;
                EXPECT_EQ(encoding.feature_acts[row][i].item<float>(), expected);
            }
    }
}

TEST(Dictionary, JumpReluIsStrictAndMayKeepNegatives)
{
    DictionaryConfig config = tests::saeConfig(2, 2);
    config.applyBDecToInput = false;
    config.activation = FeatureActivation::JumpRelu;
    Dictionary::Weights weights;
    weights.W_enc = at::eye(2);
    weights.b_enc = at::zeros({2});
    weights.W_dec = at::eye(2);
    weights.b_dec = at::zeros({2});
    weights.threshold = at::tensor(std::vector<float>{0.5f, -1.0f});
    const at::Tensor x = at::tensor(std::vector<float>{0.5f, -0.25f});
    auto clipped = Dictionary::create(config, weights);
    ASSERT_TRUE(clipped);
    EXPECT_TRUE(at::equal((*clipped)->encode(x).feature_acts, at::zeros({2})));
    config.reluAfterGate = false;
    auto open = Dictionary::create(config, weights);
    ASSERT_TRUE(open);
    EXPECT_TRUE(
        at::equal((*open)->encode(x).feature_acts, at::tensor(std::vector<float>{0.0f, -0.25f})));
}

TEST(Dictionary, SliceReadsAsTheWhole)
{
    for (const FeatureActivation activation :
        {FeatureActivation::Relu, FeatureActivation::JumpRelu, FeatureActivation::TopK}) {
        DictionaryConfig config = tests::saeConfig();
        config.activation = activation;
        config.k = 6;
        config.normalization = InputNormalization::LayerNorm;
        config.rescaleByDecoderNorm = activation == FeatureActivation::TopK;
        const auto sae = tests::randomDictionary(config);
        const at::Tensor x = at::randn({2, 5, 12});
        const FeatureSlice slice = sae->slice({FeatureId(39), FeatureId(2)});
        const at::Tensor whole = sae->encode(x).feature_acts.index_select(
            -1, at::tensor(std::vector<std::int64_t>{39, 2}));
        EXPECT_LE(largestDifference(sae->activationsOf(x, slice), whole), 1e-6);
    }
}

TEST(Dictionary, GradientsFlowThroughEncodeAndDecode)
{
    const auto sae = tests::randomDictionary(tests::saeConfig());
    const at::Tensor x = at::randn({3, 12}).set_requires_grad(true);
    const at::Tensor f = sae->encode(x).feature_acts;
    sae->decode(f, x).sum().backward();
    // d(sum y)/dx = W_enc^T (active * W_dec row sums)
    const at::Tensor expected
        = at::matmul(f.gt(0).to(at::kFloat) * sae->W_dec().sum(-1), sae->W_enc());
    EXPECT_LE(largestDifference(x.grad(), expected), 1e-4);
}

TEST(SparseDecode, EqualsTheDenseProduct)
{
    at::manual_seed(2);
    const at::Tensor W_dec = at::randn({300, 17});
    for (const double share : {0.0, 0.01, 0.05, 0.4, 1.0})
        for (const std::int64_t rows : {1, 3, 40}) {
            const at::Tensor acts = at::rand({rows, 300}) * at::rand({rows, 300}).lt(share);
            EXPECT_LE(largestDifference(decodeActive(acts, W_dec), at::matmul(acts, W_dec)), 1e-4)
                << share << " of " << rows << " rows";
        }
    const at::Tensor nested = at::rand({2, 3, 300}) * at::rand({2, 3, 300}).lt(0.02);
    EXPECT_EQ(decodeActive(nested, W_dec).sizes(), (at::IntArrayRef{2, 3, 17}));
}

TEST(Dictionary, ErrorsNameTheTensorAndBothShapes)
{
    const DictionaryConfig config = tests::saeConfig();
    auto weights = tests::randomWeights(config, 1);
    weights.W_dec = at::randn({39, 12});
    auto created = Dictionary::create(config, weights);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Error::Code::InvalidFile);
    EXPECT_NE(created.error().message.find("`W_dec` has shape [39, 12]"), std::string::npos)
        << created.error().message;
    EXPECT_NE(created.error().message.find("[40, 12]"), std::string::npos);

    weights = tests::randomWeights(config, 1);
    weights.b_enc[3] = std::numeric_limits<float>::quiet_NaN();
    created = Dictionary::create(config, weights);
    ASSERT_FALSE(created);
    EXPECT_NE(created.error().message.find("`b_enc`"), std::string::npos)
        << created.error().message;

    DictionaryConfig topk = config;
    topk.activation = FeatureActivation::TopK;
    topk.k = 41;
    created = Dictionary::create(topk, tests::randomWeights(config, 1));
    ASSERT_FALSE(created);
    EXPECT_NE(created.error().message.find("`k` is 41"), std::string::npos)
        << created.error().message;
}

TEST(FitsModel, NamesWhatDoesNotFit)
{
    ModelConfig model;
    model.name = "tiny";
    model.n_layers = 2;
    model.d_model = 12;
    model.n_heads = 3;
    model.n_key_value_heads = 1;
    model.d_head = 5;
    model.d_mlp = 31;
    DictionaryConfig config = tests::saeConfig();
    EXPECT_TRUE(fitsModel(config, model));

    config.hookIn.layer = Layer(2);
    auto fits = fitsModel(config, model);
    ASSERT_FALSE(fits);
    EXPECT_NE(fits.error().message.find("blocks.2.hook_resid_post"), std::string::npos)
        << fits.error().message;
    EXPECT_NE(fits.error().message.find("2 layers"), std::string::npos);

    config = tests::saeConfig(15);
    fits = fitsModel(config, model);
    ASSERT_FALSE(fits);
    EXPECT_NE(fits.error().message.find("d_in is 15"), std::string::npos) << fits.error().message;

    config.hookIn = config.hookOut = {HookKind::Z, Layer(1)};
    EXPECT_TRUE(fitsModel(config, model)); // three heads of five
    config.hookIn = {HookKind::Pattern, Layer(1)};
    EXPECT_FALSE(fitsModel(config, model));
}
