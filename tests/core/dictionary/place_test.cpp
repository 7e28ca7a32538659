#include "core/dictionary/place.h"
#include "tests/core/dictionary/random_dictionary.h"
#include "tests/core/dictionary/written_folder.h"

#include <gtest/gtest.h>

using namespace core;

namespace {

/// A SAELens folder whose cfg.json is given whole.
std::shared_ptr<const Dictionary> saeWith(
    const tests::ScratchFolder& scratch, const std::string& cfg, int d_in = 4)
{
    at::manual_seed(1);
    tests::writeText(scratch.path() / "cfg.json", cfg);
    tests::writeTensors(scratch.path() / "sae_weights.safetensors",
        {{"W_enc", at::randn({d_in, 8})}, {"b_enc", at::randn({8})},
            {"W_dec", at::randn({8, d_in})}, {"b_dec", at::randn({d_in})}});
    return tests::openOne(scratch.path());
}

} // namespace

TEST(Place, NamesOfOtherPrograms)
{
    for (const auto& [name, hook] : {std::pair{"blocks.3.hook_mlp_in", "blocks.3.hook_resid_mid"},
             std::pair{"model.layers.12.output", "blocks.12.hook_resid_post"},
             std::pair{
                 "model.language_model.layers.2.self_attn.o_proj.input", "blocks.2.attn.hook_z"},
             std::pair{"model.layers.12.pre_feedforward_layernorm.output", "blocks.12.mlp.hook_in"},
             std::pair{
                 "model.layers.12.post_feedforward_layernorm.output", "blocks.12.hook_mlp_out"},
             std::pair{"transformer.h.7", "blocks.7.hook_resid_post"},
             std::pair{"gpt_neox.layers.3.mlp", "blocks.3.mlp.hook_out"},
             std::pair{"layers.1.self_attn", "blocks.1.attn.hook_out"},
             std::pair{"transformer.h.7.attn", "blocks.7.attn.hook_out"},
             std::pair{"gpt_neox.layers.3.attention", "blocks.3.attn.hook_out"},
             std::pair{"model.layers.2.self_attn.o_proj.output", "blocks.2.attn.hook_out"},
             std::pair{"layer_21", "blocks.21.hook_resid_post"},
             std::pair{"layer_5.mlp", "blocks.5.mlp.hook_out"},
             std::pair{"embed_tokens", "hook_embed"}}) {
        const auto place = placeOfHook(name);
        ASSERT_TRUE(place) << name;
        EXPECT_EQ(place->name(), hook);
    }
    for (const char* unknown : {"", "layers", "layers.x", "layers.-1", "layers.5.attic",
             "blocks.1.", "layers.99999999999999999999", "model.layers..mlp"})
        EXPECT_FALSE(placeOfHook(unknown)) << unknown;
    EXPECT_EQ(placeOfSubmodule("resid_post_layer_8")->name(), "blocks.8.hook_resid_post");
    EXPECT_EQ(placeOfSubmodule("mlp_out_layer3")->name(), "blocks.3.mlp.hook_out");
    EXPECT_EQ(placeOfSubmodule("attn_out_layer_4")->name(), "blocks.4.attn.hook_out");
    EXPECT_EQ(placeOfSubmodule("attention_out_layer_4")->name(), "blocks.4.attn.hook_out");
    EXPECT_FALSE(placeOfSubmodule("resid_post"));
    EXPECT_EQ(numberAfter("layer_12/width_16k", "layer_"), 12);
    EXPECT_EQ(numberAfter("layer_x", "layer_"), std::nullopt);
}

TEST(SaeLensPlace, OldestConfigurations)
{
    const tests::ScratchFolder scratch;
    const std::string legacy = R"({"model_name": "gpt2-small", "d_in": 4, "expansion_factor": 2,
        "hook_point": "blocks.{layer}.hook_resid_pre", "hook_point_layer": 9,
        "normalize_activations": false, "dtype": "torch.float32"})";
    auto sae = saeWith(scratch, legacy);
    EXPECT_EQ(sae->config().hookIn.name(), "blocks.9.hook_resid_pre");
    EXPECT_EQ(sae->config().d_sae, 8);
    EXPECT_TRUE(sae->config().centersInput); // their models were loaded centred
    EXPECT_EQ(sae->config().warnings.size(), 1u);

    // Our model's activations are not centred: the mean is taken out and put back.
    const at::Tensor x = at::randn({3, 4}) + 5;
    const at::Tensor mean = x.mean(-1, true);
    const auto prepared = sae->withoutCentring();
    EXPECT_LE(tests::largestDifference(sae->activations(x), prepared->activations(x - mean)), 1e-6);
    EXPECT_LE(tests::largestDifference(sae->reconstruct(x), prepared->reconstruct(x - mean) + mean),
        1e-6);
    EXPECT_GT(tests::largestDifference(sae->activations(x), prepared->activations(x)), 0.1);

    tests::writeText(scratch.path() / "featurescope.json", "{\"centers_input\": false}");
    EXPECT_FALSE(tests::openOne(scratch.path())->config().centersInput);
    std::filesystem::remove(scratch.path() / "featurescope.json");
    tests::replaceInFile(scratch.path() / "cfg.json", "gpt2-small", "gemma-2b");
    EXPECT_FALSE(tests::openOne(scratch.path())->config().centersInput); // RMS norms never are
}

