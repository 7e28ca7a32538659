#include "core/model/config_reader.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::json;

// What the configuration classes of Hugging Face transformers take for fields left out.
constexpr FamilyDefaults kNeoX{50432, 2048, 6144, 44, 64, 0, 0, 24576, 10000.0, 0, 2, false};
constexpr FamilyDefaults kLlama{32000, 2048, 4096, 32, 32, 0, 0, 11008, 10000.0, 1, 2, false};
constexpr FamilyDefaults kMistral{32000, 131072, 4096, 32, 32, 8, 0, 14336, 10000.0, 1, 2, false};
constexpr FamilyDefaults kQwen2{151936, 32768, 4096, 32, 32, 32, 0, 22016, 10000.0, -1, -1, false};
constexpr FamilyDefaults kQwen3{
    151936, 32768, 4096, 32, 32, 32, 128, 22016, 10000.0, -1, -1, false};
constexpr FamilyDefaults kGemma2{256000, 8192, 2304, 26, 8, 4, 256, 9216, 10000.0, 2, 1, true};
constexpr FamilyDefaults kGemma3{262208, 131072, 2304, 26, 8, 4, 256, 9216, 1e6, 2, 1, true};

std::vector<bool> everyLayer(int n_layers, bool slides)
{
    return std::vector<bool>(static_cast<std::size_t>(n_layers), slides);
}

} // namespace

void ConfigReader::readGpt2()
{
    ModelConfig& c = m_config;
    c.d_vocab = size("vocab_size", 50257);
    c.n_ctx = size("n_positions", m_fields.has("n_ctx") ? size("n_ctx", 1024) : 1024);
    c.d_model = size("n_embd", 768);
    c.n_layers = size("n_layer", 12);
    c.n_heads = c.n_key_value_heads = size("n_head", 12);
    c.d_head = c.d_model / c.n_heads;
    c.d_mlp = size("n_inner", std::int64_t{4} * c.d_model);
    c.norm = NormKind::LayerNorm;
    c.normEps = positive(m_fields, "layer_norm_epsilon", 1e-5);
    readActivation("activation_function", "gelu_new");
    c.isGated = false;
    c.hasRotary = false;
    c.isTied = m_fields.boolean("tie_word_embeddings", true);
    c.hasAttentionBias = c.hasOutputBias = c.hasMlpBias = true;
    c.scaleAttention = m_fields.boolean("scale_attn_weights", true);
    c.scaleByInverseLayer = m_fields.boolean("scale_attn_by_inverse_layer_idx", false);
    m_defaults.bosToken = m_defaults.eosToken = 50256;
    if (c.d_model % c.n_heads != 0)
        m_fields.complain("n_head",
            "is " + std::to_string(c.n_heads) + ", which does not divide n_embd ("
                + std::to_string(c.d_model) + ").");
}

void ConfigReader::readCommon(const FamilyDefaults& defaults)
{
    ModelConfig& c = m_config;
    m_defaults = defaults;
    c.d_vocab = size("vocab_size", defaults.d_vocab);
    c.n_ctx = size("max_position_embeddings", defaults.n_ctx);
    c.d_model = size("hidden_size", defaults.d_model);
    c.n_layers = size("num_hidden_layers", defaults.n_layers);
    c.n_heads = size("num_attention_heads", defaults.n_heads);
    // A null counts as "as many as heads"; only an absent field takes the class's number.
    const bool isNull
        = m_json.contains("num_key_value_heads") && m_json.at("num_key_value_heads").is_null();
    c.n_key_value_heads = size("num_key_value_heads",
        defaults.n_key_value_heads == 0 || isNull ? c.n_heads : defaults.n_key_value_heads);
    const bool isHeadNull = m_json.contains("head_dim") && m_json.at("head_dim").is_null();
    const int d_head = isHeadNull ? 0 : defaults.d_head;
    c.d_head = m_fields.has("head_dim") ? size("head_dim", 1)
        : d_head > 0                    ? d_head
                                        : c.d_model / c.n_heads;
    c.d_mlp = size("intermediate_size", defaults.d_mlp);
    c.isTied = m_fields.boolean("tie_word_embeddings", defaults.isTied);
    if (!m_fields.has("head_dim") && d_head == 0 && c.d_model % c.n_heads != 0)
        m_fields.complain("num_attention_heads",
            "is " + std::to_string(c.n_heads) + ", which does not divide hidden_size ("
                + std::to_string(c.d_model) + ").");
    checkHeads();
    if (m_config.modelType == "gpt_neox")
        return;
    c.norm = NormKind::RmsNorm;
    c.normEps = positive(m_fields, "rms_norm_eps", 1e-6);
    c.isGated = true;
    readRotary(defaults.ropeTheta);
}

void ConfigReader::checkHeads()
{
    const ModelConfig& c = m_config;
    if (c.n_heads % c.n_key_value_heads != 0)
        m_fields.complain("num_key_value_heads",
            "is " + std::to_string(c.n_key_value_heads)
                + ", which does not divide num_attention_heads (" + std::to_string(c.n_heads)
                + ").");
    if (m_config.modelType != "gpt_neox" && c.d_head % 2 != 0)
        m_fields.complain("head_dim", "must be even: rotary embedding turns pairs.");
}

