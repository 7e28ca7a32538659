#include "core/model/model_config.h"

#include "core/files/atomic_write.h"
#include "core/model/resources.h"
#include "tests/core/files/temporary_folder.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <tuple>

#include <nlohmann/json.hpp>

using namespace core;

namespace {

namespace fs = std::filesystem;

class ConfigFolder : public testing::Test {
protected:
    Result<ModelConfig> read(const std::string& text)
    {
        EXPECT_TRUE(writeAtomically(m_folder / "config.json", text));
        return ModelConfig::read(m_folder);
    }

    void expectRefused(const std::string& text, const std::vector<std::string>& words)
    {
        const auto config = read(text);
        ASSERT_FALSE(config) << text;
        EXPECT_NE(config.error().message.find("config.json"), std::string::npos)
            << config.error().message;
        for (const std::string& word : words)
            EXPECT_NE(config.error().message.find(word), std::string::npos)
                << "`" << word << "` not in: " << config.error().message;
    }

    const tests::TemporaryFolder m_temporary;
    const fs::path m_folder = m_temporary.path();
};

TEST_F(ConfigFolder, OmittedGpt2FieldsTakeTheClassDefaults)
{
    const auto c = read(R"({"model_type": "gpt2"})");
    ASSERT_TRUE(c) << c.error().message;
    EXPECT_EQ(c->d_model, 768);
    EXPECT_EQ(c->n_layers, 12);
    EXPECT_EQ(c->n_heads, 12);
    EXPECT_EQ(c->d_head, 64);
    EXPECT_EQ(c->d_mlp, 3072);
    EXPECT_EQ(c->d_vocab, 50257);
    EXPECT_EQ(c->n_ctx, 1024);
    EXPECT_TRUE(c->isTied);
    EXPECT_EQ(c->norm, NormKind::LayerNorm);
    EXPECT_EQ(c->activation, MlpActivation::GeluNew);
    EXPECT_EQ(c->name, m_folder.filename());
    EXPECT_EQ(ModelConfig::read(m_folder / "")->name, m_folder.filename()) << "a slash at the end";
    // The published figure of GPT-2 small.
    EXPECT_EQ(parameterCount(*c), 124439808);
}

TEST_F(ConfigFolder, TheNameIsWhatTheConfigDeclaresUnlessThatIsAPath)
{
    const auto nameFor = [&](const std::string& declared) {
        return read(R"({"model_type": "gpt2", "_name_or_path": ")" + declared + "\"}")->name;
    };
    EXPECT_EQ(nameFor("distilgpt2"), "distilgpt2");
    EXPECT_EQ(nameFor("openai-community/gpt2"), "gpt2");
    for (const char* path : {"", "/data/checkpoints/step_3", "./out", "models/a/b", "out/"})
        EXPECT_EQ(nameFor(path), m_folder.filename()) << path;
}

TEST_F(ConfigFolder, Llama32WithScalingIsReadInEitherSpelling)
{
    const std::string sizes
        = R"("model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
        "num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 16, "vocab_size": 128256,
        "max_position_embeddings": 131072, "rms_norm_eps": 1e-05, "tie_word_embeddings": true, "head_dim": 64,
        "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009])";
    const std::string scaling = R"("factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
        "original_max_position_embeddings": 8192)";
    for (const std::string& text :
        {"{" + sizes
                + R"(, "torch_dtype": "bfloat16", "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", )"
                + scaling + "}}",
            "{" + sizes
                + R"(, "dtype": "bfloat16", "rope_parameters": {"rope_theta": 500000.0, "rope_type": "llama3", )"
                + scaling + "}}"}) {
        const auto c = read(text);
        ASSERT_TRUE(c) << c.error().message;
        EXPECT_EQ(c->rotary.theta, 500000.0);
        EXPECT_EQ(c->rotary.scaling, RotaryConfig::Scaling::Llama3);
        EXPECT_EQ(c->rotary.factor, 32.0);
        EXPECT_EQ(c->d_head, 64);
        EXPECT_EQ(c->n_key_value_heads, 8);
        EXPECT_EQ(c->eosToken, 128001);
        EXPECT_EQ(c->dtype, "bfloat16");
        // The published figure of Llama 3.2 1B.
        EXPECT_EQ(parameterCount(*c), 1235814400);
    }
    const auto linear = read(
        R"({"architectures": ["LlamaForCausalLM"], "rope_scaling": {"type": "linear", "factor": 4}})");
    ASSERT_TRUE(linear) << linear.error().message;
    EXPECT_EQ(linear->rotary.scaling, RotaryConfig::Scaling::Linear);
    EXPECT_EQ(linear->d_head, 128);
    EXPECT_EQ(linear->n_key_value_heads, 32);
}

