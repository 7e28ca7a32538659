#include "core/model/model_config.h"

#include "core/files/json_file.h"
#include "core/model/architectures.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace core {

namespace {

using nlohmann::json;

// Far above any real model, low enough that products of two sizes fit 64 bits.
constexpr std::int64_t kMaxSize = 1 << 28;
constexpr int kMaxLayers = 10000;

/// Switches of these and related families that change numbers and that the forward pass does not
/// have. A model that sets one to anything but the harmless value is refused.
struct ForeignSwitch {
    const char* field;
    json harmless; // Null and absent are harmless too.
};

const std::vector<ForeignSwitch>& foreignSwitches()
{
    static const std::vector<ForeignSwitch> switches{
        {"quantization_config", nullptr},
        {"attn_logit_softcapping", nullptr},
        {"final_logit_softcapping", nullptr},
        {"add_cross_attention", false},
        {"is_encoder_decoder", false},
        {"use_qk_norm", false},
        {"qk_norm", false},
        {"qk_layernorm", false},
        {"clip_qkv", nullptr},
        {"alibi", false},
        {"use_alibi", false},
        {"partial_rotary_factor", 1.0},
        {"rotary_pct", 1.0},
        {"use_parallel_residual", false},
        {"parallel_attn", false},
        {"use_sliding_window", false},
        {"embedding_multiplier", 1.0},
        {"residual_multiplier", 1.0},
        {"attention_multiplier", nullptr},
        {"logits_scaling", 1.0},
        {"logit_scale", 1.0},
        {"scale_embedding", false},
        {"query_pre_attn_scalar", nullptr},
        {"num_local_experts", 1},
        {"num_experts", 1},
        {"no_rope_layers", nullptr},
        {"norm_after", false},
        {"pruned_heads", json::object()},
    };
    return switches;
}

MlpActivation activationNamed(
    const std::string& name, std::optional<Error>& error, const std::string& where)
{
    if (name == "gelu_new" || name == "gelu_pytorch_tanh" || name == "gelu_fast")
        return MlpActivation::GeluNew;
    if (name == "gelu")
        return MlpActivation::Gelu;
    if (name == "silu" || name == "swish")
        return MlpActivation::Silu;
    if (name != "relu" && !error)
        error = Error{Error::Code::Unsupported,
            where + " `" + name.substr(0, 40)
                + "` is not supported. Supported: gelu_new, gelu_pytorch_tanh, gelu, silu, relu."};
    return MlpActivation::Relu;
}

std::string shown(const json& value)
{
    return value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60);
}

/// One config.json being read; the first problem wins.
class ConfigReader {
public:
    ConfigReader(const json& object, std::string file)
        : m_json(object)
        , m_file(std::move(file))
        , m_fields(object, m_file)
    {
    }

    Result<ModelConfig> read();

private:
    Result<std::string> modelType() const;
    void readGpt2();
    void readLlama();
    void readRotary();
    void readScaling(const json& object, const char* field);
    void readTokensAndType();
    void refuseForeignSwitches();
    void checkSizes();

    int size(const char* field, std::int64_t fallback);
    double positive(JsonFields& fields, const char* field, double fallback);
    int tokenId(const char* field, int fallback);
    void refuse(const std::string& message)
    {
        if (!m_error)
            m_error = Error{Error::Code::Unsupported, m_file + ": " + message};
    }

    const json& m_json;
    std::string m_file;
    JsonFields m_fields;
    ModelConfig m_config;
    std::optional<Error> m_error;
};

int ConfigReader::size(const char* field, std::int64_t fallback)
{
    const std::int64_t value = m_fields.integer(field, fallback);
    if (value < 1 || value > kMaxSize) {
        m_fields.complain(field, "is " + std::to_string(value) + "; a positive size is expected.");
        return 1;
    }
    return static_cast<int>(value);
}

double ConfigReader::positive(JsonFields& fields, const char* field, double fallback)
{
    const double value = fields.number(field, fallback);
    if (std::isfinite(value) && value > 0)
        return value;
    m_fields.complain(field, "must be a finite number above zero.");
    return fallback;
}

int ConfigReader::tokenId(const char* field, int fallback)
{
    if (!m_json.contains(field))
        return fallback;
    const json& value = m_json.at(field);
    const json& first
        = value.is_array() && !value.empty() ? value.front() : value; // Llama 3 lists several ends.
    if (first.is_null())
        return -1;
    if (first.is_number_integer() && first.get<std::int64_t>() >= 0
        && first.get<std::int64_t>() <= kMaxSize)
        return first.get<int>();
    m_fields.complain(field, "must be a token id or a list of them.");
    return -1;
}