TEST(SaeLensPlace, CentringHeadsAndFactsAreRead)
{
    const tests::ScratchFolder scratch;
    const std::string head = R"({"d_in": 4, "d_sae": 8, "architecture": "standard", "metadata": {
        "sae_lens_version": "6.20.0", "model_name": "pythia-70m", )";
    auto sae = saeWith(scratch, head + R"("hook_name": "blocks.2.hook_mlp_out",
        "model_from_pretrained_kwargs": {"center_writing_weights": true}, "prepend_bos": false,
        "context_size": 256, "exclude_special_tokens": [0, 1], "seqpos_slice": [1, null]}})");
    EXPECT_TRUE(sae->config().centersInput);
    EXPECT_EQ(sae->config().facts.prependBos, false);
    EXPECT_EQ(sae->config().facts.contextSize, 256);
    EXPECT_EQ(sae->config().facts.excludesSpecialTokens, "[0,1]");
    EXPECT_EQ(sae->config().facts.seqposSlice, "[1,null]");

    sae = saeWith(scratch, head + R"("hook_name": "blocks.2.attn.hook_z", "hook_head_index": 1}})");
    const at::Tensor z = at::randn({2, 5, 3, 4});
    EXPECT_LE(tests::largestDifference(
                  sae->activations(z), sae->withoutCentring()->activations(z.select(2, 1))),
        1e-6);
    const at::Tensor y = sae->reconstruct(z);
    EXPECT_TRUE(at::equal(y.select(2, 0), z.select(2, 0))); // the other heads stay
    EXPECT_LE(tests::largestDifference(
                  y.select(2, 1), sae->withoutCentring()->reconstruct(z.select(2, 1))),
        1e-6);
    ModelConfig model;
    model.n_layers = 3;
    model.d_model = 12;
    model.n_heads = 3;
    model.n_key_value_heads = 3;
    model.d_head = 4;
    EXPECT_TRUE(fitsModel(sae->config(), model));
    model.n_heads = 1;
    EXPECT_TRUE(tests::holds(fitsModel(sae->config(), model).error().message, "head 1"));

    tests::writeTensors(
        scratch.path() / "sparsity.safetensors", {{"sparsity", at::full({8}, -2.0f)}});
    EXPECT_EQ(tests::openOne(scratch.path())->logFiringFrequency().numel(), 8);
    tests::writeTensors(scratch.path() / "sparsity.safetensors", {{"sparsity", at::zeros({7})}});
    EXPECT_FALSE(tests::openOne(scratch.path())->logFiringFrequency().defined());
    EXPECT_EQ(tests::openOne(scratch.path())->config().warnings.size(), 1u);

    sae = saeWith(scratch, head + R"("hook_name": "model.layers.2"}})");
    EXPECT_EQ(sae->config().hookIn.name(), "blocks.2.hook_resid_post");
    EXPECT_FALSE(saeWith(scratch, head + "\"dataset_path\": \"x\"}}")->config().isPlaced);
}

TEST(BaseModel, AliasesAgreeAndOthersDoNot)
{
    const auto mismatch = [](const char* made, const char* open) {
        DictionaryConfig dictionary;
        dictionary.baseModel = made;
        ModelConfig model;
        model.name = open;
        return baseModelMismatch(dictionary, model);
    };
    for (const auto& [made, open] : {std::pair{"gpt2-small", "openai-community/gpt2"},
             std::pair{"gpt2-small", "gpt2"}, std::pair{"gemma-2-2b", "google/gemma-2-2b"},
             std::pair{"gemma-3-1b", "google/gemma-3-1b-pt"},
             std::pair{"pythia-70m-deduped", "EleutherAI/pythia-70m-deduped"},
             std::pair{"llama3.1-8b-it", "meta-llama/Llama-3.1-8B-Instruct"},
             std::pair{"meta-llama/Llama-3.1-8B", "models--meta-llama--Llama-3.1-8B"},
             std::pair{"qwen2.5-7b-it", "Qwen/Qwen2.5-7B-Instruct"},
             std::pair{"we_will_override", "gpt2"}, std::pair{"", "gpt2"},
             std::pair{"gemma-2-2b", "my_folder"}})
        EXPECT_EQ(mismatch(made, open), "") << made << " " << open;
    EXPECT_TRUE(tests::holds(mismatch("gemma-2-2b", "google/gemma-2-2b-it"), "instruction"));
    EXPECT_TRUE(tests::holds(mismatch("gpt2-small", "gpt2-medium"), "gpt2-medium"));
    EXPECT_TRUE(tests::holds(mismatch("gemma-2-2b", "google/gemma-2-9b"), "gemma-2-9b"));
    EXPECT_TRUE(tests::holds(mismatch("pythia-70m", "EleutherAI/pythia-160m"), "160m"));
}