// What the configuration classes of Hugging Face transformers 4.57 have; docs/formats.md section 2.
struct Defaults {
    const char* type;
    int d_vocab, n_ctx, d_model, n_layers, n_heads, n_key_value_heads, d_head, d_mlp;
    double normEps, theta;
    bool isTied;
    int bos, eos;
    int firstWindow, lastWindow;
};

const Defaults kDefaults[] = {
    {"gpt_neox", 50432, 2048, 6144, 44, 64, 64, 96, 24576, 1e-5, 1e4, false, 0, 2, 0, 0},
    {"llama", 32000, 2048, 4096, 32, 32, 32, 128, 11008, 1e-6, 1e4, false, 1, 2, 0, 0},
    {"mistral", 32000, 131072, 4096, 32, 32, 8, 128, 14336, 1e-6, 1e4, false, 1, 2, 4096, 4096},
    {"qwen2", 151936, 32768, 4096, 32, 32, 32, 128, 22016, 1e-6, 1e4, false, -1, -1, 0, 0},
    {"qwen3", 151936, 32768, 4096, 32, 32, 32, 128, 22016, 1e-6, 1e4, false, -1, -1, 0, 0},
    {"gemma2", 256000, 8192, 2304, 26, 8, 4, 256, 9216, 1e-6, 1e4, true, 2, 1, 4096, 0},
    {"gemma3_text", 262208, 131072, 2304, 26, 8, 4, 256, 9216, 1e-6, 1e6, true, 2, 1, 4096, 4096},
    {"gemma3", 262208, 131072, 2304, 26, 8, 4, 256, 9216, 1e-6, 1e6, true, 2, 1, 4096, 4096},
};

TEST_F(ConfigFolder, OmittedFieldsTakeTheClassDefaultsOfEveryFamily)
{
    for (const Defaults& d : kDefaults) {
        const auto c = read(std::string(R"({"model_type": ")") + d.type + "\"}");
        ASSERT_TRUE(c) << c.error().message;
        EXPECT_EQ(std::tie(c->d_vocab, c->n_ctx, c->d_model, c->n_layers, c->n_heads),
            std::tie(d.d_vocab, d.n_ctx, d.d_model, d.n_layers, d.n_heads))
            << d.type;
        EXPECT_EQ(std::tie(c->n_key_value_heads, c->d_head, c->d_mlp, c->isTied, c->bosToken,
                      c->eosToken),
            std::tie(d.n_key_value_heads, d.d_head, d.d_mlp, d.isTied, d.bos, d.eos))
            << d.type;
        EXPECT_EQ(c->normEps, d.normEps) << d.type;
        EXPECT_EQ(c->rotary.theta, d.theta) << d.type;
        EXPECT_EQ(c->windowOf(0), d.firstWindow) << d.type;
        EXPECT_EQ(c->windowOf(d.n_layers - 1), d.lastWindow) << d.type;
    }
}

TEST_F(ConfigFolder, EachFamilyHasItsParts)
{
    const ModelConfig neox = *read(R"({"model_type": "gpt_neox"})");
    EXPECT_TRUE(neox.isParallel && neox.hasAttentionBias && neox.hasOutputBias && neox.hasMlpBias);
    EXPECT_EQ(neox.rotaryDims, 24);
    EXPECT_EQ(neox.activation, MlpActivation::Gelu);
    const ModelConfig qwen2 = *read(R"({"model_type": "qwen2"})");
    EXPECT_TRUE(qwen2.hasAttentionBias && !qwen2.hasOutputBias && !qwen2.hasMlpBias);
    EXPECT_TRUE(read(R"({"model_type": "qwen3"})")->hasQkNorm);
    const ModelConfig gemma2 = *read(R"({"model_type": "gemma2", "hidden_act": "relu"})");
    EXPECT_EQ(gemma2.activation, MlpActivation::GeluNew) << "hidden_activation is what counts";
    EXPECT_TRUE(gemma2.hasPostNorms && gemma2.scalesEmbedding && gemma2.storesGainMinusOne);
    EXPECT_EQ(gemma2.attentionSoftcap, 50.0);
    EXPECT_EQ(gemma2.finalSoftcap, 30.0);
    EXPECT_EQ(gemma2.queryScalar, 256.0);
    EXPECT_EQ(gemma2.windowOf(2), 4096);
    EXPECT_EQ(gemma2.windowOf(3), 0);
    const ModelConfig gemma3 = *read(R"({"model_type": "gemma3_text"})");
    EXPECT_TRUE(gemma3.hasQkNorm && gemma3.hasPostNorms);
    EXPECT_EQ(gemma3.attentionSoftcap, 0.0);
    EXPECT_EQ(gemma3.finalSoftcap, 0.0);
    EXPECT_EQ(gemma3.localRotary.value().theta, 10000.0);
    EXPECT_EQ(gemma3.windowOf(4), 4096);
    EXPECT_EQ(gemma3.windowOf(5), 0);
}

