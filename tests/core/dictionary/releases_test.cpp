#include "tests/core/dictionary/plain_numbers.h"
#include "tests/core/dictionary/written_folder.h"

#include <gtest/gtest.h>

using namespace core;
namespace plain = tests::plain;
using plain::Matrix;
using plain::Vector;

namespace {

constexpr int kReleaseWidth = 6, kReleaseFeatures = 16;

struct Random {
    at::Tensor W_enc, b_enc, W_dec, b_dec, threshold, W_skip, x;

    explicit Random(std::uint64_t seed)
    {
        at::manual_seed(seed);
        W_enc = at::randn({kReleaseWidth, kReleaseFeatures}) * 0.5;
        b_enc = at::randn({kReleaseFeatures}) * 0.2;
        W_dec = at::randn({kReleaseFeatures, kReleaseWidth}) * 0.5;
        b_dec = at::randn({kReleaseWidth}) * 0.3;
        threshold = at::rand({kReleaseFeatures}) * 0.5;
        W_skip = at::randn({kReleaseWidth, kReleaseWidth}) * 0.3;
        x = at::randn({4, kReleaseWidth}) * 1.5;
    }

    tests::Tensors gemma(bool lower) const
    {
        return {{lower ? "w_enc" : "W_enc", W_enc}, {lower ? "w_dec" : "W_dec", W_dec},
            {"b_enc", b_enc}, {"b_dec", b_dec}, {"threshold", threshold}};
    }
    tests::Tensors linear(const char* encoder, const char* decoder) const
    {
        return {{std::string(encoder) + ".weight", W_enc.t().contiguous()},
            {std::string(encoder) + ".bias", b_enc},
            {std::string(decoder) + ".weight", W_dec.t().contiguous()},
            {std::string(decoder) + ".bias", b_dec}};
    }

    Vector hidden(const Vector& in) const
    {
        return plain::plus(plain::times(in, plain::matrix(W_enc)), plain::vector(b_enc));
    }
    Vector rebuilt(const Vector& acts) const
    {
        return plain::plus(plain::times(acts, plain::matrix(W_dec)), plain::vector(b_dec));
    }
    Vector jumped(const Vector& h) const
    {
        return plain::relu(plain::jump(h, plain::vector(threshold)));
    }

    template <class Acts, class Out>
    void expect(const Dictionary& dictionary, const Acts& acts, const Out& out) const
    {
        Matrix a, y;
        for (const Vector& row : plain::matrix(x)) {
            a.push_back(acts(row));
            y.push_back(out(a.back(), row));
        }
        EXPECT_LE(plain::difference(dictionary.activations(x), a), 2e-6);
        EXPECT_LE(plain::difference(dictionary.encode(x).feature_acts, a), 2e-6);
        EXPECT_LE(plain::difference(dictionary.reconstruct(x), y), 3e-6);
    }
};

} // namespace

TEST(GemmaScope, ThePlaceIsToldFromTheReleasesFolders)
{
    struct Case {
        const char *folder, *hookIn, *hookOut, *model;
    };
    const Case cases[] = {
        {"gemma-scope-2b-pt-res/layer_12/width_16k/average_l0_82", "blocks.12.hook_resid_post",
            "blocks.12.hook_resid_post", "gemma-2-2b"},
        {"gemma-scope-9b-it-res/layer_9/width_16k/average_l0_14", "blocks.9.hook_resid_post",
            "blocks.9.hook_resid_post", "gemma-2-9b-it"},
        {"gemma-scope-9b-pt-mlp/layer_0/width_131k/average_l0_5", "blocks.0.hook_mlp_out",
            "blocks.0.hook_mlp_out", "gemma-2-9b"},
        {"gemma-scope-2b-pt-att/layer_3/width_16k/average_l0_79", "blocks.3.attn.hook_z",
            "blocks.3.attn.hook_z", "gemma-2-2b"},
        {"gemma-scope-27b-pt-res/layer_10/width_131k/average_l0_106", "blocks.10.hook_resid_post",
            "blocks.10.hook_resid_post", "gemma-2-27b"},
        {"models--google--gemma-scope-2b-pt-transcoders/snapshots/0a1b/layer_7/width_16k/"
         "average_l0_70",
            "blocks.7.ln2.hook_normalized", "blocks.7.hook_mlp_out", "gemma-2-2b"},
    };
    const Random random(1);
    for (const Case& each : cases) {
        const tests::ScratchFolder scratch;
        tests::writeTensors(scratch.path() / each.folder / "params.npz", random.gemma(false));
        const auto dictionary = tests::openOne(scratch.path() / each.folder);
        EXPECT_EQ(dictionary->config().hookIn.name(), each.hookIn);
        EXPECT_EQ(dictionary->config().hookOut.name(), each.hookOut);
        EXPECT_EQ(dictionary->config().baseModel, each.model);
        EXPECT_EQ(dictionary->config().isTranscoder, std::string(each.hookIn) != each.hookOut);
        EXPECT_EQ(dictionary->config().warnings.size(), 1u);
        random.expect(
            *dictionary, [&](const Vector& row) { return random.jumped(random.hidden(row)); },
            [&](const Vector& acts, const Vector&) { return random.rebuilt(acts); });
    }
}

