#include "core/files/atomic_write.h"
#include "core/model/architectures.h"
#include "core/model/model_config.h"

#include <array>

#include <nlohmann/json.hpp>

namespace core {

namespace {

using nlohmann::ordered_json;

const char* activationName(MlpActivation activation)
{
    constexpr std::array kNames{"gelu_new", "gelu", "silu", "relu"};
    return kNames.at(static_cast<std::size_t>(activation));
}

ordered_json tokenOrNull(int id)
{
    return id < 0 ? ordered_json(nullptr) : ordered_json(id);
}

void putGpt2(ordered_json& out, const ModelConfig& c)
{
    out["activation_function"] = activationName(c.activation);
    out["attn_pdrop"] = 0.0;
    out["embd_pdrop"] = 0.0;
    out["resid_pdrop"] = 0.0;
    out["layer_norm_epsilon"] = c.normEps;
    out["n_embd"] = c.d_model;
    out["n_head"] = c.n_heads;
    out["n_inner"] = c.d_mlp;
    out["n_layer"] = c.n_layers;
    out["n_positions"] = c.n_ctx;
    out["scale_attn_weights"] = c.scaleAttention;
    out["scale_attn_by_inverse_layer_idx"] = c.scaleByInverseLayer;
}

void putLlama(ordered_json& out, const ModelConfig& c)
{
    out["attention_bias"] = c.hasAttentionBias;
    out["attention_dropout"] = 0.0;
    out["head_dim"] = c.d_head;
    out["hidden_act"] = activationName(c.activation);
    out["hidden_size"] = c.d_model;
    out["intermediate_size"] = c.d_mlp;
    out["max_position_embeddings"] = c.n_ctx;
    out["mlp_bias"] = c.hasMlpBias;
    out["num_attention_heads"] = c.n_heads;
    out["num_hidden_layers"] = c.n_layers;
    out["num_key_value_heads"] = c.n_key_value_heads;
    out["rms_norm_eps"] = c.normEps;
    out["rope_theta"] = c.rotary.theta;
    ordered_json scaling;
    if (c.rotary.scaling == RotaryConfig::Scaling::Linear) {
        scaling = {{"rope_type", "linear"}, {"factor", c.rotary.factor}};
    } else if (c.rotary.scaling == RotaryConfig::Scaling::Llama3) {
        scaling = {{"rope_type", "llama3"}, {"factor", c.rotary.factor},
            {"low_freq_factor", c.rotary.lowFreqFactor},
            {"high_freq_factor", c.rotary.highFreqFactor},
            {"original_max_position_embeddings", c.rotary.originalContext}};
    }
    out["rope_scaling"] = scaling;
}

} // namespace

Result<void> ModelConfig::write(const std::filesystem::path& folder) const
{
    const Architecture* architecture = findArchitecture(modelType);
    if (!architecture)
        return fail(Error::Code::Unsupported,
            "A config of model type `" + modelType
                + "` cannot be written. Supported: " + supportedModelTypes() + ".");
    ordered_json out;
    if (!name.empty())
        out["_name_or_path"] = name;
    out["architectures"] = {std::string(architecture->className)};
    out["model_type"] = modelType;
    out["bos_token_id"] = tokenOrNull(bosToken);
    out["eos_token_id"] = tokenOrNull(eosToken);
    out["initializer_range"] = 0.02;
    out["tie_word_embeddings"] = isTied;
    out["torch_dtype"] = dtype;
    out["use_cache"] = true;
    out["vocab_size"] = d_vocab;
    if (modelType == "gpt2")
        putGpt2(out, *this);
    else
        putLlama(out, *this);
    return writeAtomically(folder / "config.json", out.dump(2) + "\n");
}

} // namespace core