TEST_F(ConfigFolder, WindowsFollowEachFamilysRule)
{
    const auto windows = [&](const std::string& text) {
        const auto config = read(text);
        EXPECT_TRUE(config) << config.error().message;
        return config ? config->windows : std::vector<int>{-1};
    };
    using Windows = std::vector<int>;
    const std::string qwen = R"({"model_type": "qwen2", "num_hidden_layers": 4, "sliding_window": 8,
        "max_window_layers": 3)";
    EXPECT_EQ(windows(qwen + "}"), Windows());
    EXPECT_EQ(windows(qwen + R"(, "use_sliding_window": true})"), (Windows{0, 0, 0, 8}));
    EXPECT_EQ(windows(qwen + R"(, "use_sliding_window": true, "layer_types": ["sliding_attention",
        "full_attention", "full_attention", "full_attention"]})"),
        (Windows{8, 0, 0, 0}));
    const std::string mistral = R"({"model_type": "mistral", "num_hidden_layers": 2)";
    EXPECT_EQ(windows(mistral + R"(, "sliding_window": null})"), Windows());
    EXPECT_EQ(windows(mistral + R"(, "sliding_window": 8})"), (Windows{8, 8}));
    const std::string gemma3
        = R"({"model_type": "gemma3_text", "num_hidden_layers": 3, "sliding_window": 8)";
    EXPECT_EQ(windows(gemma3 + R"(, "sliding_window_pattern": 2})"), (Windows{8, 0, 8}));
    EXPECT_EQ(windows(gemma3 + R"(, "_sliding_window_pattern": 3})"), (Windows{8, 8, 0}));
    EXPECT_EQ(windows(R"({"model_type": "llama", "num_hidden_layers": 2,
        "layer_types": ["full_attention", "full_attention"]})"),
        Windows());
}

TEST_F(ConfigFolder, RotaryIsReadInEverySpelling)
{
    const auto neox = [&](const std::string& fields) {
        const auto c = read(R"({"model_type": "gpt_neox", "hidden_size": 64,
            "num_attention_heads": 4, )"
            + fields + "}");
        EXPECT_TRUE(c) << c.error().message;
        return c ? std::pair(c->rotaryDims, c->rotary.theta) : std::pair(-1, 0.0);
    };
    EXPECT_EQ(neox(R"("rotary_pct": 0.5, "rotary_emb_base": 500)"), std::pair(8, 500.0));
    EXPECT_EQ(neox(R"("partial_rotary_factor": 0.5, "rope_theta": 500)"), std::pair(8, 500.0));
    EXPECT_EQ(neox(R"("rope_parameters": {"rope_type": "default", "rope_theta": 500,
        "partial_rotary_factor": 1.0})"),
        std::pair(16, 500.0));
    const auto gemma = read(R"({"model_type": "gemma3_text", "rope_parameters": {
        "full_attention": {"rope_type": "linear", "factor": 8, "rope_theta": 2000000},
        "sliding_attention": {"rope_type": "default", "rope_theta": 20000}}})");
    ASSERT_TRUE(gemma) << gemma.error().message;
    EXPECT_EQ(gemma->rotary.theta, 2e6);
    EXPECT_EQ(gemma->rotary.factor, 8.0);
    EXPECT_EQ(gemma->localRotary->theta, 2e4);
    EXPECT_EQ(gemma->localRotary->scaling, RotaryConfig::Scaling::None);
    const auto older = read(R"({"model_type": "gemma3_text", "rope_local_base_freq": 30000,
        "rope_scaling": {"rope_type": "linear", "factor": 8}})");
    ASSERT_TRUE(older) << older.error().message;
    EXPECT_EQ(older->rotary.scaling, RotaryConfig::Scaling::Linear);
    EXPECT_EQ(older->localRotary->scaling, RotaryConfig::Scaling::None);
    EXPECT_EQ(older->localRotary->theta, 3e4);
}