TEST(GemmaScope, EmbeddingsAreReadAsTheModelScalesThem)
{
    const Random random(2);
    const tests::ScratchFolder scratch;
    const auto folder = scratch.path() / "gemma-scope-2b-pt-res/embedding/width_4k/average_l0_21";
    tests::writeTensors(folder / "params.npz", random.gemma(true));
    const auto dictionary = tests::openOne(folder);
    EXPECT_EQ(dictionary->config().hookIn.name(), "hook_embed");
    const double root = std::sqrt(static_cast<double>(kReleaseWidth));
    random.expect(
        *dictionary,
        [&](const Vector& row) {
            return random.jumped(random.hidden(plain::scaled(row, 1 / root)));
        },
        [&](const Vector& acts, const Vector&) {
            return random.rebuilt(plain::scaled(acts, root));
        });
}

TEST(GemmaScope, WithoutAPlaceItOpensButFitsNoModel)
{
    const Random random(3);
    const tests::ScratchFolder scratch;
    const auto folder = scratch.path() / "downloads/params";
    tests::writeTensors(folder / "params.npz", random.gemma(false));
    const auto dictionary = tests::openOne(folder);
    EXPECT_FALSE(dictionary->config().isPlaced);
    ASSERT_EQ(dictionary->config().warnings.size(), 1u);
    EXPECT_TRUE(tests::holds(dictionary->config().warnings[0], "featurescope.json"));
    ModelConfig model;
    model.n_layers = 40;
    model.d_model = kReleaseWidth;
    const auto fits = fitsModel(dictionary->config(), model);
    ASSERT_FALSE(fits);
    EXPECT_TRUE(tests::holds(fits.error().message, "hook_in"));

    tests::writeText(folder / "featurescope.json",
        "{\"hook_in\": \"blocks.31.hook_resid_pre\", \"model_name\": \"gemma-2-9b\"}");
    const auto placed = tests::openOne(folder);
    EXPECT_EQ(placed->config().hookIn.name(), "blocks.31.hook_resid_pre");
    EXPECT_EQ(placed->config().baseModel, "gemma-2-9b");
    EXPECT_TRUE(placed->config().warnings.empty());
    EXPECT_TRUE(fitsModel(placed->config(), model));
    tests::writeText(folder / "featurescope.json", "{\"hook\": \"blocks.1.hook_resid_pre\"}");
    EXPECT_TRUE(tests::holds(tests::refusal(folder), "`hook`"));
    tests::writeText(folder / "featurescope.json", "{\"hook_in\": \"blocks.1.hook_attic\"}");
    EXPECT_TRUE(tests::holds(tests::refusal(folder), "hook_attic"));
    tests::writeText(folder / "featurescope.json", "[]");
    EXPECT_TRUE(tests::holds(tests::refusal(folder), "featurescope.json"));
}