void ConfigReader::readNeoX()
{
    ModelConfig& c = m_config;
    know({"rotary_pct", "partial_rotary_factor", "use_parallel_residual", "attention_bias"});
    readCommon(kNeoX);
    c.n_key_value_heads = c.n_heads;
    c.norm = NormKind::LayerNorm;
    c.normEps = positive(m_fields, "layer_norm_eps", 1e-5);
    readActivation("hidden_act", "gelu");
    c.isGated = false;
    c.isParallel = m_fields.boolean("use_parallel_residual", true);
    c.hasAttentionBias = c.hasOutputBias = m_fields.boolean("attention_bias", true);
    c.hasMlpBias = true;
    const double share
        = positive(m_fields, "rotary_pct", positive(m_fields, "partial_rotary_factor", 0.25));
    setRotaryShare(share, "rotary_pct");
    readRotary(positive(m_fields, "rotary_emb_base", kNeoX.ropeTheta));
}

void ConfigReader::setRotaryShare(double share, const std::string& field)
{
    const int d_head = m_config.d_head;
    m_config.rotaryDims = share <= 1.0 ? static_cast<int>(d_head * share) : d_head + 1;
    if (m_config.rotaryDims < 2 || m_config.rotaryDims > d_head || m_config.rotaryDims % 2 != 0)
        m_fields.complain(field,
            "must make an even number of the " + std::to_string(d_head)
                + " entries of a head turn.");
}

void ConfigReader::readLlama()
{
    know({"attention_bias", "mlp_bias"});
    readCommon(kLlama);
    readActivation("hidden_act", "silu");
    m_config.hasAttentionBias = m_config.hasOutputBias = m_fields.boolean("attention_bias", false);
    m_config.hasMlpBias = m_fields.boolean("mlp_bias", false);
}

void ConfigReader::readMistral()
{
    readCommon(kMistral);
    readActivation("hidden_act", "silu");
    const int window = windowSize();
    setWindows(window, everyLayer(m_config.n_layers, window > 0), "sliding_window");
}

void ConfigReader::readQwen(bool hasQkNorm)
{
    ModelConfig& c = m_config;
    know({"use_sliding_window"});
    if (hasQkNorm)
        know({"attention_bias"});
    readCommon(hasQkNorm ? kQwen3 : kQwen2);
    readActivation("hidden_act", "silu");
    c.hasQkNorm = hasQkNorm;
    c.hasAttentionBias = hasQkNorm ? m_fields.boolean("attention_bias", false) : true;
    c.hasOutputBias = hasQkNorm && c.hasAttentionBias;
    const std::int64_t first = m_fields.integer("max_window_layers", 28);
    const bool isOn = m_fields.boolean("use_sliding_window", false);
    std::vector<bool> slides;
    for (int layer = 0; layer < c.n_layers; ++layer)
        slides.push_back(isOn && layer >= first);
    setWindows(isOn ? windowSize() : 0, slides, isOn ? "sliding_window" : "use_sliding_window");
}

void ConfigReader::readGemmaParts()
{
    ModelConfig& c = m_config;
    know({"attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar",
        "attention_bias"});
    readActivation("hidden_activation", "gelu_pytorch_tanh");
    c.storesGainMinusOne = c.hasPostNorms = c.scalesEmbedding = true;
    c.hasAttentionBias = c.hasOutputBias = m_fields.boolean("attention_bias", false);
    c.queryScalar = positive(m_fields, "query_pre_attn_scalar", 256.0);
}

void ConfigReader::readGemma2()
{
    ModelConfig& c = m_config;
    readCommon(kGemma2);
    readGemmaParts();
    c.attentionSoftcap = softcap("attn_logit_softcapping", 50.0);
    c.finalSoftcap = softcap("final_logit_softcapping", 30.0);
    std::vector<bool> slides;
    for (int layer = 0; layer < c.n_layers; ++layer)
        slides.push_back(layer % 2 == 0);
    setWindows(windowSize(), slides, "sliding_window");
}

void ConfigReader::readGemma3()
{
    ModelConfig& c = m_config;
    know({"sliding_window_pattern", "_sliding_window_pattern"});
    c.localRotary = RotaryConfig{positive(m_fields, "rope_local_base_freq", 10000.0)};
    readCommon(kGemma3);
    readGemmaParts();
    c.hasQkNorm = true;
    c.attentionSoftcap = softcap("attn_logit_softcapping", 0.0);
    c.finalSoftcap = softcap("final_logit_softcapping", 0.0);
    const int pattern = size("sliding_window_pattern", size("_sliding_window_pattern", 6));
    std::vector<bool> slides;
    for (int layer = 0; layer < c.n_layers; ++layer)
        slides.push_back((layer + 1) % pattern != 0);
    setWindows(windowSize(), slides, "sliding_window");
}

int ConfigReader::windowSize()
{
    const bool isNull = m_json.contains("sliding_window") && m_json.at("sliding_window").is_null();
    return isNull ? 0 : size("sliding_window", 4096);
}

void ConfigReader::setWindows(int window, std::vector<bool> slides, const char* switchedOffBy)
{
    ModelConfig& c = m_config;
    know({"sliding_window", "layer_types"});
    if (m_fields.has("layer_types")) {
        const json& types = m_json.at("layer_types");
        if (!types.is_array() || static_cast<int>(types.size()) != c.n_layers)
            return m_fields.complain("layer_types", "must name one kind for each layer.");
        for (std::size_t layer = 0; layer < types.size(); ++layer) {
            const bool isSliding = types[layer] == "sliding_attention";
            if (!isSliding && types[layer] != "full_attention")
                return refuse("layer_types holds a kind other than full_attention and "
                              "sliding_attention at layer "
                    + std::to_string(layer) + ".");
            slides[layer] = isSliding;
        }
    }
    if (std::none_of(slides.begin(), slides.end(), [](bool isSliding) { return isSliding; }))
        return;
    if (window == 0)
        return m_fields.complain(switchedOffBy, "leaves the layers that slide without a window.");
    for (const bool isSliding : slides)
        c.windows.push_back(isSliding ? window : 0);
}

} // namespace core