TEST_F(ConfigFolder, TheLanguageModelInsideAMultimodalCheckpointIsRead)
{
    const auto c = read(R"({"model_type": "gemma3", "eos_token_id": [1, 106],
        "torch_dtype": "bfloat16", "vision_config": {"hidden_size": 8, "num_attention_heads": 3},
        "text_config": {"model_type": "gemma3_text", "hidden_size": 2560,
            "num_hidden_layers": 34, "sliding_window": 1024,
            "rope_scaling": {"rope_type": "linear", "factor": 8.0}}})");
    ASSERT_TRUE(c) << c.error().message;
    EXPECT_EQ(c->d_model, 2560);
    EXPECT_EQ(c->n_heads, 8);
    EXPECT_EQ(c->d_head, 256);
    EXPECT_EQ(c->windowOf(0), 1024);
    EXPECT_EQ(c->dtype, "bfloat16");
    EXPECT_EQ(c->endTokens, (std::vector<int>{1, 106}));
    expectRefused(R"({"model_type": "gemma3", "text_config": {"model_type": "llama"}})",
        {"text_config", "gemma3"});
}

TEST_F(ConfigFolder, EndsComeFromTheGenerationConfigWhereTheConfigIsSilent)
{
    ASSERT_TRUE(writeAtomically(
        m_folder / "generation_config.json", R"({"eos_token_id": [128001, 128009]})"));
    const auto silent = read(R"({"model_type": "llama", "vocab_size": 128256})");
    EXPECT_EQ(silent->eosToken, 128001);
    EXPECT_EQ(silent->endTokens, (std::vector<int>{128001, 128009}));
    const auto spoken = read(R"({"model_type": "llama", "vocab_size": 128256, "eos_token_id": 7})");
    EXPECT_EQ(spoken->eosToken, 7);
    EXPECT_TRUE(spoken->isEnd(7) && spoken->isEnd(128009) && !spoken->isEnd(128001 + 1));
    ASSERT_TRUE(writeAtomically(m_folder / "generation_config.json", "{\"eos_token_id\": 5}"));
    EXPECT_EQ(read(R"({"model_type": "qwen2"})")->eosToken, 5);
    fs::remove(m_folder / "generation_config.json");
}

struct Refusal {
    const char* type;
    const char* fields; ///< Added to the object.
    std::vector<std::string> words;
};

TEST_F(ConfigFolder, UnknownFamiliesAndSwitchesAreRefusedByName)
{
    expectRefused(R"({"model_type": "bert"})", {"bert", "gpt2, gpt_neox, llama"});
    expectRefused(
        R"({"architectures": ["T5ForConditionalGeneration"]})", {"T5ForConditionalGeneration"});
    expectRefused(R"({"hidden_size": 4})", {"model_type"});
    const std::vector<Refusal> refusals{
        {"llama", R"("rope_scaling": {"rope_type": "yarn", "factor": 4})", {"yarn", "llama3"}},
        {"qwen2", R"("rope_scaling": {"type": "dynamic", "factor": 2})", {"dynamic"}},
        {"llama", R"("rope_parameters": {"rope_type": "longrope"})", {"longrope"}},
        {"llama", R"("rope_scaling": {"rope_type": "linear"})", {"factor", "missing"}},
        {"llama", R"("rope_scaling": {"rope_type": "llama3", "factor": 8})", {"low_freq_factor"}},
        {"llama", R"("rope_scaling": {"rope_type": "default", "mrope_section": [1]})",
            {"mrope_section"}},
        {"llama", R"("rope_scaling": {"rope_type": "linear", "factor": 2},
            "rope_parameters": {"rope_type": "default"})",
            {"rope_scaling", "rope_parameters"}},
        {"llama", R"("hidden_act": "xielu")", {"hidden_act", "xielu"}},
        {"gemma2", R"("hidden_activation": "quick_gelu")", {"hidden_activation", "quick_gelu"}},
        {"llama", R"("attn_logit_softcapping": 50.0)", {"attn_logit_softcapping", "50"}},
        {"llama", R"("quantization_config": {"bits": 4})", {"quantization_config"}},
        {"llama", R"("sliding_window": 512)", {"sliding_window", "512"}},
        {"llama", R"("num_local_experts": 8)", {"num_local_experts"}},
        {"llama", R"("query_pre_attn_scalar": 8)", {"query_pre_attn_scalar"}},
        {"llama", R"("partial_rotary_factor": 0.5)", {"partial_rotary_factor"}},
        {"llama", R"("use_super_attention": true)", {"use_super_attention"}},
        {"llama", R"("layer_types": ["sliding_attention"])", {"layer_types"}},
        {"mistral", R"("attention_bias": true)", {"attention_bias"}},
        {"qwen3", R"("mlp_bias": true)", {"mlp_bias"}},
        {"qwen2", R"("num_hidden_layers": 1, "layer_types": ["sliding_attention"])",
            {"use_sliding_window"}},
        {"gemma2", R"("sliding_window": null)", {"sliding_window"}},
        {"gemma2", R"("sliding_window_pattern": 4)", {"sliding_window_pattern", "4"}},
        {"gemma3_text", R"("num_hidden_layers": 1, "layer_types": ["chunked_attention"])",
            {"layer_types"}},
        {"gemma3_text", R"("layer_types": ["full_attention"])", {"layer_types"}},
        {"gemma3_text", R"("use_bidirectional_attention": true)", {"use_bidirectional_attention"}},
        {"gpt_neox", R"("rotary_pct": 0.01)", {"rotary_pct"}},
        {"gpt_neox", R"("rotary_pct": 1e300)", {"rotary_pct"}},
        {"gpt2", R"("add_cross_attention": true)", {"add_cross_attention"}},
        {"gpt2", R"("architectures": ["GPT2ForSequenceClassification"])",
            {"GPT2ForSequenceClassification"}},
    };
    for (const Refusal& one : refusals)
        expectRefused(
            std::string(R"({"model_type": ")") + one.type + "\", " + one.fields + "}", one.words);
}