TEST(GemmaScope2, ReadsItsConfigurationAndTheSkipUntransposed)
{
    const Random random(4);
    const tests::ScratchFolder scratch;
    const auto folder
        = scratch.path() / "gemma-scope-2-1b-pt/transcoder/layer_12_width_16k_l0_small_affine";
    tests::Tensors tensors = random.gemma(true);
    tensors.emplace_back("affine_skip_connection", random.W_skip);
    tests::writeTensors(folder / "params.safetensors", tensors);
    const auto acts = [&](const Vector& row) { return random.jumped(random.hidden(row)); };
    const auto out = [&](const Vector& a, const Vector& row) {
        return plain::plus(random.rebuilt(a), plain::times(row, plain::matrix(random.W_skip)));
    };
    // Without config.json the folders' names tell; with it, it does.
    auto dictionary = tests::openOne(folder);
    EXPECT_EQ(dictionary->config().hookIn.name(), "blocks.12.mlp.hook_in");
    EXPECT_EQ(dictionary->config().hookOut.name(), "blocks.12.hook_mlp_out");
    EXPECT_EQ(dictionary->config().warnings.size(), 1u);
    random.expect(*dictionary, acts, out);
    tests::writeText(folder / "config.json",
        R"({"hf_hook_point_in": "model.layers.3.pre_feedforward_layernorm.output",
            "hf_hook_point_out": "model.layers.3.post_feedforward_layernorm.output",
            "width": 16384, "model_name": "gemma-v3-1b-pt", "architecture": "jump_relu",
            "l0": 120, "affine_connection": true, "type": "transcoder"})");
    dictionary = tests::openOne(folder);
    EXPECT_EQ(dictionary->config().hookIn.name(), "blocks.3.mlp.hook_in");
    EXPECT_EQ(dictionary->config().hookOut.name(), "blocks.3.hook_mlp_out");
    EXPECT_EQ(dictionary->config().baseModel, "gemma-3-1b-pt");
    EXPECT_TRUE(dictionary->config().warnings.empty());
    random.expect(*dictionary, acts, out);

    for (const auto& [name, hook] : {std::pair{"resid_post", "blocks.9.hook_resid_post"},
             std::pair{"mlp_out_all", "blocks.9.hook_mlp_out"},
             std::pair{"attn_out", "blocks.9.attn.hook_z"}}) {
        const auto sae = scratch.path() / name / "layer_9_width_64k_l0_big";
        tests::writeTensors(sae / "params.safetensors", random.gemma(true));
        EXPECT_EQ(tests::openOne(sae)->config().hookIn.name(), hook);
        EXPECT_FALSE(tests::openOne(sae)->config().isTranscoder);
    }
    tests::writeText(folder / "config.json", R"({"type": "crosscoder"})");
    EXPECT_TRUE(tests::holds(tests::refusal(folder), "crosscoder"));
}

TEST(LlamaScope, FoldsTheDatasetsNormsInAndOut)
{
    const Random random(5);
    const Vector norms = [&] {
        Vector lengths;
        for (const Vector& row : plain::matrix(random.W_dec))
            lengths.push_back(plain::length(row));
        return lengths;
    }();
    const double root = std::sqrt(static_cast<double>(kReleaseWidth));
    for (const bool includesNorm : {false, true})
        for (const bool isTranscoder : {false, true}) {
            const tests::ScratchFolder scratch;
            const auto folder = scratch.path() / "Llama3_1-8B-Base-L8X-8x";
            tests::writeTensors(
                folder / "checkpoints/final.safetensors", random.linear("encoder", "decoder"));
            tests::writeText(folder / "hyperparams.json",
                std::string(R"({"d_model": 6, "d_sae": 16, "act_fn": "jumprelu",
                "jump_relu_threshold": 0.4, "norm_activation": "dataset-wise", "top_k": 50,
                "dataset_average_activation_norm": {"in": 4.0, "out": 1.5},
                "hook_point_in": "blocks.8.hook_resid_mid", "sparsity_include_decoder_norm": )")
                    + (includesNorm ? "true" : "false") + ", \"hook_point_out\": \""
                    + (isTranscoder ? "blocks.8.hook_mlp_out" : "blocks.8.hook_resid_mid") + "\"}");
            const auto dictionary = tests::openOne(folder);
            EXPECT_EQ(dictionary->config().isTranscoder, isTranscoder);
            EXPECT_EQ(dictionary->config().baseModel, "meta-llama/Llama-3.1-8B");
            const double in = root / 4.0, out = root / (isTranscoder ? 1.5 : 4.0);
            random.expect(
                *dictionary,
                [&](const Vector& row) {
                    Vector h = random.hidden(plain::scaled(row, in));
                    for (std::size_t i = 0; i < h.size(); ++i)
                        h[i] = h[i] * (includesNorm ? norms[i] : 1.0) > 0.4 ? h[i] : 0.0;
                    return h;
                },
                [&](const Vector& acts, const Vector&) {
                    return plain::scaled(random.rebuilt(acts), 1.0 / out);
                });
        }
}