Result<std::string> ConfigReader::modelType() const
{
    std::string type;
    if (const auto found = m_json.find("model_type"); found != m_json.end() && found->is_string())
        type = found->get<std::string>();
    if (type.empty()) {
        const auto classes = m_json.find("architectures");
        if (classes == m_json.end() || !classes->is_array() || classes->empty()
            || !classes->front().is_string())
            return fail(Error::Code::InvalidFile,
                m_file
                    + ": field `model_type` is missing. This is not the config.json of a language "
                      "model.");
        type = classes->front().get<std::string>();
        for (const Architecture& architecture : architectures()) {
            if (architecture.className == type)
                return std::string(architecture.modelType);
        }
    }
    if (findArchitecture(type))
        return type;
    return fail(Error::Code::Unsupported,
        m_file + ": model type `" + type.substr(0, 60)
            + "` is not supported. Supported: " + supportedModelTypes() + ".");
}

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
    c.activation = activationNamed(m_fields.string("activation_function", "gelu_new"), m_error,
        m_file + ": activation_function");
    c.isGated = false;
    c.hasRotary = false;
    c.isTied = m_fields.boolean("tie_word_embeddings", true);
    c.hasAttentionBias = c.hasMlpBias = true;
    c.scaleAttention = m_fields.boolean("scale_attn_weights", true);
    c.scaleByInverseLayer = m_fields.boolean("scale_attn_by_inverse_layer_idx", false);
    c.bosToken = tokenId("bos_token_id", 50256);
    c.eosToken = tokenId("eos_token_id", 50256);
    if (c.d_model % c.n_heads != 0)
        m_fields.complain("n_head",
            "is " + std::to_string(c.n_heads) + ", which does not divide n_embd ("
                + std::to_string(c.d_model) + ").");
}

void ConfigReader::readLlama()
{
    ModelConfig& c = m_config;
    c.d_vocab = size("vocab_size", 32000);
    c.n_ctx = size("max_position_embeddings", 2048);
    c.d_model = size("hidden_size", 4096);
    c.n_layers = size("num_hidden_layers", 32);
    c.n_heads = size("num_attention_heads", 32);
    c.n_key_value_heads = size("num_key_value_heads", c.n_heads);
    const bool hasHeadDim = m_fields.has("head_dim");
    c.d_head = hasHeadDim ? size("head_dim", 1) : c.d_model / c.n_heads;
    c.d_mlp = size("intermediate_size", 11008);
    c.norm = NormKind::RmsNorm;
    c.normEps = positive(m_fields, "rms_norm_eps", 1e-6);
    c.activation
        = activationNamed(m_fields.string("hidden_act", "silu"), m_error, m_file + ": hidden_act");
    c.isGated = true;
    c.hasRotary = true;
    c.isTied = m_fields.boolean("tie_word_embeddings", false);
    c.hasAttentionBias = m_fields.boolean("attention_bias", false);
    c.hasMlpBias = m_fields.boolean("mlp_bias", false);
    c.bosToken = tokenId("bos_token_id", 1);
    c.eosToken = tokenId("eos_token_id", 2);
    if (!hasHeadDim && c.d_model % c.n_heads != 0)
        m_fields.complain("num_attention_heads",
            "is " + std::to_string(c.n_heads) + ", which does not divide hidden_size ("
                + std::to_string(c.d_model) + ").");
    if (c.n_heads % c.n_key_value_heads != 0)
        m_fields.complain("num_key_value_heads",
            "is " + std::to_string(c.n_key_value_heads)
                + ", which does not divide num_attention_heads (" + std::to_string(c.n_heads)
                + ").");
    if (c.d_head % 2 != 0)
        m_fields.complain("head_dim", "must be even: rotary embedding turns pairs.");
    readRotary();
}

void ConfigReader::readRotary()
{
    m_config.rotary.theta = positive(m_fields, "rope_theta", 10000.0);
    // transformers 5 keeps theta and scaling in one dictionary.
    for (const char* field : {"rope_parameters", "rope_scaling"}) {
        if (!m_fields.has(field))
            continue;
        const json& object = m_json.at(field);
        if (!object.is_object())
            return m_fields.complain(field, "must be an object or null.");
        return readScaling(object, field);
    }
}

