#include "core/dictionary/dictionary.h"
#include "core/model/activation_cache.h"
#include "core/model/tensor_io.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/support/fixtures.h"

#include <ATen/core/grad_mode.h>

using namespace core;

class TranscoderSetOracle : public testing::TestWithParam<std::pair<const char*, const char*>> { };

/// circuit-tracer's activations and errors (float64 rounded to float32) of its own sets on its own
/// prompt.
TEST_P(TranscoderSetOracle, ReproducesActivationsAndErrors)
{
    const std::filesystem::path set = std::filesystem::path("oracles/graphs") / GetParam().first;
    const std::filesystem::path modelFolder
        = std::filesystem::path("oracles/models") / GetParam().second;
    REQUIRE_SHARED_FIXTURE(set);
    REQUIRE_SHARED_FIXTURE(modelFolder);
    auto opened = openDictionaries(tests::sharedFixture(set));
    ASSERT_TRUE(opened) << opened.error().message;
    auto model = Transformer::open(tests::sharedFixture(modelFolder));
    ASSERT_TRUE(model) << model.error().message;
    auto expected = loadTensors(tests::sharedFixture(set / "expected.safetensors"));
    ASSERT_TRUE(expected) << expected.error().message;
    ASSERT_EQ(static_cast<int>(opened->size()), (*model)->config().n_layers);

    std::vector<HookPoint> points;
    for (const auto& dictionary : *opened) {
        EXPECT_TRUE(fitsModel(dictionary->config(), (*model)->config()));
        points.push_back(dictionary->config().hookIn);
        points.push_back(dictionary->config().hookOut);
    }
    const at::NoGradGuard noGrad;
    auto run = runWithCache(**model, expected->at("input_ids").unsqueeze(0), points);
    ASSERT_TRUE(run) << run.error().message;
    for (std::size_t layer = 0; layer < opened->size(); ++layer) {
        const Dictionary& dictionary = *opened->at(layer);
        const at::Tensor in = run->cache.at(dictionary.config().hookIn)[0];
        const at::Tensor out = run->cache.at(dictionary.config().hookOut)[0];
        at::Tensor acts = dictionary.encode(in).feature_acts;
        at::Tensor error = out - dictionary.decode(acts, in);
        acts[0] = 0.0; // circuit-tracer leaves position 0 out
        error[0] = 0.0;
        const auto index = static_cast<std::int64_t>(layer);
        EXPECT_LE(tests::largestDifference(acts, expected->at("activations_dense")[index]), 2e-5)
            << "layer " << layer;
        EXPECT_LE(tests::largestDifference(error, expected->at("error_vectors")[index]), 5e-5)
            << "layer " << layer;
    }
}

INSTANTIATE_TEST_SUITE_P(Sets, TranscoderSetOracle,
    testing::Values(std::pair{"gpt2-plt-relu", "gpt2-tiny"},
        std::pair{"llama-plt-skip", "llama-tiny"},
        std::pair{"gemma2-gemmascope-npz", "gemma2-tiny"}),
    [](const auto& info) {
        std::string name = info.param.first;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

/// A cross-layer transcoder: its layers' activations, and what they rebuild together.
TEST(CrossLayerOracle, ReproducesActivationsAndErrors)
{
    REQUIRE_SHARED_FIXTURE("oracles/graphs/gemma2-clt-jumprelu");
    REQUIRE_SHARED_FIXTURE("oracles/models/gemma2-tiny");
    const auto folder = tests::sharedFixture("oracles/graphs/gemma2-clt-jumprelu");
    auto opened = openDictionaries(folder);
    ASSERT_TRUE(opened) << opened.error().message;
    auto model = Transformer::open(tests::sharedFixture("oracles/models/gemma2-tiny"));
    ASSERT_TRUE(model) << model.error().message;
    auto expected = loadTensors(folder / "expected.safetensors");
    ASSERT_TRUE(expected) << expected.error().message;

    std::vector<HookPoint> points;
    for (const auto& layer : *opened) {
        EXPECT_TRUE(fitsModel(layer->config(), (*model)->config()));
        points.push_back(layer->config().hookIn);
        points.push_back(layer->config().hookOut);
    }
    const at::NoGradGuard noGrad;
    auto run = runWithCache(**model, expected->at("input_ids").unsqueeze(0), points);
    ASSERT_TRUE(run) << run.error().message;
    std::vector<at::Tensor> inputs;
    for (const auto& layer : *opened)
        inputs.push_back(run->cache.at(layer->config().hookIn)[0]);
    const auto rebuilt = reconstructLayers(*opened, inputs);
    ASSERT_TRUE(rebuilt) << rebuilt.error().message;
    for (std::size_t layer = 0; layer < opened->size(); ++layer) {
        const auto index = static_cast<std::int64_t>(layer);
        at::Tensor acts = opened->at(layer)->activations(inputs[layer]);
        at::Tensor error
            = run->cache.at(opened->at(layer)->config().hookOut)[0] - rebuilt->at(layer);
        acts[0] = 0.0; // circuit-tracer leaves position 0 out
        error[0] = 0.0;
        EXPECT_LE(tests::largestDifference(acts, expected->at("activations_dense")[index]), 2e-5)
            << "layer " << layer;
        EXPECT_LE(tests::largestDifference(error, expected->at("error_vectors")[index]), 5e-5)
            << "layer " << layer;
    }
}
