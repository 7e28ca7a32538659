#include "core/dictionary/dictionary.h"
#include "core/model/tensor_io.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/dictionary/scratch_folder.h"
#include "tests/support/fixtures.h"

using namespace core;

namespace {

/// Numbers by SAELens' own classes. The tolerance is relative to the largest output (row x[0, 0] is
/// twenty times the others).
void expectSaeLensNumbers(const std::filesystem::path& folder)
{
    auto opened = openDictionaries(folder);
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_EQ(opened->size(), 1u);
    auto expected = loadTensors(folder / "expected.safetensors");
    ASSERT_TRUE(expected) << expected.error().message;
    // Its x was prepared for it: nothing of a model's is to be taken out.
    const auto prepared = opened->front()->withoutCentring();
    const Dictionary& dictionary = *prepared;

    const at::Tensor x = expected->at("x");
    const Encoding encoding = dictionary.encode(x);
    const double tolerance = 2e-6 * expected->at("forward").abs().max().item<double>();
    const auto compare = [&](const char* name, const at::Tensor& actual) {
        ASSERT_EQ(actual.sizes(), expected->at(name).sizes()) << name;
        EXPECT_LE(tests::largestDifference(actual, expected->at(name)), tolerance) << name;
    };
    if (expected->contains("hidden_pre"))
        compare("hidden_pre", encoding.hidden_pre);
    compare("feature_acts", encoding.feature_acts);
    compare("feature_acts", dictionary.activations(x));
    compare("forward", dictionary.reconstruct(x));
    const at::Tensor decoded = dictionary.decode(expected->at("feature_acts"), x);
    compare("decode_of_acts",
        dictionary.W_skip().defined() ? decoded - at::linear(x, dictionary.W_skip()) : decoded);

    // A few features alone must read as in the whole.
    const std::vector<FeatureId> few = {FeatureId(3), FeatureId(191), FeatureId(0)};
    const at::Tensor index = at::tensor(std::vector<std::int64_t>{3, 191, 0});
    EXPECT_LE(tests::largestDifference(
                  dictionary.activationsOf(x, few), encoding.feature_acts.index_select(-1, index)),
        tolerance);
}

} // namespace

class SaeLensOracle : public testing::TestWithParam<const char*> { };

TEST_P(SaeLensOracle, ReproducesActivationsAndReconstruction)
{
    const std::string relative = std::string("oracles/saes/") + GetParam();
    REQUIRE_SHARED_FIXTURE(relative);
    expectSaeLensNumbers(tests::sharedFixture(relative));
}

INSTANTIATE_TEST_SUITE_P(Folders, SaeLensOracle,
    testing::Values("standard", "standard-nobdec", "standard-layer_norm", "standard-constant_norm",
        "standard-expected_avg", "standard-hook_z", "gated", "gated-layer_norm", "jumprelu",
        "jumprelu-nobdec-constant_norm", "jumprelu-from-training", "topk", "topk-rescale",
        "topk-layer_norm", "topk-bigk", "topk-from-training", "abstopk", "batchtopk-inference",
        "matryoshka-inference", "transcoder", "transcoder-layer_norm", "skip_transcoder",
        "jumprelu_transcoder", "legacy-v2-keys", "legacy-v4-topk-layernorm", "v5-jumprelu",
        "v5-standard", "v5-gated", "v5-topk", "gemma-scope-res", "gemma-scope-compressed-fortran",
        "gemma-scope-embedding", "gemma-scope-lower", "gemma-scope-transcoder"),
    [](const auto& info) {
        std::string name = info.param;
        std::replace(name.begin(), name.end(), '-', '_');
        return name;
    });

TEST(SaeLensFixture, ConfigurationIsRead)
{
    const tests::ScratchFolder scratch;
    for (const char* name : {"saes/jumprelu", "saes/skip_transcoder"}) {
        std::filesystem::create_directories(scratch.path() / name);
        std::filesystem::copy(tests::testFixture("oracles") / name, scratch.path() / name,
            std::filesystem::copy_options::recursive);
    }
    auto opened = openDictionaries(scratch.path() / "saes");
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_EQ(opened->size(), 2u);
    const DictionaryConfig& sae = opened->at(0)->config();
    EXPECT_EQ(sae.name, "saes/jumprelu");
    EXPECT_EQ(sae.architecture, "jumprelu");
    EXPECT_FALSE(sae.isTranscoder);
    EXPECT_EQ(sae.hookIn.name(), "blocks.1.hook_resid_pre");
    EXPECT_EQ(sae.baseModel, "gpt2-tiny");
    const DictionaryConfig& transcoder = opened->at(1)->config();
    EXPECT_TRUE(transcoder.isTranscoder);
    EXPECT_EQ(transcoder.d_out, 40);
    EXPECT_EQ(transcoder.hookIn.name(), "blocks.1.ln2.hook_normalized");
    EXPECT_EQ(transcoder.hookOut.name(), "blocks.1.hook_mlp_out");

    // One dictionary has one name, whichever folder or file it was opened by.
    auto alone = openDictionaries(scratch.path() / "saes/jumprelu/cfg.json");
    ASSERT_TRUE(alone) << alone.error().message;
    EXPECT_EQ(alone->front()->config().name, "saes/jumprelu");
}