void ConfigReader::readScaling(const json& object, const char* field)
{
    RotaryConfig& rotary = m_config.rotary;
    JsonFields fields(object, m_file + ": " + field);
    rotary.theta = positive(fields, "rope_theta", rotary.theta);
    const std::string type = fields.string("rope_type", fields.string("type", "default"));
    if (positive(fields, "partial_rotary_factor", 1.0) != 1.0)
        refuse(std::string(field)
            + " sets partial_rotary_factor, which this model family does not have here.");
    if (type == "linear" || type == "llama3")
        rotary.factor = positive(fields, "factor", 1.0);
    if (type == "linear") {
        rotary.scaling = RotaryConfig::Scaling::Linear;
    } else if (type == "llama3") {
        rotary.scaling = RotaryConfig::Scaling::Llama3;
        rotary.lowFreqFactor = positive(fields, "low_freq_factor", 1.0);
        rotary.highFreqFactor = positive(fields, "high_freq_factor", 4.0);
        rotary.originalContext = fields.integer("original_max_position_embeddings", 8192);
        if (rotary.originalContext < 1 || rotary.originalContext > kMaxSize)
            m_fields.complain("original_max_position_embeddings", "must be a positive size.");
        if (rotary.highFreqFactor <= rotary.lowFreqFactor)
            m_fields.complain("high_freq_factor", "must be above low_freq_factor.");
    } else if (type != "default") {
        refuse(std::string(field) + " of type `" + type.substr(0, 40)
            + "` is not supported. Supported: default, linear, llama3.");
    }
    if (const auto checked = fields.check(); !checked && !m_error)
        m_error = checked.error();
}

void ConfigReader::readTokensAndType()
{
    std::string dtype = m_fields.string("dtype", m_fields.string("torch_dtype", "float32"));
    if (dtype.starts_with("torch."))
        dtype.erase(0, 6);
    m_config.dtype = dtype;
}

void ConfigReader::refuseForeignSwitches()
{
    for (const ForeignSwitch& known : foreignSwitches()) {
        const auto found = m_json.find(known.field);
        if (found != m_json.end() && !found->is_null() && *found != known.harmless)
            refuse(std::string(known.field) + " is " + shown(*found)
                + ", a part of the forward pass that is not supported here.");
    }
    if (const auto types = m_json.find("layer_types"); types != m_json.end() && types->is_array()) {
        for (const json& type : *types) {
            if (type != "full_attention")
                refuse("layer_types holds " + shown(type)
                    + "; only full_attention is supported here.");
        }
    }
}

void ConfigReader::checkSizes()
{
    if (m_config.n_layers > kMaxLayers)
        m_fields.complain("n_layers",
            "is " + std::to_string(m_config.n_layers) + "; at most " + std::to_string(kMaxLayers)
                + " layers are read.");
    const auto product = static_cast<double>(m_config.n_layers) * m_config.d_model
        * (static_cast<double>(m_config.n_heads) * m_config.d_head + m_config.d_mlp);
    if (product > 1e15)
        m_fields.complain(
            "n_layers, d_model, d_mlp", "multiply to more numbers than any machine holds.");
}

Result<ModelConfig> ConfigReader::read()
{
    if (!m_json.is_object())
        return fail(m_fields.check().error());
    auto type = modelType();
    if (!type)
        return fail(type.error());
    m_config.modelType = *type;
    if (m_config.modelType == "gpt2")
        readGpt2();
    else
        readLlama();
    readTokensAndType();
    refuseForeignSwitches();
    checkSizes();
    if (const auto checked = m_fields.check(); !checked)
        return fail(checked.error());
    if (m_error)
        return fail(*m_error);
    return m_config;
}

/// Hugging Face's own name for the model, "openai-community/gpt2" as "gpt2"; not a path on
/// somebody's machine.
std::string declaredName(const json& object)
{
    const auto found = object.find("_name_or_path");
    if (found == object.end() || !found->is_string())
        return {};
    const std::string name = found->get<std::string>();
    const bool isPath = name.starts_with('/') || name.starts_with('.')
        || name.find('\\') != std::string::npos || std::count(name.begin(), name.end(), '/') > 1
        || name.ends_with('/');
    return isPath ? std::string() : name.substr(name.rfind('/') + 1);
}

} // namespace

Result<ModelConfig> ModelConfig::read(const std::filesystem::path& folder)
{
    const auto path = folder / "config.json";
    const auto object = readJson(path);
    if (!object)
        return fail(object.error());
    auto config = ConfigReader(*object, path.string()).read();
    if (!config)
        return config;
    config->name = declaredName(*object);
    if (config->name.empty()) // "models/tiny/" has an empty file name.
        config->name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
    return config;
}

} // namespace core