TEST(LlamaScope, LaterFilesKeepTheLogarithmOfTheThreshold)
{
    const Random random(6);
    const tests::ScratchFolder scratch;
    const auto folder = scratch.path() / "400M-Slimpajama/L5R";
    tests::Tensors tensors = random.linear("encoder", "decoder");
    tensors.emplace_back("log_jumprelu_threshold", random.threshold.log());
    tests::writeTensors(folder / "sae_weights.safetensors", tensors);
    tests::writeText(folder / "config.json",
        R"({"act_fn": "jumprelu", "hook_point_in": "blocks.5.hook_resid_post",
            "hook_point_out": "blocks.5.hook_resid_post", "expansion_factor": 8})");
    random.expect(
        *tests::openOne(folder),
        [&](const Vector& row) { return random.jumped(random.hidden(row)); },
        [&](const Vector& acts, const Vector&) { return random.rebuilt(acts); });
    for (const auto& [from, to, part] : {std::tuple{"\"jumprelu\"", "\"topk\"", "topk"},
             std::tuple{"\"expansion_factor\"", "\"sae_type\": \"lorsa\", \"e\"", "lorsa"},
             std::tuple{"\"expansion_factor\"", "\"norm_activation\": \"token-wise\", \"e\"",
                 "token-wise"},
             std::tuple{"\"expansion_factor\"", "\"use_glu_encoder\": true, \"e\"", "glu"}}) {
        const std::string before = tests::readText(folder / "config.json");
        tests::replaceInFile(folder / "config.json", from, to);
        EXPECT_TRUE(tests::holds(tests::refusal(folder), part)) << tests::refusal(folder);
        tests::writeText(folder / "config.json", before);
    }
}

TEST(SingleFiles, TwoLinearLayersNameTheirModelAndLayer)
{
    const Random random(7);
    const tests::ScratchFolder scratch;
    const auto acts = [&](const Vector& row) { return plain::relu(random.hidden(row)); };
    const auto out = [&](const Vector& a, const Vector&) { return random.rebuilt(a); };
    const auto goodfire = scratch.path() / "Llama-3.3-70B-Instruct-SAE-l50.pt";
    tests::writeTensors(goodfire, random.linear("encoder_linear", "decoder_linear"));
    auto dictionary = tests::openOne(goodfire);
    EXPECT_EQ(dictionary->config().hookIn.name(), "blocks.50.hook_resid_post");
    EXPECT_EQ(dictionary->config().baseModel, "Llama-3.3-70B-Instruct");
    random.expect(*dictionary, acts, out);
    // In a folder of its own it is found too.
    EXPECT_EQ(tests::openOne(scratch.path())->config().name, dictionary->config().name);
    const auto qresearch = scratch.path() / "DeepSeek-R1-Distill-Llama-8B-SAE-l19.pt";
    tests::writeTensors(qresearch, random.linear("encoder", "decoder"));
    dictionary = tests::openOne(qresearch);
    EXPECT_EQ(dictionary->config().hookIn.name(), "blocks.19.hook_resid_post");
    random.expect(*dictionary, acts, out);
    EXPECT_EQ(openDictionaries(scratch.path())->size(), 2u);
    // A file that is none does not keep the others from opening, but is refused by itself.
    tests::writeTensors(scratch.path() / "optimizer.pt", {{"exp_avg", random.x}});
    EXPECT_EQ(openDictionaries(scratch.path())->size(), 2u);
    EXPECT_TRUE(tests::holds(tests::refusal(scratch.path() / "optimizer.pt"), "no dictionary"));
}