TEST_F(ConfigFolder, FieldsOfNoEffectPass)
{
    for (const std::string fields :
        {R"("attention_dropout": 0.1, "pretraining_tp": 2, "use_cache": false)",
            R"("_attn_implementation_autoset": true, "unsloth_fixed": true, "pad_token_id": 3)",
            R"("rope_scaling": null, "quantization_config": null, "use_mrope": false)",
            R"("sliding_window": 131072, "initializer_range": 0.02, "layer_norm_eps": 1e-5)"}) {
        const auto config = read(R"({"model_type": "llama", )" + fields + "}");
        EXPECT_TRUE(config) << config.error().message;
    }
}

TEST_F(ConfigFolder, SwitchesThatAreOffPassInEveryFamily)
{
    for (const char* type :
        {"gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "gemma2", "gemma3_text"}) {
        // The base class of transformers 5, and other spellings of "off".
        for (const std::string fields :
            {R"("chunk_size_feed_forward": 0, "pruned_heads": {}, "is_encoder_decoder": false,
                "add_cross_attention": false, "cross_attention_hidden_size": null,
                "output_attentions": false, "problem_type": null, "return_dict": true)",
                R"("num_experts": 0, "num_local_experts": 0, "attention_chunk_size": 0)",
                R"("clip_qkv": 0.0, "lora_rank": 0, "moe_layers": [], "router_kind": "")",
                R"("no_rope_layers": [], "quantization_config": {}, "use_mrope": 0)"}) {
            const auto config
                = read(std::string(R"({"model_type": ")") + type + "\", " + fields + "}");
            EXPECT_TRUE(config) << config.error().message;
        }
    }
    EXPECT_TRUE(
        read(R"({"model_type": "llama", "sliding_window": 0, "sliding_window_pattern": 0})"));
    const std::vector<Refusal> refusals{
        {"llama", R"("residual_multiplier": 0)", {"residual_multiplier"}},
        {"llama", R"("logit_scale": 0.0)", {"logit_scale"}},
        {"llama", R"("attn_scale": 0)", {"attn_scale"}},
        {"llama", R"("partial_rotary_factor": 0)", {"partial_rotary_factor"}},
        {"llama", R"("clip_qkv": 8)", {"clip_qkv", "8"}},
        {"qwen3", R"("num_experts": 4)", {"num_experts"}},
        {"qwen3", R"("moe_layers": [1])", {"moe_layers"}},
        {"llama", R"("no_rope_layers": [1, 0])", {"no_rope_layers"}},
    };
    for (const Refusal& one : refusals)
        expectRefused(
            std::string(R"({"model_type": ")") + one.type + "\", " + one.fields + "}", one.words);
}

