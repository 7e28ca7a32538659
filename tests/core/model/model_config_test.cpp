#include "core/model/model_config.h"

#include "core/files/atomic_write.h"
#include "core/model/resources.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

using namespace core;

namespace {

namespace fs = std::filesystem;

class ConfigFolder : public testing::Test {
protected:
    void SetUp() override
    {
        m_folder = fs::temp_directory_path() / ("featurescope-config-" + std::to_string(getpid()));
        fs::create_directories(m_folder);
    }
    void TearDown() override { fs::remove_all(m_folder); }

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

    fs::path m_folder;
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

TEST_F(ConfigFolder, UnknownFamiliesAndSwitchesAreRefusedByName)
{
    expectRefused(R"({"model_type": "bert"})", {"bert", "gpt2, llama"});
    expectRefused(
        R"({"architectures": ["T5ForConditionalGeneration"]})", {"T5ForConditionalGeneration"});
    expectRefused(R"({"hidden_size": 4})", {"model_type"});
    expectRefused(R"({"model_type": "llama", "rope_scaling": {"rope_type": "yarn", "factor": 4}})",
        {"yarn", "llama3"});
    expectRefused(R"({"model_type": "llama", "hidden_act": "xielu"})", {"hidden_act", "xielu"});
    expectRefused(R"({"model_type": "llama", "attn_logit_softcapping": 50.0})",
        {"attn_logit_softcapping", "50"});
    expectRefused(
        R"({"model_type": "llama", "quantization_config": {"bits": 4}})", {"quantization_config"});
    expectRefused(
        R"({"model_type": "llama", "layer_types": ["full_attention", "sliding_attention"]})",
        {"layer_types", "sliding_attention"});
    expectRefused(
        R"({"model_type": "gpt2", "add_cross_attention": true})", {"add_cross_attention"});
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
    ModelConfig llama = tests::tinyConfig("llama");
    llama.rotary = {500000.0, RotaryConfig::Scaling::Llama3, 8.0, 1.0, 4.0, 64};
    llama.bosToken = 1;
    ModelConfig gpt2 = tests::tinyConfig("gpt2");
    gpt2.scaleByInverseLayer = true;
    gpt2.activation = MlpActivation::Gelu;
    for (const ModelConfig& c : {llama, gpt2}) {
        ASSERT_TRUE(c.write(m_folder));
        const auto back = ModelConfig::read(m_folder);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->modelType, c.modelType);
        EXPECT_EQ(back->d_head, c.d_head);
        EXPECT_EQ(back->d_mlp, c.d_mlp);
        EXPECT_EQ(back->n_ctx, c.n_ctx);
        EXPECT_EQ(back->n_key_value_heads, c.n_key_value_heads);
        EXPECT_EQ(back->isTied, c.isTied);
        EXPECT_EQ(back->activation, c.activation);
        EXPECT_EQ(back->scaleByInverseLayer, c.scaleByInverseLayer);
        EXPECT_EQ(back->rotary.scaling, c.rotary.scaling);
        EXPECT_EQ(back->rotary.theta, c.rotary.theta);
        EXPECT_EQ(back->rotary.originalContext, c.rotary.originalContext);
        EXPECT_EQ(back->bosToken, c.bosToken);
        EXPECT_EQ(back->normEps, c.normEps);
    }
}

TEST_F(ConfigFolder, OtherFamiliesOfTheOraclesAreRefusedWithASentence)
{
    REQUIRE_SHARED_FIXTURE("oracles/models/gemma2-tiny");
    for (const char* name : {"gemma2-tiny", "gemma3-tiny", "gpt_neox-tiny", "mistral-tiny",
             "qwen2-tiny", "qwen3-tiny"}) {
        const auto config
            = ModelConfig::read(tests::sharedFixture(std::string("oracles/models/") + name));
        ASSERT_FALSE(config) << name;
        EXPECT_EQ(config.error().code, Error::Code::Unsupported);
        EXPECT_NE(config.error().message.find("Supported: gpt2, llama"), std::string::npos)
            << config.error().message;
    }
}

TEST(MemoryEstimate, CountsWeightsCacheAndActivations)
{
    const ModelConfig c = tests::tinyConfig("llama");
    const MemoryEstimate estimate = estimateBytes(c, 2, 10);
    EXPECT_EQ(estimate.weights, parameterCount(c) * 4);
    EXPECT_EQ(estimate.kvCache,
        2 * 2 * 2 * 10 * 2 * 4 * 4); // k and v, layers, streams, positions, heads, d_head, bytes
    EXPECT_GT(estimate.activations, 2 * 10 * 64 * 4);
    EXPECT_EQ(estimate.total(), estimate.weights + estimate.kvCache + estimate.activations);
    EXPECT_GT(freeMemoryBytes(), 0);
}

} // namespace