TEST(SingleFiles, AttentionSaesAndDunefskysTranscoders)
{
    const Random random(8);
    const tests::ScratchFolder scratch;
    const tests::Tensors matrices = {{"W_enc", random.W_enc}, {"b_enc", random.b_enc},
        {"W_dec", random.W_dec}, {"b_dec", random.b_dec}};
    const auto acts = [&](const Vector& row) {
        return plain::relu(random.hidden(plain::plus(row, plain::vector(random.b_dec), -1.0)));
    };
    const auto sae = scratch.path() / "gpt2-small_L5_Hcat_z.pt";
    tests::writeTensors(sae, matrices);
    tests::writeText(scratch.path() / "gpt2-small_L5_Hcat_z_cfg.json",
        R"({"act_size": 6, "dict_size": 16, "act_name": "blocks.5.attn.hook_z", "layer": 5})");
    const auto attention = tests::openOne(sae);
    EXPECT_EQ(attention->config().hookIn.name(), "blocks.5.attn.hook_z");
    EXPECT_TRUE(attention->config().flattensHeads);
    random.expect(
        *attention, acts, [&](const Vector& a, const Vector&) { return random.rebuilt(a); });
    EXPECT_EQ(
        attention->reconstruct(at::randn({2, 3, 3, 2})).sizes(), (at::IntArrayRef{2, 3, 3, 2}));
    tests::replaceInFile(
        scratch.path() / "gpt2-small_L5_Hcat_z_cfg.json", "\"dict_size\": 16", "\"dict_size\": 17");
    EXPECT_TRUE(tests::holds(tests::refusal(sae), "dict_size"));

    tests::Tensors more;
    for (const auto& [name, tensor] : matrices)
        more.emplace_back("state_dict." + name, tensor);
    const at::Tensor b_dec_out = at::randn({kReleaseWidth});
    more.emplace_back("state_dict.b_dec_out", b_dec_out);
    const auto file = scratch.path() / "t/gpt2-small_blocks.8.ln2.hook_normalized_24576.pt";
    tests::writeTensors(file, more);
    const auto transcoder = tests::openOne(file);
    EXPECT_TRUE(transcoder->config().isTranscoder);
    EXPECT_EQ(transcoder->config().hookIn.name(), "blocks.8.ln2.hook_normalized");
    EXPECT_EQ(transcoder->config().hookOut.name(), "blocks.8.hook_mlp_out");
    random.expect(*transcoder, acts, [&](const Vector& a, const Vector&) {
        return plain::plus(plain::times(a, plain::matrix(random.W_dec)), plain::vector(b_dec_out));
    });
}

TEST(DictionaryLearning, EveryClassHasItsOwnForward)
{
    const Random random(9);
    const at::Tensor gate = at::randn({kReleaseFeatures}),
                     r_mag = at::randn({kReleaseFeatures}) * 0.3;
    const Vector g = plain::vector(gate), r = plain::vector(r_mag), b = plain::vector(random.b_enc);
    const Vector bias = plain::vector(random.b_dec);
    const auto centred
        = [&](const Vector& row) { return random.hidden(plain::plus(row, bias, -1.0)); };
    const at::Tensor encoder = random.W_enc.t().contiguous(),
                     decoder = random.W_dec.t().contiguous();
    const auto scalar = [](float v) { return at::tensor(std::vector<float>{v}).squeeze(); };
    struct Class {
        const char* name;
        tests::Tensors tensors;
        std::function<Vector(const Vector&)> acts;
    };
    const Class classes[] = {
        {"AutoEncoderNew", random.linear("encoder", "decoder"),
            [&](const Vector& row) { return plain::relu(random.hidden(row)); }},
        {"GatedAutoEncoder",
            {{"encoder.weight", encoder}, {"decoder.weight", decoder},
                {"decoder_bias", random.b_dec}, {"r_mag", r_mag}, {"gate_bias", gate},
                {"mag_bias", random.b_enc}},
            [&](const Vector& row) {
                Vector p = plain::plus(centred(row), b, -1.0);
                for (std::size_t i = 0; i < p.size(); ++i)
                    p[i] = p[i] + g[i] > 0 ? std::max(std::exp(r[i]) * p[i] + b[i], 0.0) : 0.0;
                return p;
            }},
        {"MatryoshkaBatchTopKSAE",
            {{"W_enc", random.W_enc}, {"b_enc", random.b_enc}, {"W_dec", random.W_dec},
                {"b_dec", random.b_dec}, {"k", scalar(3)}, {"threshold", scalar(0.6f)},
                {"group_sizes", at::tensor(std::vector<std::int64_t>{8, 8})}},
            [&](const Vector& row) {
                return plain::jump(
                    plain::relu(centred(row)), Vector(kReleaseFeatures, static_cast<double>(0.6f)));
            }},
        {"AutoEncoderTopK",
            {{"encoder.weight", encoder}, {"encoder.bias", random.b_enc},
                {"decoder.weight", decoder}, {"b_dec", random.b_dec},
                {"k", at::tensor(std::vector<std::int64_t>{3}).squeeze()},
                {"threshold", scalar(0.6f)}},
            [&](const Vector& row) { return plain::largest(plain::relu(centred(row)), 3); }},
    };
    for (const Class& each : classes) {
        SCOPED_TRACE(each.name);
        const tests::ScratchFolder scratch;
        const auto folder = scratch.path() / "run/mlp_out_layer_4/trainer_0";
        tests::writeTensors(folder / "ae.pt", each.tensors);
        tests::writeText(folder / "config.json",
            std::string("{\"trainer\": {\"dict_class\": \"") + each.name
                + "\", \"lm_name\": \"EleutherAI/pythia-70m-deduped\", \"layer\": 4}, \"buffer\": "
                  "{\"ctx_len\": 128}}");
        const auto dictionary = tests::openOne(scratch.path());
        EXPECT_EQ(dictionary->config().hookIn.name(), "blocks.4.mlp.hook_out");
        EXPECT_EQ(dictionary->config().facts.contextSize, 128);
        random.expect(*dictionary, each.acts,
            [&](const Vector& acts, const Vector&) { return random.rebuilt(acts); });
        tests::replaceInFile(folder / "config.json", each.name, "CrossCoder");
        EXPECT_TRUE(tests::holds(tests::refusal(folder), "CrossCoder"));
    }
}