TEST_F(ConfigFolder, ImpossibleValuesAreRefusedByField)
{
    EXPECT_FALSE(ModelConfig::read(m_folder / "nowhere"));
    expectRefused("", {});
    expectRefused("[1, 2]", {});
    expectRefused(R"({"model_type": "gpt2", "n_embd": 0})", {"n_embd"});
    expectRefused(R"({"model_type": "gpt2", "n_embd": -768})", {"n_embd"});
    expectRefused(R"({"model_type": "gpt2", "n_embd": 770})", {"n_head", "770"});
    expectRefused(R"({"model_type": "gpt2", "n_layer": 1000000})", {"n_layers"});
    expectRefused(R"({"model_type": "gpt2", "n_embd": "wide"})", {"n_embd"});
    expectRefused(R"({"model_type": "gpt2", "layer_norm_epsilon": NaN})", {});
    expectRefused(R"({"model_type": "gpt2", "layer_norm_epsilon": 1e999})", {});
    expectRefused(R"({"model_type": "llama", "rms_norm_eps": -1})", {"rms_norm_eps"});
    expectRefused(R"({"model_type": "llama", "rope_theta": 0})", {"rope_theta"});
    expectRefused(
        R"({"model_type": "llama", "num_key_value_heads": 7})", {"num_key_value_heads", "7"});
    expectRefused(R"({"model_type": "llama", "head_dim": 5})", {"head_dim"});
    expectRefused(
        R"({"model_type": "llama", "rope_scaling": {"rope_type": "linear", "factor": 0}})",
        {"factor"});
    expectRefused(R"({"model_type": "llama", "rope_scaling": 3})", {"rope_scaling"});
    expectRefused(R"({"model_type": "llama", "eos_token_id": "end"})", {"eos_token_id"});
}

TEST_F(ConfigFolder, WrittenConfigsReadBack)
{
    std::vector<ModelConfig> configs;
    for (const char* family : tests::kFamilies)
        configs.push_back(tests::tinyConfig(family));
    configs[0].scaleByInverseLayer = true;
    configs[0].activation = MlpActivation::Gelu;
    configs[2].rotary = {500000.0, RotaryConfig::Scaling::Llama3, 8.0, 1.0, 4.0, 64};
    configs[2].bosToken = 1;
    configs[4].windows = {0, 7};
    for (const ModelConfig& c : configs) {
        ASSERT_TRUE(c.write(m_folder));
        const auto back = ModelConfig::read(m_folder);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->modelType, c.modelType);
        EXPECT_EQ(std::tie(back->n_layers, back->d_model, back->n_heads, back->n_key_value_heads,
                      back->d_head, back->d_mlp, back->d_vocab, back->n_ctx),
            std::tie(c.n_layers, c.d_model, c.n_heads, c.n_key_value_heads, c.d_head, c.d_mlp,
                c.d_vocab, c.n_ctx))
            << c.modelType;
        EXPECT_EQ(std::tie(back->norm, back->normEps, back->storesGainMinusOne, back->activation,
                      back->isGated, back->hasRotary, back->rotaryDims, back->windows),
            std::tie(c.norm, c.normEps, c.storesGainMinusOne, c.activation, c.isGated, c.hasRotary,
                c.rotaryDims, c.windows))
            << c.modelType;
        EXPECT_EQ(std::tie(back->isTied, back->hasAttentionBias, back->hasOutputBias,
                      back->hasMlpBias, back->scaleAttention, back->scaleByInverseLayer,
                      back->queryScalar, back->attentionSoftcap, back->finalSoftcap),
            std::tie(c.isTied, c.hasAttentionBias, c.hasOutputBias, c.hasMlpBias, c.scaleAttention,
                c.scaleByInverseLayer, c.queryScalar, c.attentionSoftcap, c.finalSoftcap))
            << c.modelType;
        EXPECT_EQ(std::tie(back->isParallel, back->hasQkNorm, back->hasPostNorms,
                      back->scalesEmbedding, back->bosToken, back->eosToken),
            std::tie(c.isParallel, c.hasQkNorm, c.hasPostNorms, c.scalesEmbedding, c.bosToken,
                c.eosToken))
            << c.modelType;
        EXPECT_EQ(back->rotary.scaling, c.rotary.scaling);
        EXPECT_EQ(back->rotary.theta, c.rotary.theta);
        EXPECT_EQ(back->rotary.factor, c.rotary.factor);
        EXPECT_EQ(back->rotary.originalContext, c.rotary.originalContext);
        EXPECT_EQ(back->localRotary.has_value(), c.localRotary.has_value()) << c.modelType;
    }
}

} // namespace
