#include "core/dictionary/dictionary.h"
#include "core/files/json_file.h"
#include "core/model/tensor_io.h"
#include "tests/core/dictionary/plain_numbers.h"
#include "tests/core/dictionary/scratch_folder.h"
#include "tests/support/fixtures.h"

#include <nlohmann/json.hpp>

using namespace core;

namespace {

at::Tensor rowsOf(const nlohmann::json& json)
{
    std::vector<double> values;
    for (const auto& row : json)
        for (const auto& value : row)
            values.push_back(value.get<double>());
    return at::tensor(values)
        .to(at::kFloat)
        .view({static_cast<std::int64_t>(json.size()), static_cast<std::int64_t>(json[0].size())});
}

struct Published {
    const char* path; ///< Below formats/sae-other.
    const char* expected;
    const char *acts, *output; ///< Keys of expected.json.
    const char* hook; ///< "" = its files do not say.
    const char* format;
};

} // namespace

/// Numbers by the classes that wrote these files, rounded to six places.
TEST(OtherFormats, ReproduceTheirAuthorsNumbers)
{
    const Published cases[] = {
        {"dictionary_learning_AutoEncoder", "dictionary_learning_AutoEncoder/expected.json",
            "features", "recon", "blocks.1.hook_resid_post", "dictionary_learning"},
        {"dictionary_learning_AutoEncoderTopK", "dictionary_learning_AutoEncoderTopK/expected.json",
            "features", "recon", "blocks.1.hook_resid_post", "dictionary_learning"},
        {"dictionary_learning_BatchTopKSAE", "dictionary_learning_BatchTopKSAE/expected.json",
            "features", "recon", "blocks.1.hook_resid_post", "dictionary_learning"},
        {"dictionary_learning_JumpReluAutoEncoder",
            "dictionary_learning_JumpReluAutoEncoder/expected.json", "features", "recon",
            "blocks.1.hook_resid_post", "dictionary_learning"},
        {"openai_topk.pt", "openai_topk.expected.json", "latents", "recon", "", "OpenAI"},
        {"sparsify_sae/layers.1.mlp", "sparsify_sae/layers.1.mlp/expected.json", "features",
            "output", "blocks.1.mlp.hook_out", "sparsify"},
    };
    for (const Published& published : cases) {
        SCOPED_TRACE(published.path);
        const std::filesystem::path root = "formats/sae-other";
        REQUIRE_SHARED_FIXTURE(root / published.path);
        auto opened = openDictionaries(tests::sharedFixture(root / published.path));
        ASSERT_TRUE(opened) << opened.error().message;
        ASSERT_EQ(opened->size(), 1u);
        const Dictionary& dictionary = *opened->front();
        auto expected = readJson(tests::sharedFixture(root / published.expected));
        ASSERT_TRUE(expected);
        const at::Tensor x = rowsOf(expected->at("x"));
        const at::Tensor acts = rowsOf(expected->at(published.acts));
        EXPECT_LE((dictionary.encode(x).feature_acts - acts).abs().max().item<double>(), 5e-6);
        EXPECT_LE((dictionary.activations(x) - acts).abs().max().item<double>(), 5e-6);
        EXPECT_LE((dictionary.reconstruct(x) - rowsOf(expected->at(published.output)))
                      .abs()
                      .max()
                      .item<double>(),
            2e-5);
        const DictionaryConfig& config = dictionary.config();
        EXPECT_EQ(config.format, published.format);
        EXPECT_EQ(config.isPlaced, *published.hook != '\0');
        if (config.isPlaced) {
            EXPECT_EQ(config.hookIn.name(), published.hook);
        } else {
            EXPECT_FALSE(config.warnings.empty());
        }
    }
}

TEST(OtherFormats, GemmaScopeArraysReproduceTheirNumbers)
{
    REQUIRE_SHARED_FIXTURE("formats/containers/gemma_scope_params.npz");
    auto expected = readJson(tests::sharedFixture("formats/containers/expected.json"));
    ASSERT_TRUE(expected);
    const tests::ScratchFolder scratch;
    const auto folder = scratch.path() / "gemma-scope-2b-pt-res/layer_5/width_16k/average_l0_68";
    std::filesystem::create_directories(folder);
    std::filesystem::copy_file(
        tests::sharedFixture("formats/containers/gemma_scope_params.npz"), folder / "params.npz");
    auto opened = openDictionaries(scratch.path());
    ASSERT_TRUE(opened) << opened.error().message;
    const Dictionary& dictionary = *opened->front();
    const nlohmann::json& numbers = expected->at("gemma_scope");
    const at::Tensor x = rowsOf(numbers.at("x"));
    EXPECT_LE(
        (dictionary.encode(x).feature_acts - rowsOf(numbers.at("acts"))).abs().max().item<double>(),
        1e-5);
    EXPECT_LE(
        (dictionary.reconstruct(x) - rowsOf(numbers.at("recon"))).abs().max().item<double>(), 2e-5);
    EXPECT_EQ(dictionary.config().name, "layer_5/width_16k/average_l0_68");
    EXPECT_EQ(dictionary.config().hookIn.name(), "blocks.5.hook_resid_post");
    EXPECT_EQ(dictionary.config().baseModel, "gemma-2-2b");
}