TEST(Sparsify, TranscodesSkipsGroupsAndSigns)
{
    const Random random(10);
    const auto folderWith = [&](const tests::ScratchFolder& scratch, const std::string& cfg) {
        const auto folder = scratch.path() / "sae-llama/layers.5.mlp";
        tests::writeTensors(folder / "sae.safetensors",
            {{"encoder.weight", random.W_enc.t().contiguous()}, {"encoder.bias", random.b_enc},
                {"W_dec", random.W_dec}, {"b_dec", random.b_dec}, {"W_skip", random.W_skip}});
        tests::writeText(folder / "cfg.json", "{\"d_in\": 6, " + cfg + "}");
        tests::writeText(folder.parent_path() / "config.json", "{\"model\": \"llama-3.1-8b\"}");
        return tests::openOne(folder);
    };
    const Vector bias = plain::vector(random.b_dec);
    const auto centred
        = [&](const Vector& row) { return random.hidden(plain::plus(row, bias, -1.0)); };
    const auto plainOut = [&](const Vector& acts, const Vector&) { return random.rebuilt(acts); };
    {
        const tests::ScratchFolder scratch; // `signed`: by size, and no ReLU
        const auto dictionary
            = folderWith(scratch, "\"num_latents\": 16, \"k\": 5, \"signed\": true");
        EXPECT_EQ(dictionary->config().hookIn.name(), "blocks.5.mlp.hook_out");
        EXPECT_EQ(dictionary->config().baseModel, "llama-3.1-8b");
        random.expect(
            *dictionary, [&](const Vector& row) { return plain::largest(centred(row), 5, true); },
            plainOut);
    }
    {
        const tests::ScratchFolder scratch; // four groups of four
        const auto dictionary
            = folderWith(scratch, "\"num_latents\": 16, \"k\": 4, \"activation\": \"groupmax\"");
        random.expect(
            *dictionary,
            [&](const Vector& row) {
                const Vector h = plain::relu(centred(row));
                Vector kept(h.size(), 0.0);
                for (std::size_t group = 0; group < 16; group += 4) {
                    std::size_t best = group;
                    for (std::size_t i = group; i < group + 4; ++i)
                        best = h[i] > h[best] ? i : best;
                    kept[best] = h[best];
                }
                return kept;
            },
            plainOut);
    }
    {
        const tests::ScratchFolder scratch; // no latents said: d_in times the factor
        tests::ScratchFolder other;
        const auto folder = other.path() / "layers.2.mlp";
        at::manual_seed(3);
        tests::writeTensors(folder / "sae.safetensors",
            {{"encoder.weight", at::randn({18, 6})}, {"encoder.bias", at::randn({18})},
                {"W_dec", at::randn({18, 6})}, {"b_dec", at::randn({6})}});
        tests::writeText(folder / "cfg.json",
            "{\"d_in\": 6, \"expansion_factor\": 3, \"num_latents\": 0, \"k\": 2}");
        EXPECT_EQ(tests::openOne(folder)->config().d_sae, 18);
        tests::replaceInFile(folder / "cfg.json", "\"k\": 2", "\"k\": 0");
        EXPECT_TRUE(tests::holds(tests::refusal(folder), "`k`"));
        tests::replaceInFile(folder / "cfg.json", "\"k\": 0", "\"k\": 19");
        EXPECT_TRUE(tests::holds(tests::refusal(folder), "`k` is 19"));
        tests::replaceInFile(
            folder / "cfg.json", "\"expansion_factor\": 3", "\"expansion_factor\": 99999999999");
        EXPECT_TRUE(tests::holds(tests::refusal(folder), "num_latents"));
    }
    const tests::ScratchFolder scratch; // transcode and skip
    const auto dictionary = folderWith(
        scratch, "\"num_latents\": 16, \"k\": 5, \"transcode\": true, \"skip_connection\": true");
    EXPECT_EQ(dictionary->config().hookIn.name(), "blocks.5.mlp.hook_in");
    EXPECT_EQ(dictionary->config().hookOut.name(), "blocks.5.mlp.hook_out");
    random.expect(
        *dictionary,
        [&](const Vector& row) { return plain::relu(plain::largest(random.hidden(row), 5)); },
        [&](const Vector& acts, const Vector& row) {
            return plain::plus(
                random.rebuilt(acts), plain::times(row, plain::matrix(random.W_skip.t())));
        });
}

