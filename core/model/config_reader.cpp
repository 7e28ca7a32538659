#include "core/model/config_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::json;

// Far above any real model, low enough that products of two sizes fit 64 bits.
constexpr std::int64_t kMaxSize = 1 << 28;
constexpr int kMaxLayers = 10000;

// gelu_pytorch_tanh and gelu_fast are gelu_new's formula with the constant written otherwise.
constexpr std::array kActivations{std::pair{"gelu_new", MlpActivation::GeluNew},
    std::pair{"gelu_pytorch_tanh", MlpActivation::GeluNew},
    std::pair{"gelu_fast", MlpActivation::GeluNew}, std::pair{"gelu", MlpActivation::Gelu},
    std::pair{"gelu_python", MlpActivation::Gelu}, std::pair{"silu", MlpActivation::Silu},
    std::pair{"swish", MlpActivation::Silu}, std::pair{"relu", MlpActivation::Relu}};

} // namespace

ConfigReader::ConfigReader(const json& object, std::string file, std::string modelType)
    : m_json(object)
    , m_file(std::move(file))
    , m_fields(object, m_file)
{
    m_config.modelType = std::move(modelType);
}

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
    fields.complain(field, "must be a finite number above zero.");
    return fallback;
}

/// Null switches a cap off; a field left out takes the class's number.
double ConfigReader::softcap(const char* field, double fallback)
{
    if (m_json.contains(field) && m_json.at(field).is_null())
        return 0.0;
    return fallback == 0.0 && !m_fields.has(field) ? 0.0 : positive(m_fields, field, fallback);
}

void ConfigReader::readActivation(const char* field, const char* fallback)
{
    const std::string name = m_fields.string(field, fallback);
    for (const auto& [known, activation] : kActivations) {
        if (name == known) {
            m_config.activation = activation;
            return;
        }
    }
    refuse(std::string(field) + " `" + name.substr(0, 40)
        + "` is not supported. Supported: gelu_new, gelu_pytorch_tanh, gelu_fast, gelu, silu, "
          "relu.");
}

/// Llama 3 lists several ends.
void ConfigReader::tokenIds(const char* field, int fallback, std::vector<int>& ids)
{
    if (!m_json.contains(field)) {
        if (fallback >= 0)
            ids.push_back(fallback);
        return;
    }
    const json& value = m_json.at(field);
    const json list = value.is_array() ? value : json::array({value});
    for (const json& id : list) {
        if (id.is_null())
            continue;
        // -1 stands for none in some files.
        if (!id.is_number_integer() || id.get<std::int64_t>() < -1
            || id.get<std::int64_t>() > kMaxSize)
            return m_fields.complain(field, "must be a token id or a list of them.");
        if (id.get<std::int64_t>() >= 0)
            ids.push_back(id.get<int>());
    }
}

void ConfigReader::readTokensAndType()
{
    std::vector<int> begins;
    tokenIds("bos_token_id", m_defaults.bosToken, begins);
    tokenIds("eos_token_id", m_defaults.eosToken, m_config.endTokens);
    m_config.bosToken = begins.empty() ? -1 : begins.front();
    m_config.eosToken = m_config.endTokens.empty() ? -1 : m_config.endTokens.front();
    std::string dtype = m_fields.string("dtype", m_fields.string("torch_dtype", "float32"));
    if (dtype.starts_with("torch."))
        dtype.erase(0, 6);
    m_config.dtype = dtype;
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
    // Layers are counted before anything is made for each of them.
    const char* layers = m_config.modelType == "gpt2" ? "n_layer" : "num_hidden_layers";
    if (m_fields.integer(layers, 1) > kMaxLayers)
        m_fields.complain(layers, "is above " + std::to_string(kMaxLayers) + " (n_layers).");
    if (const auto checked = m_fields.check(); !checked)
        return fail(checked.error());
    using Read = void (*)(ConfigReader&);
    const std::array<std::pair<const char*, Read>, 9> readers{{
        {"gpt2", [](ConfigReader& r) { r.readGpt2(); }},
        {"gpt_neox", [](ConfigReader& r) { r.readNeoX(); }},
        {"llama", [](ConfigReader& r) { r.readLlama(); }},
        {"mistral", [](ConfigReader& r) { r.readMistral(); }},
        {"qwen2", [](ConfigReader& r) { r.readQwen(false); }},
        {"qwen3", [](ConfigReader& r) { r.readQwen(true); }},
        {"gemma2", [](ConfigReader& r) { r.readGemma2(); }},
        {"gemma3_text", [](ConfigReader& r) { r.readGemma3(); }},
        {"gemma3", [](ConfigReader& r) { r.readGemma3(); }},
    }};
    for (const auto& [type, read] : readers) {
        if (m_config.modelType == type)
            read(*this);
    }
    readTokensAndType();
    refuseForeignSwitches();
    checkSizes();
    if (const auto checked = m_fields.check(); !checked)
        return fail(checked.error());
    if (m_error)
        return fail(*m_error);
    return m_config;
}

} // namespace core