TEST(OpenAi, ReluModelsAreNotNormalisedAndPathsNameThePlace)
{
    const Random random(11);
    const tests::ScratchFolder scratch;
    const tests::Tensors tensors = {{"pre_bias", random.b_dec}, {"latent_bias", random.b_enc},
        {"encoder.weight", random.W_enc.t().contiguous()},
        {"decoder.weight", random.W_dec.t().contiguous()}};
    for (const auto& [location, hook] : {std::pair{"resid_delta_attn_v1", "blocks.8.hook_attn_out"},
             std::pair{"resid_delta_mlp_v4", "blocks.8.hook_mlp_out"},
             std::pair{"resid_post_attn_v1", "blocks.8.hook_resid_mid"},
             std::pair{"resid_post_mlp_v1", "blocks.8.hook_resid_post"},
             std::pair{"mlp_post_act_v1", "blocks.8.mlp.hook_post"}}) {
        const auto file = scratch.path() / location / "autoencoders/8.pt";
        tests::writeTensors(file, tensors, {{"activation", "ReLU"}});
        const auto dictionary = tests::openOne(file);
        EXPECT_EQ(dictionary->config().hookIn.name(), hook);
        EXPECT_EQ(dictionary->config().baseModel, "gpt2-small");
        random.expect(
            *dictionary,
            [&](const Vector& row) {
                return plain::relu(
                    random.hidden(plain::plus(row, plain::vector(random.b_dec), -1.0)));
            },
            [&](const Vector& acts, const Vector&) { return random.rebuilt(acts); });
    }
    const auto file = scratch.path() / "odd/8.pt";
    tests::writeTensors(file, tensors, {{"activation", "Sine"}});
    EXPECT_TRUE(tests::holds(tests::refusal(file), "Sine"));
}

TEST(Unsupported, OtherKindsAreRefusedByName)
{
    const at::Tensor t = at::randn({4, 4});
    struct Case {
        const char *file, *tensor, *named;
    };
    for (const Case& each :
        {Case{"model.safetensors", "encoder_module.encoders.0.weight", "crosslayer-coding"},
            Case{"sae.safetensors", "W_decs.0", "clt-training"},
            Case{"model.safetensors", "W_dec_norm", "ByteDance"}}) {
        const tests::ScratchFolder scratch;
        tests::writeTensors(scratch.path() / each.file, {{each.tensor, t}});
        EXPECT_TRUE(tests::holds(tests::refusal(scratch.path()), each.named))
            << tests::refusal(scratch.path());
        EXPECT_TRUE(tests::holds(tests::refusal(scratch.path() / each.file), each.named));
    }
    const tests::ScratchFolder scratch;
    tests::writeTensors(scratch.path() / "cross.pt", {{"encoder.weight", at::randn({2, 3, 4})}});
    EXPECT_TRUE(tests::holds(tests::refusal(scratch.path()), "crosscoder"));
    const tests::ScratchFolder bare;
    tests::writeTensors(bare.path() / "layer_0.safetensors", {{"W_enc", t}});
    EXPECT_TRUE(tests::holds(tests::refusal(bare.path()), "feature_input_hook"));
}
